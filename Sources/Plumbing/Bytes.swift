// Little-endian bytes written and read with every length checked: the ground of all Tally file formats.

/// Appends little-endian numbers to a byte array.
package struct ByteWriter: Sendable {
  /// What was written so far.
  package private(set) var bytes: [UInt8] = []

  /// An empty writer.
  package init() {}

  /// Appends the lowest `count` bytes of a number, lowest first.
  package mutating func append(_ value: UInt64, bytes count: Int) {
    for i in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) }
  }

  /// Appends bytes as they are.
  package mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

  /// Appends the CRC-64 of everything before it.
  package mutating func appendChecksum() { append(CRC64.checksum(bytes), bytes: 8) }
}

/// Reads little-endian numbers; never reads past the end.
package struct ByteReader: Sendable {
  /// What was wrong, with the byte where it was found.
  package struct Failure: Error, Hashable, Sendable {
    /// One clause, lower case, without a full stop.
    package let message: String
    /// A failure with this message.
    package init(message: String) { self.message = message }
  }

  private let bytes: [UInt8]
  private let end: Int
  /// The next byte to be read.
  package private(set) var position = 0

  /// A reader of plain bytes.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    end = bytes.count
  }

  /// A reader of bytes that begin with `magic` and end with their CRC-64, both verified here and left out of what is read.
  package init(checked bytes: [UInt8], magic: UInt64, magicBytes: Int) throws(Failure) {
    self.bytes = bytes
    end = bytes.count - 8
    guard bytes.count >= magicBytes else { throw Failure(message: "only \(bytes.count) bytes long") }
    var found: UInt64 = 0
    for i in 0..<magicBytes { found |= UInt64(bytes[i]) << UInt64(8 * i) }
    guard found == magic else { throw Failure(message: "wrong magic number at byte 0") }
    guard bytes.count >= magicBytes + 8 else { throw Failure(message: "truncated at byte \(bytes.count)") }
    var crc = CRC64()
    crc.update(bytes.span.extracting(0..<end))
    var stored: UInt64 = 0
    for i in 0..<8 { stored |= UInt64(bytes[end + i]) << UInt64(8 * i) }
    guard crc.value == stored else {
      throw Failure(message: "checksum does not match its \(bytes.count) bytes (truncated or damaged)")
    }
    position = magicBytes
  }

  /// Bytes left to read.
  package var remaining: Int { end - position }

  /// Reads a number of 1 to 8 bytes.
  package mutating func read(bytes count: Int) throws(Failure) -> UInt64 {
    guard count <= remaining else { throw Failure(message: "truncated at byte \(bytes.count)") }
    var value: UInt64 = 0
    for i in 0..<count { value |= UInt64(bytes[position + i]) << UInt64(8 * i) }
    position += count
    return value
  }

  /// Reads `count` bytes.
  package mutating func readBytes(_ count: Int) throws(Failure) -> [UInt8] {
    guard count >= 0, count <= remaining else {
      throw Failure(message: "length \(count) at byte \(position) runs past the end")
    }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  /// Reads an 8-byte count, at most `most`, and then that many signed integers of `width` bytes.
  package mutating func readIntegers(width: Int, most: Int = .max) throws(Failure) -> [Int64] {
    let stored = try read(bytes: 8)
    guard stored <= UInt64(remaining / width) else {
      throw Failure(message: "count \(stored) at byte \(position - 8) runs past the end")
    }
    guard stored <= UInt64(max(0, most)) else {
      throw Failure(
        message: "\(stored) values at byte \(position - 8) need more memory than the limit allows; raise "
          + "TALLY_MEMORY_MIB if there is more")
    }
    let shift = UInt64(64 - 8 * width)
    var values = [Int64](repeating: 0, count: Int(stored))
    for i in values.indices {
      let raw = try read(bytes: width)
      values[i] = Int64(bitPattern: raw << shift) >> Int64(shift)
    }
    return values
  }

  /// Fails unless everything was read.
  package func expectEnd() throws(Failure) {
    guard remaining == 0 else { throw Failure(message: "\(remaining) unexpected bytes at byte \(position)") }
  }
}
