// What can be wrong with an encoding: its description, or thresholds read from elsewhere.

/// An encoding that cannot be built.
public struct ImageEncodingError: Error, CustomStringConvertible, Hashable, Sendable {
  /// The kind of failure.
  public enum Code: String, Sendable {
    /// The description of the encoding is outside its limits.
    case badSpec
    /// A signal was asked for images whose channels it cannot be made of.
    case wrongChannels
    /// The image shape is outside its limits.
    case badShape
    /// Counts that do not belong to this encoding, or that count nothing.
    case badCounts
    /// Thresholds that do not belong to this encoding, or are not ascending.
    case badThresholds
  }

  /// The kind of failure.
  public let code: Code
  /// One line: what is wrong, with which signal or number, and what to do.
  public let message: String

  /// Creates an error.
  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
