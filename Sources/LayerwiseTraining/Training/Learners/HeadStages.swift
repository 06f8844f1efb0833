// Thresholds and head of filters that stay as they are: what follows learners that end with filters.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// The stages that make a layer of filters.
func headStages(_ layer: LayerTask) -> [any LearningStage] {
  [
    ThresholdStage(layer: layer),
    MomentStage(layer: layer, name: "moments", phase: .moments, part: .head),
    MomentStage(layer: layer, name: "covariance", phase: .covariance, part: .head),
  ] + headPasses(layer)
}

/// The head's own passes, if the plan wants any.
func headPasses(_ layer: LayerTask) -> [any LearningStage] {
  layer.plan.head.passes > 0 ? [PassStage(layer: layer, name: "head", part: .head)] : []
}

/// Histograms of the filters' distances.
private struct ThresholdStage: LearningStage {
  let layer: LayerTask

  let name = "thresholds"

  func begin(_ state: inout LayerState) {
    state.bank?.distanceKind = layer.plan.distances
    state.rounds = Tally()
  }

  func check(_ state: LayerState) throws(RoundError) { _ = try state.settledBank() }

  func run<E: Engine>(_ engine: E, _ state: inout LayerState) throws -> Bool where E.Shard == ImageShard {
    guard var bank = state.bank else { preconditionFailure("thresholds without filters") }
    let round = layer.thresholdRound(bank)
    let counted = try engine.run(round, state: Tally())
    bank.features = layer.plan.thresholds.map { round.feature($0, from: counted) }
    state.bank = bank
    state.rounds = layer.round(.learn, .head, bank)
      .initialState(
        thresholds: bank.countedFeatures.flatMap(\.thresholds), spreads: round.spreads(from: counted))
    return true
  }
}

extension ThresholdRound {
  /// A feature that a plan wants.
  func feature(_ plan: ThresholdPlan, from counted: Tally) -> FilterFeature {
    FilterFeature(thresholds(plan.learnedBy, plan.side, from: counted), side: plan.side, use: plan.use)
  }
}

extension LayerTask {
  /// A count of a bank's distances.
  func thresholdRound(_ bank: FilterBank) -> ThresholdRound {
    ThresholdRound(stack: stack, bank: bank, trainingImages: training.count)
  }

  /// The share of bits that the plan masks out.
  var mask: MaskShare { MaskShare(partsPerMillion: plan.maskPartsPerMillion) }
}
