// The round that learns the encoder: histograms of every signal at every level of the pyramid.

package import CountingRounds
package import ImageData
package import ImageEncoding
package import Plumbing

/// Counts the values of the encoder's signals over the training set; its reduce does nothing, the histogram is the result.
package struct EncodingRound: CountingRound {
  let empty: EncodingHistogram

  /// A round for `levels` levels of the pyramid.
  /// - Throws: `ImageEncodingError` for an encoding that such images cannot have.
  package init(
    spec: EncoderSpec, shape: ImageShape, levels: Int, whitening: WhiteningFilters = .none
  ) throws(ImageEncodingError) {
    empty = try EncodingHistogram(spec: spec, shape: shape, pyramidLevels: levels, whitening: whitening)
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let workers = max(1, min(threads, shard.indices.count))
    let empty = self.empty
    let histograms = WorkerLocal(workers: workers) { _ in Histogram(empty) }
    parallelFor(shard.indices.count, threads: workers) { item, worker in
      let index = shard.indices[item]
      shard.images.withPixels(of: index) { histograms[worker].add($0) }
    }
    var tally = Tally()
    for histogram in histograms.all { tally.add(Tally(["histogram": histogram.value.counts])) }
    return tally
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }

  /// The encoder that the round's final state describes.
  package func encoder(from state: Tally) throws(ImageEncodingError) -> ImageEncoder {
    try ImageEncoder(
      spec: empty.spec, shape: empty.shape, pyramidLevels: empty.pyramidLevels, counts: state["histogram"],
      whitening: empty.whitening)
  }

  private final class Histogram {
    var value: EncodingHistogram
    private let workspace: EncoderWorkspace

    init(_ empty: EncodingHistogram) {
      value = empty
      workspace = EncoderWorkspace(shape: empty.shape)
    }

    func add(_ pixels: Span<UInt8>) { value.add(pixels, workspace: workspace) }
  }
}
