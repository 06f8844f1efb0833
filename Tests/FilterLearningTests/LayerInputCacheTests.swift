// Keeping a layer's inputs changes nothing that is learned, whatever there is room for.

import BinaryNetworks
import CountingRounds
import ImageData
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct LayerInputCacheTests {
  /// Some steps of clustering, over one shard and over several.
  private func cluster(_ stack: FrozenStack, _ images: LabelledImages, shards: Int, threads: Int) -> Tally {
    let engine = LocalEngine(shards: images.shards(shards), threads: threads)
    let pool = PatchPoolRound(stack: stack)
    let drawn = engine.run(
      pool, state: pool.initialState(images: Array(0..<images.count), slots: 80, salt: 0))
    let round = ClusterRound(stack: stack, clusters: 5, patchesPerImage: 30)
    var state = round.initialState(pool: drawn["patch"])
    for _ in 0..<4 { state = engine.run(round, state: state) }
    return state
  }

  @Test(arguments: [false, true], [(1, 1), (3, 2), (8, 2)])
  func theSameIsLearned(behindALayer: Bool, how: (shards: Int, threads: Int)) throws {
    let images = try TinyDatasets.stripes(150)
    let plain = cluster(
      try images.stack(behindALayer: behindALayer), images, shards: how.shards, threads: how.threads)
    for bytes in [0, 1 << 18, 1 << 30] {
      let budget = MemoryBudget(bytes: bytes)
      do {
        let cache = LayerInputCache(for: images, budget: budget)
        let stack = try images.stack(behindALayer: behindALayer, cache: cache)
        #expect(cluster(stack, images, shards: how.shards, threads: how.threads) == plain)
        let words = ImageFeeder(stack).map.storage.count
        let room = bytes / (8 * words * 64) * 64
        #expect(cache.count == min(150, room))
        #expect(budget.bytes == bytes - (cache.count + 63) / 64 * 64 * 8 * words)
      }
      #expect(budget.bytes == bytes)
    }
  }

  /// What the cache holds is what is handed out: an image kept with wrong bits comes back wrong.
  @Test func keptInputsAreUsed() throws {
    let images = try TinyDatasets.stripes(3)
    let cache = LayerInputCache(for: images, budget: .unlimited)
    let stack = try images.stack(augmentation: Augmentation(shift: 2, flip: true), cache: cache)
    let feeder = ImageFeeder(stack)
    let wrong = [UInt64](repeating: 0x5555, count: feeder.map.storage.count)
    cache.keep(wrong, of: images, 1)
    feeder.load(images, 1, pass: nil)
    #expect(feeder.map.storage == wrong)
    // A part of the same images finds it, other images do not; varied images and scores are computed.
    feeder.load(images.subset([2, 1]), 1, pass: nil)
    #expect(feeder.map.storage == wrong)
    feeder.load(try TinyDatasets.stripes(3), 1, pass: nil)
    #expect(feeder.map.storage != wrong && cache.count == 1)
    feeder.load(images, 1, pass: 7)
    #expect(feeder.map.storage != wrong)
    feeder.load(images, 1, pass: nil, scores: true)
    #expect(feeder.map.storage != wrong && cache.count == 1)
    feeder.load(images, 2, pass: nil)
    #expect(cache.count == 2)
  }
}
