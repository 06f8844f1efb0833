// Classifying photos and pixels with a trained model, the short way.

import BinaryNetworks
import ImageData
import ModelEvaluation

/// A model ready to classify photos and pixels. Any number of threads may use it at once.
///
/// ```swift
/// let classifier = try Classifier(path: "run/model.tally")
/// print(try classifier.classify(photo: "boot.jpg"))    // Ankle boot 99.9 %
/// ```
///
/// A classifier keeps its working memory from one image to the next.
public final class Classifier: Sendable {
  /// The model.
  public let model: Model
  private let pool: PredictorPool

  /// A classifier for a model.
  public init(_ model: Model) {
    self.model = model
    pool = PredictorPool(model)
  }

  /// Reads a model file.
  /// - Throws: `ModelFileError` if there is no such file, or it is no valid model.
  public convenience init(path: String) throws(ModelFileError) { self.init(try Model.read(path: path)) }

  /// The names of the classes, in the order of their indices.
  public var classNames: [String] { model.network.classNames }

  /// Classifies a PNG, JPEG or WebP file of any size, fitted to the model's shape as `tally predict` does.
  /// - Throws: `DatasetError` if the file cannot be read as an image.
  public func classify(photo path: String) throws(DatasetError) -> Classification {
    try classify(photos: [path], threads: 1)[0].get()
  }

  /// Classifies PNG, JPEG and WebP files on up to `threads` threads.
  /// - Returns: in the order of `paths` what the model says, or why a file cannot be read.
  public func classify(photos paths: [String], threads: Int) -> [Result<Classification, DatasetError>] {
    FilePredictor(pool, threads: threads).predict(paths).map { $0.map(named) }
  }

  /// Classifies one image as a camera or a decoder delivers it.
  /// - Parameter pixels: height × width × channels bytes of the model's shape, row by row, channels last.
  /// - Throws: `PredictionError` if there are more or fewer bytes than that.
  public func classify(pixels: [UInt8]) throws(PredictionError) -> Classification {
    try classify(pixels: pixels, count: 1, threads: 1)[0]
  }

  /// Classifies images that lie one after the other, on up to `threads` threads.
  /// - Parameters:
  ///   - pixels: count × height × width × channels bytes of the model's shape.
  ///   - count: number of images.
  ///   - threads: threads to use; answers do not depend on it.
  /// - Throws: `PredictionError` if there are more or fewer bytes than that.
  public func classify(pixels: [UInt8], count: Int, threads: Int) throws(PredictionError) -> [Classification]
  {
    try Predictor(pool, threads: threads).predict(pixels: pixels, count: count).map(named)
  }

  private func named(_ prediction: Prediction) -> Classification {
    Classification(prediction, classNames: classNames)
  }
}
