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
    let what = "cannot \(action) \(path): \(systemWords(number))"
    switch number {
    case ENOENT: return FileError(code: .missing, message: what)
    case EACCES, EPERM: return FileError(code: .denied, message: "\(what); change its permissions")
    case EROFS: return FileError(code: .denied, message: "\(what); choose another place")
    case EISDIR:
      return FileError(code: .folder, message: "cannot \(action) \(path): it is a folder; name a file")
    case ENOSPC, EDQUOT: return FileError(code: .failed, message: "\(what); free some space")
    case EEXIST: return FileError(code: .failed, message: "\(what); choose another name")
    case EFBIG: return FileError(code: .failed, message: "\(what); raise the limit on file sizes (ulimit -f)")
    case EIO: return FileError(code: .failed, message: "\(what); check the disk")
    default: return FileError(code: .failed, message: what)
    }
  }

  /// The error for a path without a character, which is mostly a variable that was not set.
  static func emptyPath(_ action: String) -> FileError {
    FileError(code: .missing, message: "cannot \(action): the path is empty; name a file or folder")
  }

  /// The error for a pipe or device where a file should go.
  static func notAFile(_ path: String) -> FileError {
    FileError(code: .failed, message: "cannot write \(path): it is not a regular file; choose another name")
  }
}

/// The system's words for an error number.
package func systemWords(_ number: Int32) -> String {
  // SAFETY: strerror returns a C string for every number; it is copied at once.
  unsafe String(cString: strerror(number))
}
