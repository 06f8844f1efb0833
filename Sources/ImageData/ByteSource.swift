// Bytes of a file as its format defines them: plain, or out of gzip or xz, with exact ends.
// The decompressors are in GzipSource and XZSource, the formats in IDXReader and CIFARReader.

import Plumbing

/// A stream of bytes.
protocol ByteSource: AnyObject {
  /// Reads on until `output` is full or the stream has ended, checksums verified.
  /// - Returns: the number of bytes read; less than the free capacity only at the end.
  func read(into output: inout OutputSpan<UInt8>) throws(DatasetError) -> Int
}

/// A file read through a buffer that a decompressor takes its input from.
final class BufferedInput: ByteSource {
  let file: InputFile
  private(set) var buffer: [UInt8] = []
  /// Bytes of the buffer that have been used.
  var used = 0
  /// Whether the file has no bytes after the buffer.
  private(set) var ended = false

  init(path: String) throws(DatasetError) {
    do { file = try InputFile(path: path) } catch { throw DatasetError(error, path: path) }
    try refill()
  }

  var path: String { file.path }

  /// Replaces a used-up buffer by the next bytes; afterwards an empty buffer means the end.
  func refill() throws(DatasetError) {
    buffer.removeAll(keepingCapacity: true)
    used = 0
    if ended { return }
    let capacity = 1 << 18
    let (file, path) = (file, file.path)
    try buffer.append(addingCapacity: capacity) { output throws(DatasetError) in
      do throws(FileError) { _ = try file.read(into: &output) } catch {
        throw DatasetError(error, path: path)
      }
    }
    ended = buffer.count < capacity
  }

  func starts(with magic: [UInt8]) -> Bool { buffer.starts(with: magic) }

  func read(into output: inout OutputSpan<UInt8>) throws(DatasetError) -> Int {
    let before = output.count
    while used < buffer.count, output.freeCapacity > 0 {
      output.append(buffer[used])
      used += 1
    }
    if output.freeCapacity > 0, !ended {
      do throws(FileError) { _ = try file.read(into: &output) } catch {
        throw DatasetError(error, path: path)
      }
    }
    return output.count - before
  }
}

/// A file to be decoded from start to end, decompressed where its first bytes say gzip or xz.
final class DecodedFile {
  let path: String
  /// Decoded bytes read so far.
  private(set) var offset = 0
  private let source: any ByteSource
  private let compressed: Bool

  private static let gzipMagic: [UInt8] = [0x1f, 0x8b]
  private static let xzMagic: [UInt8] = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]

  /// Opens a file. No uncompressed format read here starts like gzip or xz, so the content decides, not the name;
  /// but a name that ends in .gz or .xz must hold that.
  init(path: String) throws(DatasetError) {
    let input = try BufferedInput(path: path)
    self.path = path
    if input.starts(with: Self.gzipMagic) {
      source = try GzipSource(input)
      compressed = true
    } else if input.starts(with: Self.xzMagic) {
      source = try XZSource(input)
      compressed = true
    } else if path.hasSuffix(".gz") || path.hasSuffix(".xz") {
      let format = path.hasSuffix(".gz") ? "gzip" : "xz"
      throw DatasetError(
        code: .corruptCompression,
        message:
          "\(path): does not start like \(format) data; fetch it again, or drop the ending if it is plain")
    } else {
      source = input
      compressed = false
    }
  }

  /// Bytes that somebody else unpacks.
  init(_ source: any ByteSource, name: String) {
    (self.source, path, compressed) = (source, name, false)
  }

  /// Where the reading is, for messages.
  var place: String { compressed ? "byte \(offset) of the decompressed data" : "byte \(offset)" }

  /// Up to `count` bytes; fewer only at the end.
  ///
  /// Memory grows with what the file really gives, so that a header that lies costs nothing.
  func read(upTo count: Int) throws(DatasetError) -> [UInt8] {
    var bytes: [UInt8] = []
    let source = source
    while bytes.count < count {
      let step = min(count - bytes.count, max(1 << 20, bytes.count))
      bytes.reserveCapacity(bytes.count + step)
      var got = 0
      try bytes.append(addingCapacity: step) { output throws(DatasetError) in
        got = try source.read(into: &output)
      }
      offset += got
      if got < step { break }
    }
    return bytes
  }

  /// Exactly `count` bytes.
  func read(_ count: Int, of what: String) throws(DatasetError) -> [UInt8] {
    let bytes = try read(upTo: count)
    guard bytes.count == count else { throw tooShort(by: count - bytes.count, of: what) }
    return bytes
  }

  /// Exactly `count` bytes, in memory if the budget allows it.
  func read(_ count: Int, of what: String, budget: MemoryBudget) throws(DatasetError) -> ByteStore {
    // Memory grows with what the file really gives, as above.
    var writer = try PixelWriter(budget: budget)
    while writer.count < count {
      let wanted = min(count - writer.count, 1 << 20)
      let bytes = try read(upTo: wanted)
      try writer.append(bytes.span)
      if bytes.count < wanted { throw tooShort(by: count - writer.count, of: what) }
    }
    return writer.finish()
  }

  private func tooShort(by missing: Int, of what: String) -> DatasetError {
    DatasetError(
      code: .truncated,
      message: "\(path): ends at \(place), \(missing) bytes short of the end of \(what); fetch the file again"
    )
  }

  /// Checks that nothing follows.
  func expectEnd() throws(DatasetError) {
    let place = place
    guard try read(upTo: 1).isEmpty else {
      throw DatasetError(
        code: .tooLong,
        message: "\(path): has extra bytes after its content, which ends at \(place); fetch the file again")
    }
  }
}
