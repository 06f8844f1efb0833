// Rounds whose descriptions, states and sums come from elsewhere: every number set to what nobody sends.
// They are refused, or they are mapped and reduced; nothing traps.

import BinaryNetworks
import BitKernels
import CountingRounds
import ImageData
import ImageEncoding
import Plumbing
import Testing
import _TestSupport

@testable import FilterLearning

@Suite struct HostileRoundTests {
  private let limit = MemoryLimit(bytes: 96 << 20)
  private let images: LabelledImages
  private let stack: FrozenStack

  init() throws {
    images = try TinyDatasets.stripes(20, classes: 2, width: 8, height: 8)
    stack = try images.stack(behindALayer: true)
  }

  /// A round with a state as it is sent, one of each kind.
  private func rounds() throws -> [(round: any PortableImageRound, state: Tally)] {
    let spec = EncoderSpec(
      signals: [
        SignalSpec(source: .channels, window: 3, levels: 2),
        SignalSpec(source: .whitened, window: 3, levels: 2),
        SignalSpec(source: .patch, window: 2, levels: 1),
      ], pyramid: true)
    let whitening = try WhiteningRound(
      spec: spec, shape: images.shape, levels: 2, seed: 1, trainingImages: images.count)
    let filters = try whitening.filters(
      from: LocalEngine(shards: images.shards(), threads: 1).run(whitening, state: Tally()))
    let pool = PatchPoolRound(stack: stack)
    let pooled = pool.initialState(images: Array(0..<20), slots: 48, salt: 1)
    let seeds = LocalEngine(shards: images.shards(), threads: 1).run(pool, state: pooled)["patch"]
    let cluster = ClusterRound(stack: stack, clusters: 3, patchesPerImage: 20)
    let refinement = try TinyRefinement(images, filters: 3, behindALayer: true, sides: [.far, .near]) {
      ($0.counts, $0.onTopOfEarlierScores) = (.soft, true)
    }
    var several = refinement
    several.settings.shards = 2
    let start = refinement.round(.learn).initialState(
      thresholds: Array(repeating: 9, count: 6), spreads: [300, 300, 300])
    let networks = refinement.network(refinement.prepared())
    return [
      (whitening, Tally()),
      (try EncodingRound(spec: spec, shape: images.shape, levels: 2, whitening: filters), Tally()),
      (pool, pooled), (cluster, cluster.initialState(pool: seeds)),
      (SplitRound(stack: stack, classes: 2, grid: 2), Tally()),
      (ThresholdRound(stack: stack, bank: refinement.start, trainingImages: 20), Tally()),
      (refinement.round(.moments), start), (refinement.round(.covariance), start),
      (refinement.round(.learn), refinement.prepared()),
      (several.round(.learn), several.prepared()),
      (EvaluationRound(network: networks, temperatures: Temperature.candidates), Tally()),
      (ExitRound(network: networks, layer: 0), Tally()),
      (ScoreWeightRound(network: networks), Tally()),
    ]
  }

  /// Everything a worker does with a request, and a driver with the answer; false where somebody refused.
  @discardableResult
  private func isRun(_ spec: RoundSpec, sent: Tally, change: (Tally) -> Tally = { $0 }) -> Bool {
    do {
      return try run(RoundRegistry.round(spec), sent: sent, change: change)
    } catch { return false }
  }

  private func run<R: PortableImageRound>(
    _ round: R, sent: Tally, change: (Tally) -> Tally
  ) throws -> Bool {
    _ = try round.memory.threads(1, for: R.kind)
    let state = round.received(state: sent)
    try round.check(state: state)
    guard round.images.shape == images.shape, round.images.classes.map({ $0 == 2 }) ?? true,
      round.images.least <= images.count
    else {
      return false
    }
    let total = round.received(
      tally: change(round.sent(tally: round.map(images.shards()[0], state: state, threads: 1))))
    try round.check(total: total, shards: 1)
    return true
  }

  @Test func whatIsRightIsRun() throws {
    for (round, state) in try rounds() {
      #expect(isRun(round.spec, sent: round.sent(state: state)), "\(round.spec.kind)")
    }
  }

  @Test func everyNumberOfADescriptionIsRefusedOrRun() throws {
    for (round, state) in try rounds() {
      let sent = round.sent(state: state)
      var refused = 0
      // A network is a model file, whose tests are elsewhere.
      var settings = round.described().arrays
      let network = settings.removeValue(forKey: "network")
      if settings.isEmpty { continue }
      limit.apply {
        Mutations.forEachArray(of: settings) { what, changed in
          var changed = changed
          changed["network"] = network
          if !isRun(RoundSpec(kind: round.spec.kind, settings: Tally(changed)), sent: sent) { refused += 1 }
        }
      }
      #expect(refused > 0, "\(round.spec.kind)")
    }
  }

  @Test func everyNumberOfAStateIsRefusedOrRun() throws {
    for (round, state) in try rounds() where !state.arrays.isEmpty {
      var refused = 0
      Mutations.forEachArray(of: round.sent(state: state).arrays) { what, changed in
        if !isRun(round.spec, sent: Tally(changed)) { refused += 1 }
      }
      #expect(refused > 0, "\(round.spec.kind)")
    }
  }

  /// What a driver makes of sums that a worker sends.
  @Test func everyNumberOfASumIsRefusedOrReduced() throws {
    for (round, state) in try rounds() {
      var (refused, reduced) = (0, 0)
      let sent = round.sent(tally: round.map(images.shards()[0], state: state, threads: 1))
      Mutations.forEachArray(of: sent.arrays) { what, changed in
        do {
          let total = round.received(tally: Tally(changed))
          try round.check(total: total, shards: 1)
          use(round, round.reduce(state: state, total: total, threads: 1))
          reduced += 1
        } catch { refused += 1 }
      }
      #expect(refused > 0 && reduced > 0, "\(round.spec.kind): \(refused) refused, \(reduced) reduced")
    }
  }

  /// What follows a round's last state.
  private func use(_ round: any PortableImageRound, _ state: Tally) {
    switch round {
    case let round as WhiteningRound: _ = try? round.filters(from: state)
    case let round as EncodingRound: _ = try? round.encoder(from: state)
    case let round as ClusterRound: _ = round.bank(from: state, mask: MaskShare(partsPerMillion: 200_000))
    case let round as SplitRound: _ = round.bank(from: state, filters: 4, mask: .none)
    case let round as ThresholdRound:
      _ = round.spreads(from: state)
      for side in FeatureSide.allCases {
        _ = round.thresholds(.quantile(partsPerMillion: 900_000), side, from: state)
      }
    case let round as RefineRound:
      guard (try? round.check(state: state)) != nil || round.phase == .learn else { return }
      _ = round.bank(from: state)
      _ = round.head(from: state)
    case is ExitRound: _ = ExitRound.choice(state, loss: 3)
    case let round as EvaluationRound:
      for counts in CalibrationCounts.all(round.temperatures, in: state) {
        _ = (counts.meanLoss, counts.calibrationError)
      }
    default: break
    }
  }

  /// A grid of 65,535 cells a side was allocated before anyone looked at the map.
  @Test func aGridIsNoLargerThanTheMap() throws {
    let round = try TinyRefinement(images, filters: 3).round(.moments)
    var settings = round.described()
    settings["refine.grid"] = [65_535]
    let error = #expect(throws: RoundError.self) { try RefineRound(described: settings) }
    #expect(error?.message == "a round's description says 65535 for 'refine.grid', which is not in 1...8")
  }

  @Test func bitsThatStandForNothingAreRefused() throws {
    let round = ThresholdRound(
      stack: stack, bank: try TinyRefinement(images, filters: 3, behindALayer: true).start, trainingImages: 20
    )
    for name in ["bank"] {
      var settings = round.described()
      settings[name][settings[name].count - 1] = -1
      let error = #expect(throws: RoundError.self) { try ThresholdRound(described: settings) }
      #expect(error?.message.contains("bits set that stand for nothing") == true)
    }
  }

  @Test func variancesAreNotNegative() throws {
    let refinement = try TinyRefinement(images, filters: 3)
    let (moments, learn) = (refinement.round(.moments), refinement.round(.learn))
    let state = refinement.prepared()
    let shard = images.shards()[0]
    var total = moments.map(shard, state: state, threads: 1)
    total["square"] = total["square"].map { _ in 0 }
    total["sum"] = total["sum"].map { _ in 1 }
    #expect(throws: RoundError.self) { try moments.check(total: total, shards: 1) }
    total = learn.map(shard, state: state, threads: 1)
    total["variance"][0] = -1
    #expect(throws: RoundError.self) { try learn.check(total: total, shards: 1) }
    var sent = state
    sent["variance"][1] = -1
    #expect(throws: RoundError.self) { try learn.check(state: sent) }
  }

  @Test func needsBeyondTheLimitAreStated() throws {
    let round = SplitRound(stack: stack, classes: 2, grid: 2)
    let error = #expect(throws: RoundError.self) {
      try MemoryLimit(bytes: 1 << 16).apply { try round.memory.threads(4, for: "split") }
    }
    #expect(error?.message.contains("a round of kind 'split' needs about") == true)
    #expect(try MemoryLimit.none.apply { try round.memory.threads(4, for: "split") } == 4)
  }
}
