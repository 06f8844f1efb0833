// The round that learns the encoder: histograms of every signal at every level of the pyramid.

import BitTensors
public import CountingRounds
public import ImageData
public import ImageEncoding

/// Counts the values of the encoder's signals over the training set; its reduce does nothing, the histogram is the result.
public struct EncodingRound: CountingRound {
  let spec: EncoderSpec
  let shape: ImageShape
  let levels: Int

  /// A round for `levels` levels of the pyramid.
  public init(spec: EncoderSpec, shape: ImageShape, levels: Int) {
    self.spec = spec
    self.shape = shape
    self.levels = levels
  }

  public func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let workers = max(1, min(threads, shard.indices.count))
    let histograms = WorkerLocal(workers: workers) { _ in Histogram(spec, shape, levels) }
    let size = shape.pixels
    parallelFor(shard.indices.count, threads: workers) { item, worker in
      let index = shard.indices[item]
      histograms[worker].value.add(shard.images.pixels.span.extracting(index * size..<(index + 1) * size))
    }
    var tally = Tally()
    for histogram in histograms.all { tally.add(Tally(["histogram": histogram.value.counts])) }
    return tally
  }

  public func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }

  /// The encoder that the round's final state describes.
  public func encoder(from state: Tally) -> Encoder {
    Encoder(spec: spec, shape: shape, pyramidLevels: levels, histogram: state["histogram"])
  }

  private final class Histogram {
    var value: EncodingHistogram
    init(_ spec: EncoderSpec, _ shape: ImageShape, _ levels: Int) {
      value = EncodingHistogram(spec: spec, shape: shape, pyramidLevels: levels)
    }
  }
}
