// Class scores for image files of any size: decoding, fitting and predicting on all threads.

public import BinaryNetworks
public import ImageData
import Plumbing
import Synchronization

/// Runs a model over PNG and JPEG files, each fitted to the model's shape.
public final class FilePredictor: Sendable {
  private let shape: ImageShape
  private let threads: Int
  private let predictors: WorkerLocal<ImagePredictor>

  /// A predictor that decodes and predicts up to `threads` files at once.
  public init(_ model: Model, threads: Int) {
    shape = model.network.shape
    self.threads = max(1, threads)
    predictors = WorkerLocal(workers: self.threads) { _ in ImagePredictor(model) }
  }

  /// Predictions in the order of `paths`; for a file that cannot be read, why.
  ///
  /// One call at a time.
  public func predict(_ paths: [String]) -> [Result<Prediction, DatasetError>] {
    let found = Mutex([Result<Prediction, DatasetError>?](repeating: nil, count: paths.count))
    parallelFor(paths.count, threads: threads) { item, worker in
      let result = Result { () throws(DatasetError) in
        let image = try ImageFile.load(paths[item], fitting: shape)
        return predictors[worker].predict(image.pixels.span)
      }
      found.withLock { $0[item] = result }
    }
    return found.withLock { $0.compactMap { $0 } }
  }
}
