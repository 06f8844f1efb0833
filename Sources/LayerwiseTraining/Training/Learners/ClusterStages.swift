// Clustering: seeds from a pool of patches, then steps of k-means; group after group where filters are in groups.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// The stages that end with a layer's clusters as filters, a share of their bits masked out.
func clusterStages(_ layer: LayerTask, mask: MaskShare) -> [any LearningStage] {
  let groups = layer.plan.groups
  return (0..<groups).flatMap { index -> [any LearningStage] in
    let group = groups == 1 ? nil : index
    return [
      PatchPoolStage(
        layer: layer, slots: 16 * layer.plan.filters / groups, areFilters: false, group: group),
      ClusterStage(layer: layer, mask: mask, group: group),
    ]
  }
}

/// Steps of k-means, until no cluster moves or the plan has enough of them.
private struct ClusterStage: LearningStage {
  let layer: LayerTask
  let mask: MaskShare
  /// The channel group that is clustered; nil for all of them.
  let group: Int?

  var name: String { layer.stageName("cluster", group) }
  private var steps: Int { layer.plan.cluster.rounds }
  var work: Double { 0.03 * Double(steps) }
  private var round: ClusterRound {
    ClusterRound(
      stack: layer.stack(group), clusters: layer.plan.filters / layer.plan.groups,
      patchesPerImage: layer.plan.cluster.patchesPerImage,
      imageStride: max(1, layer.training.count / layer.plan.cluster.images))
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

  func end(_ state: inout LayerState) {
    let found = round.bank(from: state.rounds, mask: mask)
    guard let group else {
      state.bank = found
      return
    }
    var bank = state.bank ?? layer.stack.emptyBank(filters: layer.plan.filters, groups: layer.plan.groups)
    bank.take(found, asGroup: group)
    state.bank = bank
  }
}

extension FilterBank {
  /// Takes filters, and their masks, as those of one group.
  fileprivate mutating func take(_ part: FilterBank, asGroup group: Int) {
    if part.masks != nil, masks == nil { masks = Array(repeating: 0, count: filters.count) }
    for j in 0..<patchWords {
      for k in 0..<part.count {
        let (to, from) = (j * stride + group * part.count + k, j * part.stride + k)
        filters[to] = part.filters[from]
        if let mask = part.masks?[from] { masks?[to] = mask }
      }
    }
  }
}

extension LayerTask {
  /// The layers below, in front of one channel group or of all of them.
  func stack(_ group: Int?) -> FrozenStack { group.map { stack.looking(atGroup: $0) } ?? stack }

  /// The name of a stage that is there once for each group.
  func stageName(_ name: String, _ group: Int?) -> String {
    group.map { "\(name) \($0 + 1) of \(plan.groups)" } ?? name
  }
}
