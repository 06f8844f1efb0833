// Writing a file so that its name always holds either the old content or the whole new one.
// Reading is in InputFile.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Files that appear under their name only when they are complete and on disk.
package enum AtomicFile {
  /// Writes `bytes` to `path`: into a temporary file beside it, which is synced and then renamed over it.
  ///
  /// When anything fails the temporary file is removed and what was at `path` stays as it was. A link at `path` is
  /// replaced, not followed.
  /// - Parameters:
  ///   - bytes: the new content.
  ///   - path: the file's name.
  ///   - beforeRename: called when the temporary file is complete and on disk.
  /// - Throws: `FileError` naming the path and the operating system's reason: a missing or unwritable folder, a
  ///   folder or device where the file should go, a full disk.
  package static func write(
    _ bytes: Span<UInt8>, to path: String, beforeRename: () -> Void = {}
  ) throws(FileError) {
    if path.isEmpty { throw .emptyPath("write") }
    switch FileKind(path: path) {
    case .missing, .file: break
    case .folder: throw .system("write", path, number: EISDIR)
    case .other: throw .notAFile(path)
    }
    let folder = folder(of: path)
    let (descriptor, temporary) = try openTemporary(in: folder, for: path)
    do throws(FileError) {
      do throws(FileError) {
        try writeAll(bytes, to: descriptor, path: path)
        if FileCalls.sync(descriptor) != 0 { throw .system("write", path, number: errno) }
      } catch {
        close(descriptor)
        throw error
      }
      if close(descriptor) != 0 { throw .system("write", path, number: errno) }
      beforeRename()
      try moveFile(temporary, to: path)
    } catch {
      _ = FileCalls.unlink(temporary)
      throw error
    }
  }

  /// Writes an array of bytes; see `write(_:to:beforeRename:)` for spans.
  package static func write(
    _ bytes: [UInt8], to path: String, beforeRename: () -> Void = {}
  ) throws(FileError) {
    try write(bytes.span, to: path, beforeRename: beforeRename)
  }

  /// Writes all bytes to an open descriptor; `path` is for the error.
  package static func writeAll(_ bytes: Span<UInt8>, to descriptor: Int32, path: String) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let wrote = FileCalls.write(descriptor, bytes, from: done)
      if wrote < 0 {
        if errno == EINTR { continue }
        throw .system("write", path, number: errno)
      }
      done += wrote
    }
  }

  /// Creates a new empty file in `folder` with the permissions the process gives to new files.
  private static func openTemporary(in folder: String, for path: String) throws(FileError) -> (Int32, String)
  {
    var generator = SystemRandomNumberGenerator()
    while true {
      let temporary = "\(folder)/.tally-\(String(generator.next(), radix: 36)).tmp"
      let descriptor = FileCalls.open(temporary, O_WRONLY | O_CREAT | O_EXCL)
      if descriptor >= 0 { return (descriptor, temporary) }
      if errno == EEXIST || errno == EINTR { continue }
      if errno == ENOENT || errno == ENOTDIR {
        throw FileError(
          code: .missing, message: "cannot write \(path): there is no folder \(folder); create it first")
      }
      if errno == EACCES || errno == EROFS {
        throw FileError(code: .denied, message: "cannot write \(path): the folder \(folder) is not writable")
      }
      throw .system("write", path, number: errno)
    }
  }

  /// The folder part of a path, "." for a bare name.
  static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
