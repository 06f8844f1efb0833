// Memory that encoding an image needs, kept from image to image so that none is allocated for each.
// What is computed in it is in SignalPlanes, and in the kernel that Encoder calls.

import BitTensors
public import ImageData

/// Buffers for encoding images one after the other; one thread uses it at a time.
public final class EncoderWorkspace {
  let shape: ImageShape
  /// One source of signals as numbers, a row after the other: H * W, and what the kernel needs behind them.
  var plane: [Int32]
  /// The same amount again, for counting whitened signals.
  var padded: [Int32]
  /// Sums over a column of the window, one for every column of the image plus `margin` repeated on either side.
  var columnSums: [Int32]
  /// Signal values of one row.
  var values: [Int32]

  /// Half of the largest window.
  static let margin = 7

  /// Creates buffers for images of up to this shape.
  /// - Precondition: the shape is valid.
  public init(shape: ImageShape) {
    precondition(shape.isValid, "images of \(shape)")
    self.shape = shape
    plane = [Int32](
      repeating: 0,
      count: SignalCode.scratch(width: shape.width, height: shape.height, channels: shape.channels))
    padded = plane
    columnSums = [Int32](repeating: 0, count: shape.width + 2 * Self.margin)
    values = [Int32](repeating: 0, count: shape.width)
  }
}
