// One writer a folder: a lock on a file in it, which the kernel takes back when the process ends, however it ends.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder that this process alone writes into until it lets go.
@safe
package final class FolderLock {
  /// The name of the file that is locked.
  package static let fileName = ".tally-lock"

  /// Whose a folder is.
  package enum Holder {
    /// This process's.
    case me(FolderLock)
    /// Another one's, which said this of itself; empty if it did not get to say anything.
    case other([UInt8])
  }

  // SAFETY: the descriptor is closed in `release` alone, once.
  private var descriptor: Int32
  private let path: String
  /// What the holder before said of itself, where its end was not in good order; else nil.
  package let left: [UInt8]?
  /// Why others are not kept off: the system's words where the file system has no locks; nil where it has.
  package let missing: String?

  private init(_ descriptor: Int32, _ path: String, left: [UInt8]?, missing: String?) {
    (self.descriptor, self.path, self.left, self.missing) = (descriptor, path, left, missing)
  }

  deinit { release() }

  /// Takes a folder, which must be there.
  /// - Parameters:
  ///   - folder: the folder.
  ///   - note: what this process says of itself to those that come after.
  /// - Throws: `FileError` when the lock's file cannot be written.
  package static func take(_ folder: String, note: [UInt8]) throws(FileError) -> Holder {
    let path = "\(folder)/\(fileName)"
    while true {
      // A link is not followed: what it leads to is nobody's lock.
      let descriptor = FileCalls.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
      if descriptor < 0 {
        if errno == EINTR { continue }
        throw .system("write", path, number: errno)
      }
      var missing: String?
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        switch errno {
        case EINTR:
          close(descriptor)
          continue
        case EWOULDBLOCK:
          close(descriptor)
          return .other(patientlyRead(path))
        default: missing = systemWords(errno)
        }
      }
      // Who let go between the two calls has removed the file: the lock must be that of the one under the name.
      guard isSame(descriptor, path) else {
        close(descriptor)
        continue
      }
      let left = (try? readFile(path, limit: mostNote)).flatMap { $0.isEmpty ? nil : $0 }
      let lock = FolderLock(descriptor, path, left: left, missing: missing)
      try lock.write(note)
      return .me(lock)
    }
  }

  /// Lets go.
  package func release() {
    guard descriptor >= 0 else { return }
    _ = FileCalls.unlink(path)
    close(descriptor)
    descriptor = -1
  }

  private static let mostNote = 1 << 16

  private func write(_ note: [UInt8]) throws(FileError) {
    do throws(FileError) {
      if FileCalls.truncate(descriptor, 0) != 0 { throw .system("write", path, number: errno) }
      try AtomicFile.writeAll(note.span, to: descriptor, path: path)
    } catch {
      release()
      throw error
    }
  }

  /// What the holder says of itself: it may just be about to.
  private static func patientlyRead(_ path: String) -> [UInt8] {
    for _ in 0..<20 {
      if let note = try? readFile(path, limit: mostNote), !note.isEmpty { return note }
      usleep(10_000)
    }
    return []
  }

  /// Whether an open file is the one under a name.
  private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
    var (mine, named) = (stat(), stat())
    // SAFETY: both are locals of the type the calls fill; the C string lives for the call.
    guard unsafe fstat(descriptor, &mine) == 0, unsafe lstat(path, &named) == 0 else { return false }
    return mine.st_dev == named.st_dev && mine.st_ino == named.st_ino
  }
}
