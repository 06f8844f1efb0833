// Bit strings of any length in bytes, without gaps: how filters and masks are kept in files.

/// Appends bits to bytes; the first bit is the lowest of the first byte.
package struct BitWriter {
  /// The bytes so far; the last one is complete after `finish`.
  package private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingBits = 0

  /// A string of no bits.
  package init() {}

  /// Appends the lowest `count` bits of a word, 0 to 64.
  package mutating func append(_ word: UInt64, count: Int) {
    // At most 7 bits are pending, so 32 more fit.
    if count > 32 {
      append(word & 0xFFFF_FFFF, count: 32)
      append(word >> 32, count: count - 32)
      return
    }
    pending |= (word & ((1 << UInt64(count)) - 1)) << UInt64(pendingBits)
    pendingBits += count
    while pendingBits >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingBits -= 8
    }
  }

  /// Fills the last byte with zeros.
  mutating func finish() {
    if pendingBits > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
    (pending, pendingBits) = (0, 0)
  }
}

/// Reads bits that `BitWriter` wrote; beyond the last byte there are zeros.
struct BitReader {
  private let bytes: [UInt8]
  private var next: Int
  private var pending: UInt64 = 0
  private var pendingBits = 0

  /// A reader that starts at byte `start`.
  init(_ bytes: [UInt8], start: Int) {
    self.bytes = bytes
    next = start
  }

  /// The next `count` bits, 0 to 64.
  mutating func read(_ count: Int) -> UInt64 {
    if count > 32 {
      let low = read(32)
      return low | read(count - 32) << 32
    }
    while pendingBits < count {
      let byte = next < bytes.count ? bytes[next] : 0
      pending |= UInt64(byte) << UInt64(pendingBits)
      pendingBits += 8
      next += 1
    }
    let word = pending & ((1 << UInt64(count)) - 1)
    pending >>= UInt64(count)
    pendingBits -= count
    return word
  }

  /// The bits left in the last byte read: zeros if the writer ended here.
  var rest: UInt64 { pending }
}

extension FilterBank {
  /// How many bits of each of a patch's words are channels.
  package var wordBits: [Int] {
    validBits.map(\.nonzeroBitCount)
  }

  /// Filter or mask words as bits: filter after filter, position after position, without tails.
  func packed(_ words: [UInt64]) -> [UInt8] {
    let wordBits = wordBits
    var writer = BitWriter()
    for k in 0..<count {
      for (j, bits) in wordBits.enumerated() { writer.append(words[j * stride + k], count: bits) }
    }
    writer.finish()
    return writer.bytes
  }

  /// What `packed` wrote at byte `start`; nil if bits after the last filter are set.
  func unpacked(_ bytes: [UInt8], start: Int) -> [UInt64]? {
    let wordBits = wordBits
    var reader = BitReader(bytes, start: start)
    var words = [UInt64](repeating: 0, count: patchWords * stride)
    for k in 0..<count {
      for (j, bits) in wordBits.enumerated() { words[j * stride + k] = reader.read(bits) }
    }
    return reader.rest == 0 ? words : nil
  }
}
