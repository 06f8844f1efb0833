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
  ///   - note: from what the holder before left, what this process says of itself to those that come after: one line,
  ///     without its break. If it throws the folder is let go, and what was left stays.
  /// - Throws: `FileError` when the lock's file cannot be written; what `note` throws.
  package static func take(_ folder: String, note: (_ left: [UInt8]?) throws -> [UInt8]) throws -> Holder {
    let path = "\(folder)/\(fileName)"
    while true {
      // A link is not followed: what it leads to is nobody's lock.
      let descriptor = FileCalls.open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW)
      if descriptor < 0 {
        if errno == EINTR { continue }
        throw FileError.system("write", path, number: errno)
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
      let left = lastNote(path)
      let lock = FolderLock(descriptor, path, left: left, missing: missing)
      do {
        // Behind the older ones, so that there is no moment without a note.
        let line = [0x0a] + (try note(left)) + [0x0a]
        try AtomicFile.writeAll(line.span, to: descriptor, path: path)
      } catch {
        lock.release(keepsNote: left != nil)
        throw error
      }
      return .me(lock)
    }
  }

  /// Lets go.
  /// - Parameter keepsNote: whether those that come after are to find the last note.
  package func release(keepsNote: Bool = false) {
    guard descriptor >= 0 else { return }
    if !keepsNote { _ = FileCalls.unlink(path) }
    close(descriptor)
    descriptor = -1
  }

  /// The last whole line in a file, if there is one with something in it.
  private static func lastNote(_ path: String) -> [UInt8]? {
    guard let notes = try? readFile(path, limit: 1 << 22), let end = notes.lastIndex(of: 0x0a) else {
      return nil
    }
    return notes[..<end].split(separator: 0x0a).last.map { Array($0) }
  }

  /// What the holder says of itself: it may just be about to.
  private static func patientlyRead(_ path: String) -> [UInt8] {
    for _ in 0..<20 {
      if let note = lastNote(path) { return note }
      usleep(10_000)
    }
    return []
  }

  /// Whether an open file is the one under a name.
  private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
    var (mine, named) = (stat(), stat())
    // SAFETY: both are locals of the type the calls fill; the C string lives for the call.
    let found = try? unsafe FileName.withPath(path) { unsafe lstat($0, &named) }
    guard unsafe fstat(descriptor, &mine) == 0, found == 0 else { return false }
    return mine.st_dev == named.st_dev && mine.st_ino == named.st_ino
  }
}
