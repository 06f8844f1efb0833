// Reading a file at any place, by any number of threads at once.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Reads on into the free capacity of `output` from a place of a file, until that is full or the file ends.
/// - Returns: whether the system did not fail; `errno` says why it did.
func readOn(_ descriptor: Int32, from place: Int, into output: inout OutputSpan<UInt8>) -> Bool {
  let before = output.count
  while output.freeCapacity > 0 {
    let from = off_t(place + output.count - before)
    // SAFETY: the call writes only behind the span's initialised part, within its capacity, and says how many bytes, which
    // is then what is counted as initialised.
    let got = unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
      let free = unsafe UnsafeMutableBufferPointer(rebasing: buffer[initialized...])
      let got = unsafe pread(descriptor, free.baseAddress, free.count, from)
      if got > 0 { initialized += got }
      return got
    }
    if got == 0 { return true }
    if got < 0, errno != EINTR { return false }
  }
  return true
}

/// A file that is read at any place.
package final class PlacedFile: Sendable {
  /// The path it was opened by.
  package let path: String
  /// Its bytes when it was opened.
  package let size: Int
  private let descriptor: Int32

  /// Opens a file.
  /// - Throws: `FileError` when it is missing, not a regular file, or not readable.
  package init(path: String) throws(FileError) {
    let file = try InputFile(path: path)
    (self.path, size) = (path, file.size ?? 0)
    descriptor = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0)
    guard descriptor >= 0 else { throw .system("open", path, number: errno) }
  }

  deinit { close(descriptor) }

  /// The bytes in a range.
  /// - Throws: `FileError`, too where the file ends before the range.
  package func read(_ range: Range<Int>) throws(FileError) -> [UInt8] {
    var number: Int32 = 0
    let bytes = [UInt8](capacity: range.count) { output in
      if !readOn(descriptor, from: range.lowerBound, into: &output) { number = errno }
    }
    if number != 0 { throw .system("read", path, number: number) }
    guard bytes.count == range.count else {
      throw FileError(
        code: .failed, message: "\(path) ends at byte \(range.lowerBound + bytes.count); it became shorter")
    }
    return bytes
  }
}
