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
  /// The size when it was opened, in bytes; nil for a pipe, whose size is not known before its end.
  package let size: Int?
  let descriptor: Int32

  /// Opens a file, without waiting: a pipe that nobody writes to would never open.
  /// - Throws: `FileError` when it is missing, not a regular file, or not readable.
  package init(path: String) throws(FileError) {
    if path.isEmpty { throw .emptyPath("read") }
    // SAFETY: the C string lives for the call.
    let descriptor = try unsafe FileName.withPath(path) { unsafe open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else {
      let number = errno
      // A socket cannot be opened at all; the system's words for that do not say why.
      let kind = FileKind(path: path)
      if case .other = kind { throw kind.refusal(path) }
      throw .system("open", path, number: number)
    }
    var status = stat()
    // SAFETY: `status` is a local of the type the call fills.
    guard unsafe fstat(descriptor, &status) == 0 else {
      let number = errno
      close(descriptor)
      throw .system("examine", path, number: number)
    }
    let kind = FileKind(status)
    guard kind == .file else {
      close(descriptor)
      throw kind.refusal(path)
    }
    self.path = path
    self.size = Int(status.st_size)
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
package enum FileKind: Hashable, Sendable {
  case missing, file, folder
  /// Something that is opened like a file and is none; what it is, in words.
  case other(String)

  /// What is at `path`, links followed; `missing` too when a folder on the way cannot be entered.
  package init(path: String) {
    var status = stat()
    // SAFETY: the C string lives for the call and `status` is a local of the type the call fills.
    let result = try? unsafe FileName.withPath(path) { unsafe stat($0, &status) }
    self = result == 0 ? FileKind(status) : .missing
  }

  init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    case S_IFIFO: self = .other("a pipe (FIFO)")
    case S_IFSOCK: self = .other("a socket")
    case S_IFCHR, S_IFBLK: self = .other("a device")
    default: self = .other("not a regular file")
    }
  }

  /// Why what is at `path` is not read as a file.
  func refusal(_ path: String) -> FileError {
    if case .other(let what) = self {
      return FileError(code: .failed, message: "cannot read \(path): it is \(what); name a regular file")
    }
    return .system("read", path, number: EISDIR)
  }
}

/// The bytes of a file, links followed; nil where there is none.
package func fileLength(_ path: String) -> Int? {
  var status = stat()
  // SAFETY: the C string lives for the call and `status` is a local of the type the call fills.
  let result = try? unsafe FileName.withPath(path) { unsafe stat($0, &status) }
  return result == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
}

/// The names in a folder, sorted, without `.` and `..`; as `FileName` gives them.
package func listFolder(_ path: String) throws(FileError) -> [String] {
  // SAFETY: the stream is checked for nil and closed below; each entry is copied before the next is read.
  guard let folder = try unsafe FileName.withPath(path, { unsafe opendir($0) }) else {
    throw .system("list", path, number: errno)
  }
  var names: [String] = []
  errno = 0
  while let entry = unsafe readdir(folder) {
    let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      unsafe FileName.text(Array(bytes.prefix { $0 != 0 }))
    }
    if name != "." && name != ".." { names.append(name) }
    errno = 0
  }
  let number = errno
  unsafe closedir(folder)
  if number != 0 { throw .system("list", path, number: number) }
  return names.sortedAsNames()
}
