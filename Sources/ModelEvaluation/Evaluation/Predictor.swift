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
  /// - Precondition: there are as many bytes as the shape has.
  public func predict(_ pixels: Span<UInt8>) -> Prediction {
    pass.run(pixels, scores: true, features: false)
    return Prediction(scores: pass.summedScores(), temperature: temperature)
  }
}

/// Runs a model over images on several threads.
public struct Predictor: Sendable {
  private let model: Model
  private let threads: Int

  /// A predictor.
  public init(_ model: Model, threads: Int) {
    self.model = model
    self.threads = max(1, threads)
  }

  /// Predictions for some of the images, in the order of `indices`.
  /// - Throws: `EvaluationError` if the images have another shape than the model's.
  public func predict(_ images: LabelledImages, indices: [Int]) throws -> [Prediction] {
    try model.network.check(fits: images.shape)
    let classes = model.network.classNames.count
    let scores = SharedBuffer<Int64>(repeating: 0, count: indices.count * classes)
    let passes = WorkerLocal(workers: max(1, min(threads, indices.count))) { _ in
      ImagePredictor(model)
    }
    parallelFor(indices.count, threads: threads) { item, worker in
      let found = images.withPixels(of: indices[item]) { passes[worker].predict($0) }
      scores.withMutableSpan(item * classes..<(item + 1) * classes) { out in
        for c in 0..<classes { out[c] = found.scores[c] }
      }
    }
    let all = scores.array
    return indices.indices.map {
      Prediction(scores: Array(all[$0 * classes..<($0 + 1) * classes]), temperature: model.temperature)
    }
  }
}
