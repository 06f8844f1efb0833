// What can be wrong with a plan. One line of text each; the checks themselves live beside what they check.

/// A plan that cannot be used, or a change to a plan that cannot be made.
public struct TrainingPlanError: Error, CustomStringConvertible {
  /// The kind of mistake.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// The bytes are not a JSON text in UTF-8.
    case notJSON
    /// The text is longer than `TrainingPlan.largestText` bytes, or holds far more values than a plan.
    case tooLong
    /// The text nests deeper than any plan does.
    case tooDeep
    /// A section names the same key twice.
    case duplicateKey
    /// A key that every plan must have is absent.
    case missingKey
    /// A key that no plan has.
    case unknownKey
    /// A value of the wrong kind: text for a number, a fraction for a count.
    case wrongType
    /// A value outside the allowed range or set.
    case outOfRange
    /// Two settings that exclude each other.
    case contradiction
    /// A size that these images do not allow: a grid finer than the map, a patch of too many bits.
    case impossibleSize
    /// More filters than the memory holds.
    case tooLittleMemory
    /// An assignment that is not `path=value` or leads nowhere.
    case badAssignment
    /// A name that is no named plan.
    case unknownPlan
  }

  /// The kind of mistake.
  public let code: Code

  /// One line: where, what is wrong, what is allowed.
  public let message: String

  /// The error underneath, if another library found the mistake.
  public let cause: (any Error)?

  /// Creates an error.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message.
  public var description: String { message }

  /// The same error with the file's path in front; unchanged without a path.
  func inFile(_ path: String?) -> TrainingPlanError {
    guard let path else { return self }
    return TrainingPlanError(code, "\(path): \(message)", cause: cause)
  }
}
