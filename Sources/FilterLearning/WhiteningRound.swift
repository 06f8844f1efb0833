// The round in front of the encoder's: how pixels of a neighbourhood go together, for whitened signals.

package import CountingRounds
package import ImageData
package import ImageEncoding
package import Plumbing

/// Counts sums and products of neighbouring pixels over the training set; its reduce does nothing.
package struct WhiteningRound: CountingRound {
  let empty: WhiteningStatistics
  let seed: UInt64
  /// One image in `imageStride` is looked at.
  let imageStride: Int

  /// Images that are looked at, at most.
  static let images = 10_000

  /// A round for `levels` levels of the pyramid.
  /// - Throws: `ImageEncodingError` for an encoding that such images cannot have.
  package init(
    spec: EncoderSpec, shape: ImageShape, levels: Int, seed: UInt64, trainingImages: Int
  ) throws(ImageEncodingError) {
    try self.init(
      spec: spec, shape: shape, levels: levels, seed: seed,
      imageStride: max(1, trainingImages / Self.images))
  }

  init(
    spec: EncoderSpec, shape: ImageShape, levels: Int, seed: UInt64, imageStride: Int
  ) throws(ImageEncodingError) {
    empty = try WhiteningStatistics(spec: spec, shape: shape, pyramidLevels: levels)
    self.seed = seed
    self.imageStride = imageStride
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let chosen = shard.indices.filter { $0 % imageStride == 0 }
    let workers = max(1, min(threads, chosen.count))
    let (empty, seed) = (self.empty, self.seed)
    let all = WorkerLocal(workers: workers) { _ in Statistics(empty) }
    parallelFor(chosen.count, threads: workers) { item, worker in
      let index = chosen[item]
      shard.images.withPixels(of: index) { all[worker].value.add($0, seed: seed &+ UInt64(index) << 20) }
    }
    var tally = Tally()
    for statistics in all.all { tally.add(Tally(["sums": statistics.value.counts])) }
    return tally
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }

  /// The filters that the round's final state describes.
  package func filters(from state: Tally) throws(ImageEncodingError) -> WhiteningFilters {
    try empty.filters(from: state["sums"])
  }

  private final class Statistics {
    var value: WhiteningStatistics
    init(_ empty: WhiteningStatistics) { value = empty }
  }
}
