// Refinements of tiny image sets, from the first patches to the last round.

import BinaryNetworks
import BitKernels
import CountingRounds
import ImageData

@testable import FilterLearning

/// A refinement that tests can run as a whole or round by round.
struct TinyRefinement {
  let images: LabelledImages
  let stack: FrozenStack
  var settings: RefineSettings
  var start: FilterBank
  var shards: [ImageShard]

  init(
    _ images: LabelledImages, filters: Int, window: Int = 3, levels: Int = 3, behindALayer: Bool = false,
    augmentation: Augmentation = .none, shards: Int = 1, sides: [FeatureSide] = [.near],
    _ change: (inout RefineSettings) -> Void = { _ in }
  ) throws {
    self.images = images
    stack = try images.stack(
      window: window, levels: levels, behindALayer: behindALayer, augmentation: augmentation)
    settings = RefineSettings(
      learnsFilters: true, batch: 16, passes: 2, mergesPerPass: 1, shards: shards, filterRate: 1 << 15,
      nearness: 128,
      wishes: 6_554, momentumShift: 3, maskLevel: -1,
      onRates: sides.indices.map { 100_000 + 50_000 * $0 }, grid: 2, counts: .plain, headRate: 13_107,
      damping: 19_661, onTopOfEarlierScores: false, classes: images.classNames.count)
    change(&settings)
    var bank = randomBank(stack, filters: filters)
    bank.features = sides.map { FilterFeature(Array(repeating: 0, count: filters), side: $0) }
    start = bank
    self.shards = images.shards(shards)
  }

  func round(_ phase: RefineRound.Phase) -> RefineRound {
    RefineRound(
      stack: stack, settings: settings, start: start, phase: phase, trainingImages: images.count, salt: 1)
  }

  func run(_ phase: RefineRound.Phase, _ state: Tally, threads: Int = 1) -> Tally {
    LocalEngine(shards: shards, threads: threads).run(round(phase), state: state)
  }

  /// The state after thresholds, moments and covariance.
  func prepared(threads: Int = 1) -> Tally {
    var state = round(.learn).initialState(
      thresholds: start.features.flatMap(\.thresholds), spreads: Array(repeating: 128, count: start.count))
    let thresholds = ThresholdRound(
      stack: stack, bank: round(.learn).bank(from: state), trainingImages: images.count)
    let counted = LocalEngine(shards: shards, threads: threads).run(thresholds, state: Tally())
    state["threshold"] = zip(start.features, settings.onRates).flatMap { feature, onRate in
      let rule = onRate > 0 ? ThresholdRule.quantile(partsPerMillion: onRate) : .half
      return thresholds.thresholds(rule, feature.side, from: counted).map { Int64($0) << 8 }
    }
    state["spread"] = thresholds.spreads(from: counted)
    return run(.covariance, run(.moments, state, threads: threads), threads: threads)
  }

  /// The state after all rounds, or after some of them.
  func learned(threads: Int = 1, rounds: Int? = nil) -> Tally {
    var state = prepared(threads: threads)
    for _ in 0..<(rounds ?? round(.learn).learningRounds) { state = run(.learn, state, threads: threads) }
    return state
  }

  /// The network the state describes.
  func network(_ state: Tally) -> Network {
    var network = stack.network
    let bank = round(.learn).bank(from: state)
    network.layers.append(NetworkLayer(bank: bank, reduction: .none, head: round(.learn).head(from: state)))
    return network
  }

  /// Right answers of the network on some images, parts per million.
  func accuracy(_ state: Tally, on judges: LabelledImages) -> Int {
    let counted = LocalEngine(shards: judges.shards(), threads: 2)
      .run(EvaluationRound(network: network(state)), state: Tally())
    return Int(counted["sum"].last ?? 0) * 1_000_000 / judges.count
  }
}
