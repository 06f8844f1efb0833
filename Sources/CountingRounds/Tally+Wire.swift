// Tallies as bytes: for checkpoints, and for whatever carries them between processes.

import Plumbing

/// Why bytes are not a tally.
package struct TallyFormatError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong and at which byte.
  package let message: String
  package var description: String { message }
}

extension Tally {
  /// "TLY1", little-endian.
  private static let magic: UInt64 = 0x3159_4C54

  /// The tally as bytes.
  ///
  /// Little-endian: magic (4 bytes), number of arrays (4); for each array in name order: name length (2), name
  /// (UTF-8), bytes per value (1: 1 to 8, the fewest that hold all values, signed), count (8), values;
  /// then the CRC-64 of everything before it (8).
  package func encoded() -> [UInt8] {
    var bytes = ByteWriter()
    bytes.append(Self.magic, bytes: 4)
    bytes.append(UInt64(arrays.count), bytes: 4)
    for name in arrays.keys.sorted() {
      let values = self[name]
      let width = Self.width(of: values)
      let utf8 = Array(name.utf8)
      bytes.append(UInt64(utf8.count), bytes: 2)
      bytes.append(utf8)
      bytes.append(UInt64(width), bytes: 1)
      bytes.append(UInt64(values.count), bytes: 8)
      for value in values { bytes.append(UInt64(bitPattern: value), bytes: width) }
    }
    bytes.appendChecksum()
    return bytes.bytes
  }

  /// Reads the bytes `encoded()` wrote.
  /// - Throws: `TallyFormatError` if they are truncated, damaged or something else.
  package init(encoded bytes: [UInt8]) throws(TallyFormatError) {
    do throws(ByteReader.Failure) {
      var reader = try ByteReader(checked: bytes, magic: Self.magic, magicBytes: 4)
      let count = Int(try reader.read(bytes: 4))
      var arrays: [String: [Int64]] = [:]
      // A byte of the message can become eight: what arrays need is known before they are there.
      var room = MemoryLimit.current.bytes / 8
      for _ in 0..<count {
        let name = String(decoding: try reader.readBytes(Int(try reader.read(bytes: 2))), as: UTF8.self)
        let width = Int(try reader.read(bytes: 1))
        guard (1...8).contains(width) else {
          throw ByteReader.Failure(message: "value width \(width) at byte \(reader.position - 1)")
        }
        guard arrays[name] == nil else {
          throw ByteReader.Failure(message: "it has two arrays '\(name)'")
        }
        let values = try reader.readIntegers(width: width, most: room)
        room -= values.count
        arrays[name] = values
      }
      try reader.expectEnd()
      self.init(arrays)
    } catch {
      throw TallyFormatError(message: "not a valid tally: \(error.message)")
    }
  }

  private static func width(of values: [Int64]) -> Int {
    var spread: UInt64 = 0
    for value in values { spread |= UInt64(bitPattern: value < 0 ? ~value : value) }
    return (64 - spread.leadingZeroBitCount) / 8 + 1
  }
}
