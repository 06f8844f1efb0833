// What can be wrong with a data set: one code per kind, one line for people.

import Plumbing

/// A data set could not be found, read, or used.
public struct DatasetError: Error, CustomStringConvertible, Hashable, Sendable {
  /// The kind of failure.
  public enum Code: String, Sendable {
    /// A file, folder or data set is not there.
    case missing
    /// Permissions or the device forbid reading.
    case unreadable
    /// A folder or device is where a file is expected, or a file where a folder is.
    case wrongKind
    /// The file does not start as its format must.
    case wrongMagic
    /// The file ends too early.
    case truncated
    /// The file goes on after its content, or asks for more memory than accepted.
    case tooLong
    /// Two things that belong together differ in number: images and labels, classes and names.
    case countMismatch
    /// Class names are not text, or not different from each other.
    case wrongNames
    /// The groups that parts are to be drawn by cannot be made, or allow no part.
    case wrongGroups
    /// A label has no class.
    case labelOutOfRange
    /// There are no images.
    case empty
    /// All images are of one class.
    case singleClass
    /// Images have no pixels, too many, or not those of the other part.
    case wrongShape
    /// The gzip or xz stream is damaged.
    case corruptCompression
    /// The bytes of an image are damaged, or of a kind that is not read.
    case damagedImage
    /// The name is neither a known data set nor a path.
    case unknownName
    /// The folder holds no data set in a known form.
    case unrecognisedFolder
  }

  /// The kind of failure.
  public let code: Code
  /// One line: what is wrong, where (path, byte offset or item), and what to do.
  public let message: String
  /// What the operating system or the decompressor said, where it said something.
  public let cause: String?

  /// Creates an error.
  public init(code: Code, message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message, with the cause in brackets unless that only repeats it: of a file that is not there, or is none.
  public var description: String {
    let isPlain = code == .missing || code == .wrongKind
    return isPlain ? message : cause.map { "\(message) (\($0))" } ?? message
  }

  /// The error for pixels that could not be kept.
  init(storing error: FileError) { self.init(code: .unreadable, message: error.message) }

  /// The error for a file that the operating system would not give.
  init(_ error: FileError, path: String) {
    self =
      switch error.code {
      case .missing:
        DatasetError(code: .missing, message: "\(path): no such file; check the name", cause: error.message)
      case .denied:
        DatasetError(
          code: .unreadable, message: "\(path): reading is not permitted; change its permissions")
      case .folder:
        DatasetError(
          code: .wrongKind, message: "\(path): a folder where a file is expected; name the file",
          cause: error.message)
      case .tooLong: DatasetError(code: .tooLong, message: error.message)
      case .failed:
        DatasetError(code: .unreadable, message: error.message)
      }
  }
}
