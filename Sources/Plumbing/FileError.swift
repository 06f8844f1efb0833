// What can go wrong with a file, said in one line. The file operations themselves are in InputFile and AtomicFile.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file could not be read or written.
public struct FileError: Error, CustomStringConvertible, Hashable, Sendable {
  /// The kind of failure, for callers that treat some kinds specially.
  public enum Code: String, Sendable {
    /// There is no such file or folder.
    case missing
    /// The permissions do not allow it.
    case denied
    /// A file was expected and a folder is there.
    case folder
    /// The file is longer than the caller accepts.
    case tooLong
    /// Anything else the operating system reported: a full disk, a device error, …
    case failed
  }

  /// The kind of failure.
  public let code: Code
  /// One line: what failed, the path, the operating system's reason, and what to do where that is known.
  public let message: String

  /// Creates an error.
  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }

  /// The error for a failed system call.
  static func system(_ action: String, _ path: String, number: Int32) -> FileError {
    // SAFETY: strerror returns a C string for every number; it is copied at once.
    let reason = unsafe String(cString: strerror(number))
    switch number {
    case ENOENT: return FileError(code: .missing, message: "cannot \(action) \(path): \(reason)")
    case EACCES, EPERM, EROFS:
      return FileError(code: .denied, message: "cannot \(action) \(path): \(reason); change its permissions")
    case EISDIR:
      return FileError(code: .folder, message: "cannot \(action) \(path): it is a folder; name a file")
    case ENOSPC, EDQUOT:
      return FileError(
        code: .failed, message: "cannot \(action) \(path): \(reason); free some space and run again")
    default: return FileError(code: .failed, message: "cannot \(action) \(path): \(reason)")
    }
  }
}
