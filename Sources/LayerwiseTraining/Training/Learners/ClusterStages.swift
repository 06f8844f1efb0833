// Clustering: seeds from a pool of patches, then steps of k-means.

import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// The stages that end with a layer's clusters as filters, a share of their bits masked out.
func clusterStages(_ layer: LayerTask, mask: MaskShare) -> [any LearningStage] {
  [
    PatchPoolStage(layer: layer, slots: 16 * layer.plan.filters, areFilters: false),
    ClusterStage(layer: layer, mask: mask),
  ]
}

/// Steps of k-means, until no cluster moves or the plan has enough of them.
private struct ClusterStage: LearningStage {
  let layer: LayerTask
  let mask: MaskShare

  let name = "cluster"
  private var steps: Int { layer.plan.cluster.rounds }
  private var round: ClusterRound {
    ClusterRound(
      stack: layer.stack, clusters: layer.plan.filters, patchesPerImage: layer.plan.cluster.patchesPerImage)
  }

  func begin(_ state: inout LayerState) {
    state.rounds = round.initialState(pool: state.rounds["patch"])
  }

  func check(_ state: LayerState) throws(RoundError) { try round.check(saved: state.rounds) }

  func run<E: Engine>(_ engine: E, _ state: inout LayerState) throws -> Bool where E.Shard == ImageShard {
    state.rounds = try engine.run(round, state: state.rounds)
    return progress(state).done >= steps || state.rounds[number: "changed"] == 0
  }

  func progress(_ state: LayerState) -> (done: Int, total: Int) {
    (Int(state.rounds[number: "step"]), steps)
  }

  func end(_ state: inout LayerState) { state.bank = round.bank(from: state.rounds, mask: mask) }
}
