// Reading files and folders through the operating system: bytes in, bounded, with errors that name the path.
// No formats and no decompression here.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file opened for reading from start to end.
@safe
package final class InputFile {
  /// The path it was opened by.
  package let path: String
  /// The size when it was opened, in bytes; nil for a pipe or device, whose size is not known before its end.
  package let size: Int?
  private let descriptor: Int32

  /// Opens a file.
  /// - Throws: `FileError` when it is missing, a folder, or not readable.
  package init(path: String) throws(FileError) {
    // SAFETY: the C string lives for the call.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open", path, number: errno) }
    var status = stat()
    // SAFETY: `status` is a local of the type the call fills.
    guard unsafe fstat(descriptor, &status) == 0 else {
      let number = errno
      close(descriptor)
      throw .system("examine", path, number: number)
    }
    let kind = FileKind(status)
    if kind == .folder {
      close(descriptor)
      throw .system("read", path, number: EISDIR)
    }
    self.path = path
    self.size = kind == .file ? Int(status.st_size) : nil
    self.descriptor = descriptor
  }

  /// A pipe or file that is open already; it is closed when this is let go.
  /// - Parameters:
  ///   - descriptor: open for reading.
  ///   - name: what it is called in errors.
  package init(descriptor: Int32, name: String) {
    path = name
    size = nil
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Reads on into the free capacity of `output`, until that is full or the file ends.
  /// - Returns: the number of bytes read; 0 at the end of the file.
  package func read(into output: inout OutputSpan<UInt8>) throws(FileError) -> Int {
    let before = output.count
    while output.freeCapacity > 0 {
      // SAFETY: the buffer covers the span's whole capacity; the call writes only behind its initialised part and
      // says how many bytes, which is then what is counted as initialised.
      let got = unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
        let free = unsafe UnsafeMutableBufferPointer(rebasing: buffer[initialized...])
        let got = unsafe systemRead(descriptor, free.baseAddress, free.count)
        if got > 0 { initialized += got }
        return got
      }
      if got == 0 { break }
      if got < 0 {
        if errno == EINTR { continue }
        throw .system("read", path, number: errno)
      }
    }
    return output.count - before
  }
}

/// The system's `read`, under a name that does not collide with methods.
@unsafe
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  // SAFETY: the caller vouches for `count` writable bytes at `buffer`.
  unsafe read(descriptor, buffer, count)
}

/// The whole content of a file.
/// - Throws: `FileError`; code `tooLong` when the file has more than `limit` bytes.
package func readFile(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
  let file = try InputFile(path: path)
  let tooLong = FileError(code: .tooLong, message: "\(path) has more than the \(limit) bytes accepted here")
  if let size = file.size, size > limit { throw tooLong }
  var bytes: [UInt8] = []
  // One byte more than the size, so that a file that has not grown ends in the first step.
  var step = (file.size ?? 65_536) + 1
  while true {
    var got = 0
    try bytes.append(addingCapacity: step) { output throws(FileError) in got = try file.read(into: &output) }
    if bytes.count > limit { throw tooLong }
    if got < step { return bytes }
    step = max(65_536, bytes.count)
  }
}

/// What a path names.
package enum FileKind: Sendable {
  case missing, file, folder, other

  /// What is at `path`, links followed; `missing` too when a folder on the way cannot be entered.
  package init(path: String) {
    var status = stat()
    // SAFETY: the C string lives for the call and `status` is a local of the type the call fills.
    self = unsafe stat(path, &status) == 0 ? FileKind(status) : .missing
  }

  init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    default: self = .other
    }
  }
}

/// The names in a folder, sorted, without `.` and `..`.
package func listFolder(_ path: String) throws(FileError) -> [String] {
  // SAFETY: the stream is checked for nil and closed below; each entry is copied before the next is read.
  guard let folder = unsafe opendir(path) else { throw .system("list", path, number: errno) }
  var names: [String] = []
  errno = 0
  while let entry = unsafe readdir(folder) {
    let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
    errno = 0
  }
  let number = errno
  unsafe closedir(folder)
  if number != 0 { throw .system("list", path, number: number) }
  return names.sorted()
}
