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
    switch FileKind(path: path) {
    case .missing, .file: break
    case .folder: throw .system("write", path, number: EISDIR)
    case .other:
      throw FileError(
        code: .failed, message: "cannot write \(path): it is not a regular file; choose another name")
    }
    let folder = folder(of: path)
    let (descriptor, temporary) = try openTemporary(in: folder, for: path)
    do throws(FileError) {
      do throws(FileError) {
        try writeAll(bytes, to: descriptor, path: path)
        if fsync(descriptor) != 0 { throw .system("write", path, number: errno) }
      } catch {
        close(descriptor)
        throw error
      }
      if close(descriptor) != 0 { throw .system("write", path, number: errno) }
      beforeRename()
      // SAFETY: both C strings live for the call.
      if unsafe rename(temporary, path) != 0 { throw .system("write", path, number: errno) }
    } catch {
      // SAFETY: the C string lives for the call.
      _ = unsafe unlink(temporary)
      throw error
    }
    syncFolder(folder)
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
      // SAFETY: the buffer covers the bytes not yet written and lives for the call. A call moves at most 1 GiB.
      let wrote = unsafe bytes.extracting(done...).withUnsafeBufferPointer { buffer in
        unsafe systemWrite(descriptor, buffer.baseAddress, min(buffer.count, 1 << 30))
      }
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
      // SAFETY: the C string lives for the call.
      let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
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
  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Puts the rename on disk where the file system can do that; the file itself is complete either way.
  private static func syncFolder(_ folder: String) {
    // SAFETY: the C string lives for the call.
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }
}

/// The system's `write`, under a name that does not collide with methods.
@unsafe
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  // SAFETY: the caller vouches for `count` readable bytes at `buffer`.
  unsafe write(descriptor, buffer, count)
}
