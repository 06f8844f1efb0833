// CRC-64 (the polynomial and bit order of the xz format), for model files, checkpoints, wire frames and data digests.

/// A running CRC-64/XZ checksum: finds every burst of up to 64 flipped bits, not a defence against forgery.
package struct CRC64: Sendable {
  private var state: UInt64 = ~0

  /// Starts an empty checksum.
  package init() {}

  /// The checksum of the bytes seen so far.
  package var value: UInt64 { ~state }

  /// Adds bytes.
  package mutating func update(_ bytes: Span<UInt8>) {
    let tables = Self.tables
    var crc = state
    var i = 0
    let count = bytes.count
    while i + 8 <= count {
      var word: UInt64 = 0
      for j in 0..<8 { word |= UInt64(bytes[i + j]) << UInt64(8 * j) }
      word ^= crc
      crc = 0
      for j in 0..<8 {
        crc ^= tables[(7 - j) * 256 + Int(truncatingIfNeeded: (word >> UInt64(8 * j)) & 0xff)]
      }
      i += 8
    }
    while i < count {
      crc = tables[Int(truncatingIfNeeded: (crc ^ UInt64(bytes[i])) & 0xff)] ^ (crc >> 8)
      i += 1
    }
    state = crc
  }

  /// The checksum of an array of bytes.
  package static func checksum(_ bytes: [UInt8]) -> UInt64 {
    var crc = CRC64()
    crc.update(bytes.span)
    return crc.value
  }

  /// Table t, entry b: what byte b, followed by t zero bytes, does to the state.
  private static let tables: [UInt64] = {
    var tables = [UInt64](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt64(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xC96C_5795_D787_0F42 : crc >> 1 }
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

/// Joins the checksums of pieces to that of the whole: what some bytes do to the checksum of what comes before them.
package struct CRC64Join: Sendable {
  /// What each bit of a checksum becomes when the bytes come behind it.
  private let columns: [UInt64]

  /// For a second piece of `bytes` bytes.
  /// - Precondition: the number is not negative.
  package init(bytes: Int) {
    precondition(bytes >= 0, "a piece has a length")
    // One zero bit, squared to one byte, and then by the bits of the length.
    var step = [0xC96C_5795_D787_0F42] + (0..<63).map { UInt64(1) << UInt64($0) }
    for _ in 0..<3 { step = Self.product(step, step) }
    var all = (0..<64).map { UInt64(1) << UInt64($0) }
    var left = bytes
    while left > 0 {
      if left & 1 == 1 { all = Self.product(step, all) }
      step = Self.product(step, step)
      left >>= 1
    }
    columns = all
  }

  /// The checksum of two pieces by theirs; the second one has the length that this was made for.
  package func joined(_ first: UInt64, _ second: UInt64) -> UInt64 { Self.image(of: first, columns) ^ second }

  private static func image(of vector: UInt64, _ columns: [UInt64]) -> UInt64 {
    var (sum, left) = (UInt64(0), vector)
    while left != 0 {
      sum ^= columns[left.trailingZeroBitCount]
      left &= left - 1
    }
    return sum
  }

  private static func product(_ second: [UInt64], _ first: [UInt64]) -> [UInt64] {
    first.map { image(of: $0, second) }
  }
}

/// A checksum or another number in 16 hexadecimal digits.
package func hexadecimal(_ number: UInt64) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
