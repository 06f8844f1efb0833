// Split filters: one count of patches by class and place.

import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// The stages that end with a layer's split filters, a share of their bits masked out.
func splitStages(_ layer: LayerTask, mask: MaskShare) -> [any LearningStage] {
  [SplitStage(layer: layer, mask: mask)]
}

/// The class counts behind split filters.
private struct SplitStage: LearningStage {
  let layer: LayerTask
  let mask: MaskShare

  let name = "split"
  let work = 0.5
  private var round: SplitRound {
    SplitRound(stack: layer.stack, classes: layer.classes, grid: layer.plan.head.grid)
  }

  func check(_ state: LayerState) throws(RoundError) {}

  func run<E: Engine>(_ engine: E, _ state: inout LayerState) throws -> Bool where E.Shard == ImageShard {
    state.rounds = try engine.run(round, state: Tally())
    return true
  }

  func end(_ state: inout LayerState) {
    state.bank = round.bank(from: state.rounds, filters: layer.plan.filters, mask: mask)
  }
}
