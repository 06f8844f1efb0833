// Many images at once, on several threads. Where the images come from is the caller's matter.

import Plumbing

/// Runs a model over images on several threads; may itself be used by several threads at once.
///
/// Copies share their memory: a predictor that is kept has it ready for the next images.
public struct Predictor: Sendable {
  package let pool: PredictorPool
  private let threads: Int

  /// A predictor.
  public init(_ model: Model, effort: Effort = .early, threads: Int) {
    self.init(PredictorPool(model, effort: effort), threads: threads)
  }

  /// A predictor that works with the predictors of a pool.
  public init(_ pool: PredictorPool, threads: Int) {
    self.pool = pool
    self.threads = MemoryLimit.current.workers(threads, each: pool.model.network.bytesPerPass)
  }

  /// Predictions for images as bytes, one image after the other.
  /// - Parameters:
  ///   - pixels: count × H × W × channels bytes of the model's shape.
  ///   - count: number of images.
  /// - Throws: `PredictionError` if there are more or fewer bytes than that.
  public func predict(pixels: [UInt8], count: Int) throws(PredictionError) -> [Prediction] {
    let network = pool.model.network
    try network.check(bytes: pixels.count, images: count)
    try network.check(scoresOf: count)
    let size = network.shape.pixels
    return predictions(count) { item, body in body(pixels.span.extracting(item * size..<(item + 1) * size)) }
  }

  /// Predictions for `count` images of the model's shape; `withPixels` calls its second argument with the pixels of one.
  package func predictions(
    _ count: Int, withPixels: @Sendable (_ item: Int, _ body: (Span<UInt8>) -> Void) -> Void
  ) -> [Prediction] {
    let (model, classes) = (pool.model, pool.model.network.classNames.count)
    let scores = SharedBuffer<Int64>(repeating: 0, count: count * classes)
    parallelFor(count, threads: threads) { item, _ in
      pool.withPredictor { predictor in
        withPixels(item) { pixels in
          let found = predictor.prediction(pixels).scores
          scores.withMutableSpan(item * classes..<(item + 1) * classes) { out in
            for c in 0..<classes { out[c] = found[c] }
          }
        }
      }
    }
    let all = scores.array
    return (0..<count).map {
      Prediction(scores: Array(all[$0 * classes..<($0 + 1) * classes]), temperature: model.temperature)
    }
  }
}
