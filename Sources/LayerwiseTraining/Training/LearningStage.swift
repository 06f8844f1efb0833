// What a stage of a layer's learning is, and what it works on. The stages are in Learners/, who runs them is LayerLearning.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// What a layer is learned from: the same from its first round to its last.
struct LayerTask {
  let plan: LayerPlan
  let whole: TrainingPlan
  let stack: FrozenStack
  let training: [Int]
  let classes: Int
  /// The layer's number, from 0.
  let index: Int
  /// The encoder's signals that it looks at, as the network says it.
  let signals: [Int]?
}

extension LayerTask {
  /// The layer of some filters and a head.
  func layer(_ bank: FilterBank, head: LinearHead) -> NetworkLayer {
    NetworkLayer(bank: bank, signals: signals, reduction: plan.reduction, head: head)
  }
}

/// What goes from round to round and from stage to stage: with the name of the stage all that a checkpoint needs.
struct LayerState {
  /// The filters as far as they are settled.
  var bank: FilterBank?
  /// The state of the current stage's rounds.
  var rounds = Tally()
}

/// Rounds of one kind, from what the stages before left to what the next ones need.
protocol LearningStage {
  /// The layer that is learned.
  var layer: LayerTask { get }

  /// What checkpoints, logs and reports call it: never changed, and no other stage of a layer has it.
  var name: String { get }

  /// Images that a round looks at; all that are learned from unless a stage says otherwise.
  var imagesPerRound: Int { get }

  /// Checks a state that was put down while this was the current stage, before anything is computed with it.
  /// - Throws: `RoundError` when something is missing or is not of this layer.
  func check(_ state: LayerState) throws(RoundError)

  /// Makes the state of the first round.
  func begin(_ state: inout LayerState)

  /// Runs a round; says whether it was the last one.
  func run<E: Engine>(_ engine: E, _ state: inout LayerState) throws -> Bool where E.Shard == ImageShard

  /// Rounds done and rounds in all, while there are more to come.
  func progress(_ state: LayerState) -> (done: Int, total: Int)

  /// Share of the last round's images that were classified correctly while it learned, in parts per million; nil if
  /// nothing was classified.
  func accuracy(_ state: LayerState) -> Int?

  /// Makes of the last round's state what the next stages need.
  func end(_ state: inout LayerState)

  /// About how much work the stage is: 1 for a pass of the head over all that is learned from. For forecasts alone.
  var work: Double { get }

  /// The layer as it is now, if a pass over the images has just ended; nil otherwise.
  func layerAfterPass(_ state: LayerState) -> NetworkLayer?
}

extension LearningStage {
  var imagesPerRound: Int { layer.training.count }
  func begin(_ state: inout LayerState) {}
  func progress(_ state: LayerState) -> (done: Int, total: Int) { (0, 1) }
  func accuracy(_ state: LayerState) -> Int? { nil }
  func end(_ state: inout LayerState) {}
  var work: Double { 0.2 }
  func layerAfterPass(_ state: LayerState) -> NetworkLayer? { nil }
}

extension LayerState {
  /// The filters that a stage needs.
  /// - Throws: `RoundError` if there are none.
  func settledBank() throws(RoundError) -> FilterBank {
    guard let bank else { throw RoundError("the filters are missing") }
    return bank
  }
}
