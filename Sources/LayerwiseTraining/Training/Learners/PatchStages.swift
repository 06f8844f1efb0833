// Patches as filters to start from, and as seeds for those who need some.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// One patch a filter.
func patchStages(_ layer: LayerTask) -> [any LearningStage] {
  [PatchPoolStage(layer: layer, slots: layer.plan.filters, areFilters: true)]
}

/// Fetches patches drawn from the training images.
struct PatchPoolStage: LearningStage {
  let layer: LayerTask
  /// Patches to draw.
  let slots: Int
  /// Whether each patch is a filter; else the next stage does with them as it likes.
  let areFilters: Bool
  /// The channel group that they are taken from; nil for all of them.
  var group: Int?

  var name: String { layer.stageName("pool", group) }
  /// What is fetched for one group is near at hand for the next.
  var work: Double { (group ?? 0) == 0 ? 0.3 : 0.01 }
  private var round: PatchPoolRound { PatchPoolRound(stack: layer.stack(group)) }

  func begin(_ state: inout LayerState) {
    state.rounds = round.initialState(images: layer.training, slots: slots, salt: UInt64(layer.index))
  }

  func check(_ state: LayerState) throws(RoundError) {
    try round.check(state: state.rounds)
    guard state.rounds.arrays["image"]?.count == slots else { throw RoundError("the pool has another size") }
  }

  func run<E: Engine>(_ engine: E, _ state: inout LayerState) throws -> Bool where E.Shard == ImageShard {
    state.rounds = try engine.run(round, state: state.rounds)
    return true
  }

  func end(_ state: inout LayerState) {
    guard areFilters else { return }
    var bank = layer.stack.emptyBank(filters: slots)
    let patches = state.rounds["patch"]
    for k in 0..<slots {
      for j in 0..<bank.patchWords {
        bank.filters[j * bank.stride + k] = UInt64(bitPattern: patches[k * bank.patchWords + j])
      }
    }
    state.bank = bank
  }
}
