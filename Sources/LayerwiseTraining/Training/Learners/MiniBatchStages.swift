// Mini-batches and the statistics before them, for filters and head together or for the head alone.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// Statistics of the counts that the head needs before it learns.
struct MomentStage: LearningStage {
  let layer: LayerTask
  let name: String
  let phase: RefineRound.Phase
  let part: LayerTask.Part

  func check(_ state: LayerState) throws(RoundError) {
    try layer.round(phase, part, state.settledBank()).check(saved: state.rounds)
  }

  func run<E: Engine>(_ engine: E, _ state: inout LayerState) throws -> Bool where E.Shard == ImageShard {
    state.rounds = try engine.run(layer.round(phase, part, state.bank), state: state.rounds)
    return true
  }
}

/// Mini-batches: passes over the images, in as many rounds as the plan merges shards.
struct PassStage: LearningStage {
  let layer: LayerTask
  let name: String
  let part: LayerTask.Part
  var imagesPerRound: Int { layer.round(.learn, part, nil).imagesPerRound }
  var work: Double {
    part == .filters ? 1.4 * Double(layer.plan.refine.passes) : Double(layer.plan.head.passes)
  }

  func check(_ state: LayerState) throws(RoundError) {
    try layer.round(.learn, part, state.settledBank()).check(saved: state.rounds)
  }

  func run<E: Engine>(_ engine: E, _ state: inout LayerState) throws -> Bool where E.Shard == ImageShard {
    state.rounds = try engine.run(layer.round(.learn, part, state.bank), state: state.rounds)
    let (done, total) = progress(state)
    return done >= total
  }

  func progress(_ state: LayerState) -> (done: Int, total: Int) {
    (Int(state.rounds[number: "round"]), layer.round(.learn, part, nil).learningRounds)
  }

  func accuracy(_ state: LayerState) -> Int? {
    guard state.rounds.contains("seen"), state.rounds[number: "seen"] > 0 else { return nil }
    return Int(state.rounds[number: "correct"] * 1_000_000 / state.rounds[number: "seen"])
  }

  func layerAfterPass(_ state: LayerState) -> NetworkLayer? {
    guard progress(state).done % layer.whole.mergesPerPass == 0 else { return nil }
    let round = layer.round(.learn, part, state.bank)
    let bank = part == .filters ? layer.withAllFeatures(round.bank(from: state.rounds)) : state.bank
    return bank.map { bank in
      layer.layer(bank, head: round.head(from: state.rounds, bits: layer.plan.head.weightBits))
    }
  }

  func end(_ state: inout LayerState) {
    guard part == .filters else { return }
    state.bank = layer.withAllFeatures(layer.round(.learn, part, state.bank).bank(from: state.rounds))
    // From here on the filters stay; whoever goes on learning has the head alone.
    state.rounds["accumulator"] = []
    state.rounds["momentum"] = []
    state.rounds[number: "round"] = 0
  }
}

extension LayerTask {
  /// What mini-batches learn.
  enum Part {
    /// Filters, thresholds and head together.
    case filters
    /// The head, on filters that stay.
    case head
  }

  /// The features of a bank that the head counts, as mini-batches see them; with thresholds of 0 before they are known.
  private func countedFeatures(of bank: FilterBank) -> [FilterFeature] {
    let counted = plan.thresholds.filter(\.isCounted)
    let known = bank.features.count == plan.thresholds.count ? bank.countedFeatures : []
    let none = [UInt16](repeating: 0, count: bank.count)
    return counted.indices.map {
      FilterFeature(known.isEmpty ? none : known[$0].thresholds, side: counted[$0].side)
    }
  }

  /// A bank with all features of the plan, given one with those that the head counts; the others have thresholds of 0.
  fileprivate func withAllFeatures(_ bank: FilterBank) -> FilterBank {
    var counted = bank.features.map(\.thresholds)[...]
    var bank = bank
    let none = [UInt16](repeating: 0, count: bank.count)
    bank.features = plan.thresholds.map {
      FilterFeature($0.isCounted ? counted.popFirst() ?? none : none, side: $0.side, use: $0.use)
    }
    return bank
  }

  /// A round of mini-batches, or of the statistics before them.
  func round(_ phase: RefineRound.Phase, _ part: Part, _ bank: FilterBank?) -> RefineRound {
    let isHead = part == .head
    var start = bank ?? stack.emptyBank(filters: plan.filters, groups: plan.groups)
    // Filters that learn make masks of their own.
    if !isHead { start.masks = nil }
    start.features = countedFeatures(of: start)
    return RefineRound(
      stack: stack,
      settings: whole.refineSettings(
        layer: plan, classes: classes, images: training.count, head: isHead), start: start,
      phase: phase, trainingImages: training.count, salt: UInt64(4 * index + (isHead ? 1 : 0)))
  }
}
