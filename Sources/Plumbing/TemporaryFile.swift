// A file without a name: gone with the process, however that ends.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file that nobody else sees; written by one thread at its end, then read by any number anywhere.
@safe
final class TemporaryFile: @unchecked Sendable {
  // SAFETY: `count` changes only in `append`, which ends before the file is shared; reads do not move a position.
  private let descriptor: Int32
  private let folder: String
  private(set) var count = 0

  /// Makes a file in the folder that `TMPDIR` names, else in /var/tmp, which unlike /tmp is never memory.
  init() throws(FileError) {
    // SAFETY: getenv's string is copied at once; nothing here changes the environment.
    let chosen = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? ""
    folder = chosen.isEmpty ? "/var/tmp" : chosen
    var template = Array("\(folder)/tally-XXXXXX".utf8CString)
    // SAFETY: the array is a writable C string with the six letters that mkstemp replaces; it lives for both calls.
    descriptor = unsafe template.withUnsafeMutableBufferPointer { name in
      guard let start = name.baseAddress else { return -1 }
      let descriptor = unsafe mkstemp(start)
      if descriptor >= 0 { _ = unsafe unlink(start) }
      return descriptor
    }
    guard descriptor >= 0 else {
      throw FileError(
        code: .failed,
        message:
          "cannot make a temporary file in \(folder): \(systemWords(errno)); set TMPDIR to another folder")
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  func append(_ bytes: Span<UInt8>) throws(FileError) {
    do throws(FileError) {
      try AtomicFile.writeAll(bytes, to: descriptor, path: "a temporary file in \(folder)")
    } catch {
      throw FileError(code: error.code, message: "\(error.message), or set TMPDIR to another folder")
    }
    count += bytes.count
  }

  /// The bytes in a range.
  func read(_ range: Range<Int>) -> [UInt8] {
    [UInt8](capacity: range.count) { output in
      let isRead = readOn(descriptor, from: range.lowerBound, into: &output)
      // The file was written whole and nobody else can reach it: only a failing disk leads here.
      guard isRead, output.freeCapacity == 0 else {
        fatalError("a temporary file in \(folder) can no longer be read (errno \(errno))")
      }
    }
  }
}
