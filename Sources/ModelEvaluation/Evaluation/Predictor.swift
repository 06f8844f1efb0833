// Class scores for images.

public import BinaryNetworks
import FilterLearning
public import ImageData
import Plumbing

/// What a model says of one image.
public struct Prediction: Hashable, Sendable {
  /// Summed class scores, 16 fractional bits (65,536 is a factor e in the odds).
  public let scores: [Int64]
  /// What makes shares of them; nil if the model has none.
  public let temperature: Temperature?

  /// The share of every class, in millionths: of answers with this share so many are right. Nil without a temperature.
  public var shares: [Int]? { temperature.map { Self.millionths($0.shares(scores)) } }

  /// A prediction from scores.
  public init(scores: [Int64], temperature: Temperature?) {
    self.scores = scores
    self.temperature = temperature
  }

  /// Shares in millionths, rounded to the nearest.
  private static func millionths(_ shares: [Int64]) -> [Int] {
    let half: Int64 = 1 << Int64(Temperature.shareBits - 1)
    return shares.map { Int(($0 * 1_000_000 + half) >> Int64(Temperature.shareBits)) }
  }

  /// Class indices from the most to the least likely.
  public var ranking: [Int] { scores.indices.sorted { (scores[$0], -$0) > (scores[$1], -$1) } }
}

/// Runs a model on one image at a time, on the caller's thread and in memory of its own: the way with the least delay.
public final class ImagePredictor {
  private let pass: ForwardPass
  private let temperature: Temperature?

  /// A predictor; it belongs to one thread.
  public init(_ model: Model) {
    pass = ForwardPass(network: model.network)
    temperature = model.temperature
  }

  /// What the model says of an image.
  /// - Parameter pixels: H × W × channels bytes of the model's shape.
  /// - Throws: `EvaluationError` if there are more or fewer bytes than that.
  public func predict(_ pixels: Span<UInt8>) throws(EvaluationError) -> Prediction {
    try pass.network.check(bytes: pixels.count, images: 1)
    return prediction(pixels)
  }

  /// What the model says of an image that has the model's shape.
  func prediction(_ pixels: Span<UInt8>) -> Prediction {
    pass.run(pixels, scores: true, features: false)
    return Prediction(scores: pass.summedScores(), temperature: temperature)
  }
}

/// Runs a model over images on several threads; may itself be used by several threads at once.
///
/// Copies share their memory: a predictor that is kept has it ready for the next images.
public struct Predictor: Sendable {
  private let pool: PredictorPool
  private let threads: Int

  /// A predictor.
  public init(_ model: Model, threads: Int) { self.init(PredictorPool(model), threads: threads) }

  /// A predictor that works with the predictors of a pool.
  public init(_ pool: PredictorPool, threads: Int) {
    self.pool = pool
    self.threads = max(1, threads)
  }

  /// Predictions for some of the images, in the order of `indices`.
  /// - Precondition: every index is in 0 ..< images.count.
  /// - Throws: `EvaluationError` if the images have another shape than the model's.
  public func predict(_ images: LabelledImages, indices: [Int]) throws(EvaluationError) -> [Prediction] {
    try pool.model.network.check(fits: images.shape)
    return predictions(indices.count) { item, body in images.withPixels(of: indices[item], body) }
  }

  /// Predictions for images as bytes, one image after the other.
  /// - Parameters:
  ///   - pixels: count × H × W × channels bytes of the model's shape.
  ///   - count: number of images.
  /// - Throws: `EvaluationError` if there are more or fewer bytes than that.
  public func predict(pixels: [UInt8], count: Int) throws(EvaluationError) -> [Prediction] {
    let network = pool.model.network
    try network.check(bytes: pixels.count, images: count)
    let size = network.shape.pixels
    return predictions(count) { item, body in body(pixels.span.extracting(item * size..<(item + 1) * size)) }
  }

  /// Predictions for `count` images of the model's shape; `withPixels` calls its second argument with the pixels of one.
  private func predictions(
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
