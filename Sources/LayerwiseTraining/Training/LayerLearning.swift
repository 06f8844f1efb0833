// One layer being learned, as a sequence of rounds that can be put down and taken up again after any of them.
// Which stages there are, and what each does, is up to the learner: see Learners/.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// One round that was run.
struct RoundReport {
  /// The stage it belonged to.
  let stage: String
  /// Rounds of the stage that are done, of so many; 1 of 1 when it is over.
  let done: Int
  let total: Int
  /// Images that were looked at.
  let images: Int
  /// Share of them that were classified correctly, parts per million; nil if nothing was classified.
  let accuracy: Int?
  /// The layer as it is now, where that was asked for and a pass has just ended that is not the layer's last.
  var layer: NetworkLayer?
}

/// The course of one layer through the stages of its learner: every `advance` runs one round.
struct LayerLearning {
  private let task: LayerTask
  private let stages: [any LearningStage]
  /// Stages that are over.
  private var position = 0
  private var state = LayerState()

  /// What a checkpoint says in place of a stage's name when all are over.
  private static let done = "done"

  /// A layer at its beginning.
  init(_ task: LayerTask) {
    self.task = task
    stages = task.plan.learner.stages(task)
    stages.first?.begin(&state)
  }

  /// Whether nothing is left to do.
  var isDone: Bool { position == stages.count }

  /// Names of the stages, in their order.
  var stageNames: [String] { stages.map(\.name) }

  /// Names of a layer's stages, and about how much work each is.
  static func works(_ task: LayerTask) -> [(stage: String, work: Double)] {
    task.plan.learner.stages(task).map { ($0.name, $0.work) }
  }

  /// Runs one round of the current stage and moves on when the stage is over.
  /// - Parameter isWatched: whether the report shall hold the layer after a pass.
  /// - Precondition: there is something left to do.
  mutating func advance(_ engine: some Engine<ImageShard>, isWatched: Bool = false) throws -> RoundReport {
    let stage = stages[position]
    let images = stage.imagesPerRound
    let isOver = try stage.run(engine, &state)
    let (done, total) = isOver ? (1, 1) : stage.progress(state)
    var report = RoundReport(
      stage: stage.name, done: done, total: total, images: images, accuracy: stage.accuracy(state))
    if isWatched, !(isOver && position == stages.count - 1) { report.layer = stage.layerAfterPass(state) }
    if isOver {
      stage.end(&state)
      position += 1
      if !isDone { stages[position].begin(&state) }
    }
    return report
  }

  /// The finished layer.
  /// - Precondition: nothing is left to do.
  func layer() -> NetworkLayer {
    guard isDone, let bank = state.bank else { preconditionFailure("the layer is not finished") }
    let head = task.round(.learn, .head, bank).head(from: state.rounds, bits: task.plan.head.weightBits)
    return task.layer(bank, head: head)
  }
}

// MARK: - Putting down and taking up

extension LayerLearning {
  /// Everything needed to go on later, as one tally: the stage's name in UTF-8, the state of its rounds, the filters.
  func saved() -> Tally {
    var tally = Tally()
    for (name, values) in state.rounds.arrays { tally["state." + name] = values }
    tally["stage"] = (isDone ? Self.done : stages[position].name).utf8.map { Int64($0) }
    if let bank = state.bank {
      tally["bank.filters"] = bank.filters.map { Int64(bitPattern: $0) }
      if let masks = bank.masks { tally["bank.masks"] = masks.map { Int64(bitPattern: $0) } }
      for (t, feature) in bank.features.enumerated() {
        tally["bank.thresholds.\(t)"] = feature.thresholds.map { Int64($0) }
      }
    }
    return tally
  }

  /// The name of the stage that `saved()` was in, if this layer has no such stage.
  func unknownStage(_ tally: Tally) -> String? {
    guard tally.contains("stage") else { return nil }
    let name = Self.stageName(tally)
    return name == Self.done || stageNames.contains(name) ? nil : name
  }

  private static func stageName(_ tally: Tally) -> String {
    String(decoding: tally["stage"].map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }

  /// Takes up what `saved()` put down; false if it does not belong to this layer's stages and shapes.
  mutating func restore(_ tally: Tally) -> Bool {
    guard tally.contains("stage") else { return false }
    let name = Self.stageName(tally)
    guard let position = name == Self.done ? stages.count : stageNames.firstIndex(of: name) else {
      return false
    }
    self.position = position
    state = LayerState()
    for (name, values) in tally.arrays where name.hasPrefix("state.") {
      state.rounds[String(name.dropFirst(6))] = values
    }
    do {
      if tally.contains("bank.filters") { state.bank = try bank(tally) }
      try isDone ? checkDone() : stages[position].check(state)
    } catch { return false }
    return true
  }

  /// The filters that were put down.
  private func bank(_ tally: Tally) throws(RoundError) -> FilterBank {
    var bank = task.stack.emptyBank(filters: task.plan.filters, groups: task.plan.groups)
    bank.distanceKind = task.plan.distances
    let thresholds = (0..<FilterFeature.most).map { "bank.thresholds.\($0)" }.filter(tally.contains)
    let hasMasks = tally.contains("bank.masks")
    // What stands for no bit of a patch is zero: distances count whole words.
    let valid = bank.validBits.flatMap { word in
      (0..<bank.stride).map { $0 < bank.count ? word : 0 }
    }
    try tally.check(
      (["bank.filters"] + (hasMasks ? ["bank.masks"] : [])).map {
        ArrayRule(bits: $0, bank.filters.count, valid)
      } + thresholds.map { ArrayRule($0, bank.count, in: 0...Int64(UInt16.max)) }, "the layer")
    // One while thresholds are not known, all afterwards.
    let plans = task.plan.thresholds
    guard thresholds.count == plans.count || thresholds.count == 1 else {
      throw RoundError("the layer has \(thresholds.count) thresholds")
    }
    bank.filters = tally["bank.filters"].map { UInt64(bitPattern: $0) }
    if hasMasks { bank.masks = tally["bank.masks"].map { UInt64(bitPattern: $0) } }
    bank.features = thresholds.enumerated().map { i, name in
      let values = tally[name].map { UInt16($0) }
      return thresholds.count == plans.count
        ? FilterFeature(values, side: plans[i].side, use: plans[i].use) : FilterFeature(values)
    }
    return bank
  }

  /// Checks what the finished layer is made of.
  private func checkDone() throws(RoundError) {
    let bank = try state.settledBank()
    guard bank.features.count == task.plan.thresholds.count else {
      throw RoundError("a threshold is missing")
    }
    try task.round(.moments, .head, bank).check(saved: state.rounds)
  }
}
