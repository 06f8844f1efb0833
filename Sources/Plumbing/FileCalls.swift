// The system calls that change a file system, each in one place: as they are, and with errors that name the path.
// Everything in this package that writes files goes through here, so that tests can make any of them fail.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// System calls that change files and folders; they set `errno` as the system's own do.
enum FileCalls {
  /// Opens a file for writing.
  static func open(_ path: String, _ flags: Int32) -> Int32 {
    if failed() { return -1 }
    // SAFETY: the C string lives for the call.
    return unsafe call(path) { path in
      #if canImport(Darwin)
        unsafe Darwin.open(path, flags | O_CLOEXEC, 0o666)
      #else
        unsafe Glibc.open(path, flags | O_CLOEXEC, 0o666)
      #endif
    }
  }

  /// Writes some of a span's bytes from `start` on.
  /// - Returns: how many were written.
  static func write(_ descriptor: Int32, _ bytes: Span<UInt8>, from start: Int) -> Int {
    // What is said on a screen is in no file system.
    if descriptor > STDERR_FILENO, failed() { return -1 }
    // SAFETY: the buffer covers the bytes not yet written and lives for the call. A call moves at most 1 GiB.
    return unsafe bytes.extracting(start...).withUnsafeBufferPointer { buffer in
      #if canImport(Darwin)
        unsafe Darwin.write(descriptor, buffer.baseAddress, min(buffer.count, 1 << 30))
      #else
        unsafe Glibc.write(descriptor, buffer.baseAddress, min(buffer.count, 1 << 30))
      #endif
    }
  }

  /// Puts what was written on disk.
  static func sync(_ descriptor: Int32) -> Int32 { failed() ? -1 : fsync(descriptor) }

  /// Cuts a file off after so many bytes.
  static func truncate(_ descriptor: Int32, _ count: Int) -> Int32 {
    failed(needsSpace: false) ? -1 : ftruncate(descriptor, off_t(count))
  }

  /// Gives a file another name.
  static func rename(_ old: String, _ new: String) -> Int32 {
    if failed() { return -1 }
    // SAFETY: both C strings live for the call.
    return unsafe call(old) { old in
      unsafe call(new) { new in
        #if canImport(Darwin)
          unsafe Darwin.rename(old, new)
        #else
          unsafe Glibc.rename(old, new)
        #endif
      }
    }
  }

  /// Removes a file.
  static func unlink(_ path: String) -> Int32 {
    if failed(needsSpace: false) { return -1 }
    // SAFETY: the C string lives for the call.
    return unsafe call(path) { path in
      #if canImport(Darwin)
        unsafe Darwin.unlink(path)
      #else
        unsafe Glibc.unlink(path)
      #endif
    }
  }

  /// Makes a folder.
  static func makeFolder(_ path: String) -> Int32 {
    // SAFETY: the C string lives for the call.
    failed() ? -1 : unsafe call(path) { unsafe mkdir($0, 0o777) }
  }

  /// Removes an empty folder.
  static func removeFolder(_ path: String) -> Int32 {
    // SAFETY: the C string lives for the call.
    failed(needsSpace: false) ? -1 : unsafe call(path) { unsafe rmdir($0) }
  }

  /// A system call with a path; one that names nothing is not there.
  private static func call(_ path: String, _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
    do {
      return try unsafe FileName.withPath(path, body)
    } catch {
      errno = ENOENT
      return -1
    }
  }

  private static func failed(needsSpace: Bool = true) -> Bool {
    guard let number = FileFaults.next(needsSpace: needsSpace) else { return false }
    errno = number
    return true
  }
}

/// Removes a file; one that is not there is no error.
package func removeFile(_ path: String) throws(FileError) {
  if FileCalls.unlink(path) != 0, errno != ENOENT { throw .system("remove", path, number: errno) }
}

/// Gives a file the name of another, which it replaces; both are on one file system.
/// - Parameter isSynced: whether the new name is put on disk, where the file system can do that.
package func moveFile(_ old: String, to new: String, isSynced: Bool = true) throws(FileError) {
  if FileCalls.rename(old, new) != 0 { throw .system("write", new, number: errno) }
  guard isSynced else { return }
  // SAFETY: the C string lives for the call.
  let descriptor = try unsafe FileName.withPath(AtomicFile.folder(of: new)) {
    unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }
  guard descriptor >= 0 else { return }
  // Without it the file is complete, too.
  _ = fsync(descriptor)
  close(descriptor)
}

/// Makes a folder and those it lies in.
/// - Returns: those that were not there before, the outermost first.
@discardableResult
package func makeFolders(_ path: String) throws(FileError) -> [String] {
  if path.isEmpty { throw .emptyPath("make a folder") }
  if FileKind(path: path) == .folder { return [] }
  var made: [String] = []
  if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex {
    made = try makeFolders(String(path[..<slash]))
  }
  if FileCalls.makeFolder(path) == 0 { return made + [path] }
  let number = errno
  if number == EEXIST, FileKind(path: path) == .folder { return made }
  removeEmptyFolders(made)
  throw .system("create the folder", path, number: number)
}

/// Removes those of the folders that are empty, the last one first.
package func removeEmptyFolders(_ paths: [String]) {
  for path in paths.reversed() where FileCalls.removeFolder(path) != 0 { return }
}
