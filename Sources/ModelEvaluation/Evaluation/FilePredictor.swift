// Class scores for image files of any size: decoding, fitting and predicting on all threads.

public import BinaryNetworks
public import ImageData
package import Plumbing
import Synchronization

/// Runs a model over PNG, JPEG and WebP files, each fitted to the model's shape; may be used by several threads at once.
public final class FilePredictor: Sendable {
  private let pool: PredictorPool
  private let threads: Int
  private let notes = Mutex<[String: [DecodingNote]]>([:])

  /// A predictor that decodes and predicts up to `threads` files at once.
  public convenience init(_ model: Model, effort: Effort = .early, threads: Int) {
    self.init(PredictorPool(model, effort: effort), threads: threads)
  }

  /// The same with the predictors of a pool.
  public init(_ pool: PredictorPool, threads: Int) {
    self.pool = pool
    self.threads = MemoryLimit.current.workers(threads, each: pool.model.network.bytesPerPass)
  }

  /// Predictions in the order of `paths`; for a file that cannot be read, why.
  public func predict(_ paths: [String]) -> [Result<Prediction, DatasetError>] {
    predict(paths.count) { item, shape throws(DatasetError) in
      let file = try ImageFile.loadNoting(paths[item], fitting: shape)
      notes.withLock { $0[paths[item]] = file.notes.isEmpty ? nil : file.notes }
      return file.image
    }
  }

  /// Predictions for images from anywhere, in their order; for one that cannot be had, why.
  /// - Parameter image: gives an image in the model's shape; several threads call it at once.
  package func predict(
    _ count: Int, image: @Sendable (_ item: Int, _ shape: ImageShape) throws(DatasetError) -> DecodedImage
  ) -> [Result<Prediction, DatasetError>] {
    let shape = pool.model.network.shape
    let found = Mutex([Result<Prediction, DatasetError>?](repeating: nil, count: count))
    parallelFor(count, threads: threads) { item, _ in
      let result = Result { () throws(DatasetError) in
        let image = try image(item, shape)
        return pool.withPredictor { $0.prediction(image.pixels.span) }
      }
      found.withLock { $0[item] = result }
    }
    return found.withLock { $0.compactMap { $0 } }
  }

  /// What a person should know of a file that was predicted, a line each: that it is damaged, or nearly black.
  public func remarks(on path: String) -> [String] {
    notes.withLock { $0[path] ?? [] }.map { "\(path): \($0.text)" }
  }
}
