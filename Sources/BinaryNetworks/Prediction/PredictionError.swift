// Images that a model cannot look at, and the check that finds them.

public import Plumbing

/// Why a model cannot judge some images.
public struct PredictionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What does not fit, and what to do.
  public let message: String
  /// The message.
  public var description: String { message }

  package init(message: String) { self.message = message }
}

extension Network {
  /// Checks that images of a shape are what the network takes.
  /// - Throws: `PredictionError` if they are not.
  public func check(fits found: ImageShape) throws(PredictionError) {
    guard shape == found else {
      throw PredictionError(
        message: "the images are \(found.width)×\(found.height)×\(found.channels), the model takes "
          + "\(shape.width)×\(shape.height)×\(shape.channels); use data of the model's size")
    }
  }

  /// States the need for the scores of `images` images, which are held twice.
  /// - Throws: `PredictionError` if there is too little memory for them.
  package func check(scoresOf images: Int) throws(PredictionError) {
    do {
      try MemoryLimit.current.check(
        MemoryLimit.product(16, images, classNames.count),
        for: "scores of \(images) images for each of \(classNames.count) classes")
    } catch { throw PredictionError(message: error.message) }
  }

  /// Checks that there are as many bytes as `images` images of the network's shape have.
  /// - Throws: `PredictionError` if there are not.
  func check(bytes: Int, images: Int) throws(PredictionError) {
    let (needed, isTooLarge) = images.multipliedReportingOverflow(by: shape.pixels)
    guard images < 0 || isTooLarge || bytes != needed else { return }
    throw PredictionError(
      message: "\(images) \(images == 1 ? "image has" : "images have") \(bytes) bytes, the model takes "
        + "\(shape.width)×\(shape.height)×\(shape.channels), \(shape.pixels) bytes an image; give as many")
  }
}
