// One image at a time, on one thread. Many images at once are Predictor's.

/// Runs a model on one image at a time, on the caller's thread and in memory of its own: the way with the least delay.
public final class ImagePredictor {
  private let pass: ForwardPass
  private let temperature: Temperature?
  private let effort: Effort

  /// A predictor; it belongs to one thread.
  /// - Parameter effort: whether images that are sure early may be answered early.
  public init(_ model: Model, effort: Effort = .early) {
    pass = ForwardPass(network: model.network)
    temperature = model.temperature
    self.effort = effort
  }

  /// What the model says of an image.
  /// - Parameter pixels: H × W × channels bytes of the model's shape.
  /// - Throws: `PredictionError` if there are more or fewer bytes than that.
  public func predict(_ pixels: Span<UInt8>) throws(PredictionError) -> Prediction {
    try pass.network.check(bytes: pixels.count, images: 1)
    return prediction(pixels)
  }

  /// What the model says of an image that has the model's shape.
  package func prediction(_ pixels: Span<UInt8>) -> Prediction {
    Prediction(scores: pass.answer(pixels, effort: effort).scores, temperature: temperature)
  }
}
