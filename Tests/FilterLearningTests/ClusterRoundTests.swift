// k-means by counting against k-means over Bool arrays.

import BinaryNetworks
import BitKernels
import CountingRounds
import ImageData
import Testing

@testable import FilterLearning

@Suite struct ClusterRoundTests {
  /// A state with the given centroids.
  private func state(_ centroids: [[UInt64]], pool: [Int64]) -> Tally {
    Tally([
      "centroid": centroids.flatMap { $0.map { Int64(bitPattern: $0) } }, "pool": pool, "step": [0],
      "changed": [Int64(centroids.count)],
    ])
  }

  private func pool(_ stack: FrozenStack, _ images: LabelledImages, slots: Int) -> [Int64] {
    let round = PatchPoolRound(stack: stack)
    let start = round.initialState(images: Array(0..<images.count), slots: slots, salt: 0)
    return LocalEngine(shards: images.shards(), threads: 1).run(round, state: start)["patch"]
  }

  /// Drawn patches, and all 42 of every image: with one cluster, more than its bucket holds.
  @Test(
    arguments: [(1, 3, false), (5, 3, false), (33, 2, true), (65, 3, false), (130, 1, true)], [20, 42, 1_000])
  func oneStepIsThePlainStep(_ shape: (clusters: Int, window: Int, behindALayer: Bool), wanted: Int) throws {
    let (clusters, window, behindALayer) = shape
    let images = try TinyDatasets.stripes(9, width: 7, height: 6, channels: behindALayer ? 1 : 3)
    let stack = try images.stack(window: window, behindALayer: behindALayer)
    let pool = pool(stack, images, slots: 2 * clusters)
    let length = pool.count / (2 * clusters)
    // Distinct pool patches are not needed: of equal centroids the first takes all and the others stay empty.
    let start = state(
      (0..<clusters).map { k in pool[k * length..<(k + 1) * length].map { UInt64(bitPattern: $0) } },
      pool: pool)
    let centroids = (0..<clusters).map { bits(start["centroid"][$0 * length..<($0 + 1) * length]) }

    var counts = [Int64](repeating: 0, count: clusters)
    var ones = [Int64](repeating: 0, count: clusters * 64 * length)
    var distortion: Int64 = 0
    for index in 0..<images.count {
      let patches = plainPatches(stack, images, index)
      for at in samplePositions(wanted, of: patches.count, seed: stack.seed, image: index, round: 0) {
        var best = 0
        for k in 1..<max(1, clusters)
        where distance(patches[at], centroids[k]) < distance(patches[at], centroids[best]) {
          best = k
        }
        counts[best] += 1
        distortion += Int64(distance(patches[at], centroids[best]))
        for (d, bit) in patches[at].enumerated() where bit { ones[best * 64 * length + d] += 1 }
      }
    }
    let round = ClusterRound(stack: stack, clusters: clusters, patchesPerImage: wanted)
    let next = LocalEngine(shards: images.shards(), threads: 1).run(round, state: start)
    #expect(next["count"] == counts)
    #expect(next["ones"] == ones)
    #expect(next["distortion"] == [distortion])
    #expect(next["step"] == [1])
    let patches = (0..<2 * clusters).map { bits(pool[$0 * length..<($0 + 1) * length]) }
    var changed: Int64 = 0
    for k in 0..<clusters {
      let found = bits(next["centroid"][k * length..<(k + 1) * length])
      if found != centroids[k] { changed += 1 }
      if counts[k] == 0 {
        // Reseeded with a patch of the pool.
        #expect(patches.contains(found))
      } else {
        let majority = found.indices.map { d in
          let twice = 2 * ones[k * 64 * length + d]
          return twice == counts[k] ? centroids[k][d] : twice > counts[k]
        }
        #expect(found == majority)
      }
    }
    #expect(next["changed"] == [changed])
    for (shards, threads) in [(1, 2), (1, 3), (1, 7)] + (2...9).map({ ($0, 1 + $0 % 3) }) {
      let other = LocalEngine(shards: images.shards(shards), threads: threads).run(round, state: start)
      #expect(other == next, "\(shards) shards, \(threads) threads")
    }
  }

  @Test func tiesKeepTheBit() throws {
    let images = try TinyDatasets.stripes(4)
    let stack = try images.stack(window: 1)
    let round = ClusterRound(stack: stack, clusters: 1, patchesPerImage: 4)
    // Bit 0 is a tie and was on, bit 1 is a tie and was off, bit 2 wins, bit 3 loses.
    let before = state([[0b1001]], pool: [0b111])
    var ones = [Int64](repeating: 0, count: 64)
    (ones[0], ones[1], ones[2], ones[3]) = (5, 5, 6, 4)
    let after = round.reduce(
      state: before, total: Tally(["count": [10], "ones": ones, "distortion": [0]]), threads: 1)
    #expect(after["centroid"] == [0b0101])
    #expect(after["changed"] == [1])
  }

  @Test func anEmptyClusterGetsAPatchOfThePool() throws {
    let images = try TinyDatasets.stripes(4)
    let round = ClusterRound(stack: try images.stack(window: 1), clusters: 2, patchesPerImage: 4)
    let before = state([[1], [2]], pool: [4, 4, 4])
    var ones = [Int64](repeating: 0, count: 128)
    ones[0] = 10
    let after = round.reduce(
      state: before, total: Tally(["count": [10, 0], "ones": ones, "distortion": [0]]), threads: 1)
    #expect(after["centroid"] == [1, 4])
    #expect(after["changed"] == [1])
  }

  @Test func distortionNeverRisesAndStepsEnd() throws {
    let images = try TinyDatasets.stripes(24, noise: 60)
    let stack = try images.stack()
    let round = ClusterRound(stack: stack, clusters: 8, patchesPerImage: 30)
    let engine = LocalEngine(shards: images.shards(3), threads: 2)
    var state = round.initialState(pool: pool(stack, images, slots: 128))
    var before = Int64.max
    var steps = 0
    while state[number: "changed"] > 0, steps < 100 {
      state = engine.run(round, state: state)
      #expect(state[number: "distortion"] <= before)
      before = state[number: "distortion"]
      steps += 1
    }
    #expect(state[number: "changed"] == 0 && steps > 2, "\(steps) steps")
    #expect(state["count"].reduce(0, +) == 24 * 30)
    #expect(engine.run(round, state: state)["centroid"] == state["centroid"])
  }

  @Test func seedingSpreads() throws {
    let images = try TinyDatasets.stripes(4)
    let stack = try images.stack(window: 1)
    let round = ClusterRound(stack: stack, clusters: 4, patchesPerImage: 4)
    // 97 equal patches and three far away: drawing evenly would miss most of these.
    let pool = [Int64](repeating: 0, count: 97) + [0xFF, 0xFF00, 0xFF_0000]
    let seeds = round.initialState(pool: pool)["centroid"]
    #expect(Set(seeds) == [0, 0xFF, 0xFF00, 0xFF_0000])
    // Nothing to choose from is no reason to fail.
    #expect(round.initialState(pool: [7, 7])["centroid"] == [7, 7, 7, 7])
    // Squares, not distances: of a patch at 1 and one at 60 the far one is drawn 3,600 times as often.
    var far = 0
    for seed in 0..<40 as Range<UInt64> {
      let seeded = ClusterRound(
        stack: try images.stack(window: 1, seed: seed), clusters: 2, patchesPerImage: 4)
      let drawn = seeded.initialState(
        pool: [Int64](repeating: 0, count: 20) + [1] + [Int64](repeating: 0, count: 20) + [-1 ^ 15])
      if drawn["centroid"].contains(-1 ^ 15) { far += 1 }
    }
    #expect(far >= 38)
  }

  @Test func filtersAreSplitsOfAClusterAgainstTheOthers() throws {
    let images = try TinyDatasets.stripes(12)
    let stack = try images.stack()
    let round = ClusterRound(stack: stack, clusters: 5, patchesPerImage: 20)
    let state = LocalEngine(shards: images.shards(), threads: 1)
      .run(round, state: round.initialState(pool: pool(stack, images, slots: 80)))
    let width = state["ones"].count / 5
    let total = state["count"].reduce(0, +)
    for share in [0, 300_000] {
      let bank = round.bank(from: state, mask: MaskShare(partsPerMillion: share))
      #expect((bank.masks != nil) == (share > 0))
      for k in 0..<5 {
        let inside = Array(state["ones"][k * width..<(k + 1) * width])
        let outside = (0..<width).map { d in (0..<5).reduce(-inside[d]) { $0 + state["ones"][$1 * width + d] }
        }
        let split = SplitFilter(
          onesA: inside, countA: state["count"][k], onesB: outside, countB: total - state["count"][k],
          valid: FilterBank.validBits(window: 3, input: bank.input), mask: MaskShare(partsPerMillion: share))
        #expect(bank.filter(k) == zip(split.filter, split.mask).map { $0 & $1 })
        #expect(bank.mask(k) == split.mask)
      }
    }
  }
}
