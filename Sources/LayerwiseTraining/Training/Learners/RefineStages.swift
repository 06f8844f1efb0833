// Refinement: filters and head together, from the filters that the plan starts from; then the head alone.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// The stages of a refinement, those of its start first.
func refineStages(_ layer: LayerTask) -> [any LearningStage] {
  var stages = (layer.plan.refinementStart ?? .patches).stages(layer)
  stages += [
    FirstThresholdStage(layer: layer),
    MomentStage(layer: layer, name: "moments", phase: .moments, part: .filters),
    MomentStage(layer: layer, name: "covariance", phase: .covariance, part: .filters),
    PassStage(layer: layer, name: "refine", part: .filters),
  ]
  if layer.plan.thresholds.contains(where: { !$0.isCounted }) {
    stages.append(NextThresholdStage(layer: layer))
  }
  guard layer.plan.head.passes > 0 else { return stages }
  return stages + [
    MomentStage(layer: layer, name: "headMoments", phase: .moments, part: .head),
    MomentStage(layer: layer, name: "headCovariance", phase: .covariance, part: .head),
  ] + headPasses(layer)
}

/// Histograms of the starting filters' distances, as refinement sees them: through its accumulators and masks.
private struct FirstThresholdStage: LearningStage {
  let layer: LayerTask

  let name = "thresholds"

  func begin(_ state: inout LayerState) {
    state.bank?.distanceKind = layer.plan.distances
    let filters = layer.plan.filters
    state.rounds = layer.round(.learn, .filters, state.bank)
      .initialState(
        thresholds: Array(repeating: 0, count: filters * layer.plan.countedFeatures),
        spreads: Array(repeating: 128, count: filters))
  }

  func check(_ state: LayerState) throws(RoundError) {
    try layer.round(.moments, .filters, state.settledBank()).check(saved: state.rounds)
  }

  func run<E: Engine>(_ engine: E, _ state: inout LayerState) throws -> Bool where E.Shard == ImageShard {
    let seen = layer.round(.learn, .filters, state.bank).bank(from: state.rounds)
    let round = layer.thresholdRound(seen)
    let counted = try engine.run(round, state: Tally())
    let thresholds = layer.plan.thresholds.filter(\.isCounted).flatMap {
      round.feature($0, from: counted).thresholds
    }
    state.rounds["threshold"] = thresholds.map { Int64($0) << 8 }
    state.rounds["spread"] = round.spreads(from: counted)
    return true
  }
}

/// Histograms of the learned filters' distances, for the features that only the next layer gets.
private struct NextThresholdStage: LearningStage {
  let layer: LayerTask

  let name = "nextThresholds"

  func check(_ state: LayerState) throws(RoundError) {
    let bank = try state.settledBank()
    guard bank.features.count == layer.plan.thresholds.count else {
      throw RoundError("a threshold is missing")
    }
    try layer.round(.moments, .head, bank).check(saved: state.rounds)
  }

  func run<E: Engine>(_ engine: E, _ state: inout LayerState) throws -> Bool where E.Shard == ImageShard {
    guard var bank = state.bank else { preconditionFailure("thresholds without filters") }
    let round = layer.thresholdRound(bank)
    let counted = try engine.run(round, state: Tally())
    for (i, feature) in layer.plan.thresholds.enumerated() where !feature.isCounted {
      bank.features[i] = round.feature(feature, from: counted)
    }
    state.bank = bank
    return true
  }
}
