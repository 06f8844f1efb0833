// The shape of one image. The images themselves are in LabelledImages.

/// Height, width and channels of one image, stored channels-last: the value of channel c at (y, x) is byte
/// `(y * width + x) * channels + c`.
public struct ImageShape: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Values per pixel.
  public let channels: Int

  /// Largest width and height of an image.
  public static let largestSide = 65_535
  /// Largest number of channels of an image.
  public static let mostChannels = 4096
  /// Largest number of values of an image.
  public static let mostValues = 1 << 28

  /// Creates a shape. A reader that takes it from a file checks `isValid` before anything else.
  public init(width: Int, height: Int, channels: Int) {
    self.width = width
    self.height = height
    self.channels = channels
  }

  /// Values of one image: width * height * channels.
  /// - Precondition: the shape is valid.
  public var pixels: Int { width * height * channels }

  /// Whether each number is at least 1 and no larger than Tally's limits, so that products do not overflow.
  public var isValid: Bool {
    (1...Self.largestSide).contains(width) && (1...Self.largestSide).contains(height)
      && (1...Self.mostChannels).contains(channels) && pixels <= Self.mostValues
  }

  /// Width, height and channels, as in "32x32x3".
  public var description: String { "\(width)x\(height)x\(channels)" }
}
