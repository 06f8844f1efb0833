// Predictions for images of a data set.

public import BinaryNetworks
public import ImageData
import Plumbing

extension Predictor {
  /// Predictions for some of the images, in the order of `indices`.
  /// - Precondition: every index is in 0 ..< images.count.
  /// - Throws: `PredictionError` if the images have another shape than the model's.
  public func predict(_ images: LabelledImages, indices: [Int]) throws(PredictionError) -> [Prediction] {
    try pool.model.network.check(fits: images.shape)
    try pool.model.network.check(scoresOf: indices.count)
    return predictions(indices.count) { item, body in images.withPixels(of: indices[item], body) }
  }
}
