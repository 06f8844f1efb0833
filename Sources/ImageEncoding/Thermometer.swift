// From a signal's value to the bits of its thermometer code, by table.

/// One signal's thresholds as tables, and where its bits are among a pixel's.
///
/// The thermometer code of a value v is one bit `v > t` for each of the ascending thresholds t, lowest bit first.
/// It is all ones up to the number of thresholds below v, so that number says the whole code.
struct Thermometer: Sendable {
  let lowest: Int32
  let shift: Int32
  /// For every bin, how many thresholds are below its first value: below all its values if bins are single values.
  let below: [UInt8]
  let thresholds: [Int32]
  /// The word of a pixel that the code starts in.
  let word: Int
  /// For every number of thresholds below, the code's bits in that word.
  let codes: [UInt64]
  /// The same for the next word; empty when the code ends in the first.
  let spill: [UInt64]

  /// Makes the tables for a signal whose first bit is `firstBit` of a pixel.
  init(bins: SignalBins, thresholds: [Int32], firstBit: Int) {
    lowest = Int32(bins.range.lowerBound)
    shift = Int32(bins.shift)
    self.thresholds = thresholds
    var below = [UInt8](repeating: 0, count: bins.count)
    var passed = 0
    for bin in below.indices {
      let first = bins.range.lowerBound + bin << bins.shift
      while passed < thresholds.count && Int(thresholds[passed]) < first { passed += 1 }
      below[bin] = UInt8(passed)
    }
    self.below = below
    word = firstBit / 64
    let position = firstBit % 64
    // Shifts by 64 or more give 0 here, so 64 bits come out as all ones and nothing spills from position 0.
    let whole = (0...thresholds.count).map { (1 as UInt64) << UInt64($0) &- 1 }
    codes = whole.map { $0 << UInt64(position) }
    spill = position + thresholds.count > 64 ? whole.map { $0 >> UInt64(64 - position) } : []
  }

  /// Adds the codes of a row of values to the words of its pixels.
  /// - Parameters:
  ///   - words: the words of the row's pixels, `stride` from pixel to pixel.
  ///   - start: the first word of the first pixel.
  @inline(__always)
  func encode(_ values: Span<Int32>, into words: inout MutableSpan<UInt64>, start: Int, stride: Int) {
    let (below, codes, spill, thresholds) = (below.span, codes.span, spill.span, thresholds.span)
    let (lowest, shift) = (lowest, shift)
    var at = start + word
    if shift == 0 && spill.isEmpty {
      for x in 0..<values.count {
        words[at] |= codes[Int(below[Int(values[x] &- lowest)])]
        at &+= stride
      }
      return
    }
    for x in 0..<values.count {
      let value = values[x]
      var passed = Int(below[Int((value &- lowest) >> shift)])
      if shift > 0 {
        while passed < thresholds.count && thresholds[passed] < value { passed += 1 }
      }
      words[at] |= codes[passed]
      if !spill.isEmpty { words[at + 1] |= spill[passed] }
      at &+= stride
    }
  }
}
