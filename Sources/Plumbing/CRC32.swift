// CRC-32 (that of zlib and gzip), for frames between processes: every language has it at full speed.

/// The CRC-32 checksum of zlib.
package enum CRC32 {
  /// The checksum of an array of bytes.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    let (tables, bytes) = (tables, bytes.span)
    var crc = ~UInt32(0)
    var i = 0
    while i + 8 <= bytes.count {
      crc ^=
        UInt32(bytes[i]) | UInt32(bytes[i + 1]) << 8 | UInt32(bytes[i + 2]) << 16 | UInt32(bytes[i + 3]) << 24
      var next: UInt32 = 0
      for j in 0..<4 { next ^= tables[(7 - j) * 256 + Int((crc >> UInt32(8 * j)) & 0xff)] }
      for j in 4..<8 { next ^= tables[(7 - j) * 256 + Int(bytes[i + j])] }
      crc = next
      i += 8
    }
    while i < bytes.count {
      crc = tables[Int((crc ^ UInt32(bytes[i])) & 0xff)] ^ (crc >> 8)
      i += 1
    }
    return ~crc
  }

  /// Table t, entry b: what byte b, followed by t zero bytes, does to the state.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
      tables[byte] = crc
    }
    for t in 1..<8 {
      for byte in 0..<256 {
        let crc = tables[(t - 1) * 256 + byte]
        tables[t * 256 + byte] = tables[Int(crc & 0xff)] ^ (crc >> 8)
      }
    }
    return tables
  }()
}
