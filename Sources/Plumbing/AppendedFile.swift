// A file of lines that grows at its end: whole lines, whatever happens in between.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file to which lines are appended; what is no whole line at its end is taken off.
@safe
package final class AppendedFile {
  // SAFETY: the descriptor is closed in deinit alone.
  private let descriptor: Int32
  private let path: String
  private var count: Int

  /// Opens the file at `path`, which is made if it is missing. Part of a line at its end, as a killed process or a full
  /// disk may have left it, is taken off.
  package init(path: String) throws(FileError) {
    if path.isEmpty { throw .emptyPath("write") }
    switch FileKind(path: path) {
    case .missing, .file: break
    case .folder: throw .system("write", path, number: EISDIR)
    case .other: throw .notAFile(path)
    }
    let content: [UInt8] = FileKind(path: path) == .file ? try readFile(path, limit: 1 << 30) : []
    self.path = path
    count = content.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    descriptor = FileCalls.open(path, O_WRONLY | O_CREAT | O_APPEND)
    if descriptor < 0 { throw .system("write", path, number: errno) }
    if count < content.count, FileCalls.truncate(descriptor, count) != 0 {
      throw .system("write", path, number: errno)
    }
  }

  deinit { close(descriptor) }

  /// Appends a line; if that fails nothing of it stays.
  package func append(_ line: Span<UInt8>) throws(FileError) {
    do throws(FileError) {
      try AtomicFile.writeAll(line, to: descriptor, path: path)
      count += line.count
    } catch {
      _ = FileCalls.truncate(descriptor, count)
      throw error
    }
  }
}
