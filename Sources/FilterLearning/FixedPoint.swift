// Integer square root, exponential and softmax: what learning needs beyond + − × and comparisons.

/// The integer part of the square root of `x` ≥ 0, by Newton's method from above.
func integerSquareRoot(_ x: Int64) -> Int64 {
  precondition(x >= 0)
  if x < 2 { return x }
  var root = Int64(1) << Int64((64 - x.leadingZeroBitCount + 1) / 2)
  while true {
    let next = (root + x / root) >> 1
    if next >= root { return root }
    root = next
  }
}

/// exp(−x) in fixed point, from a table.
enum FixedExponential {
  /// Fractional bits of the argument.
  static let argumentBits = 10
  /// Fractional bits of the result.
  static let resultBits = 30

  /// round(2^62 · exp(−2^−10)), good to one unit: the only constant the table is made from.
  private static let step: UInt64 = 4_607_184_617_107_619_806

  /// Entry i is exp(−i / 1024) with 62 fractional bits, by repeated multiplication. Each product is rounded down, which
  /// loses less than 2^−62, so after 16,384 steps the error stays below 2^−47; the table ends at exp(−16) ≈ 2^−23.
  private static let table: [Int64] = {
    var entries: [Int64] = []
    var value: UInt64 = 1 << 62
    for _ in 0..<(16 << argumentBits) {
      entries.append(Int64(value >> UInt64(62 - resultBits)))
      let product = value.multipliedFullWidth(by: step)
      value = (product.high << 2) | (product.low >> 62)
    }
    return entries
  }()

  /// exp(−x / 2^10) in 30 fractional bits for x ≥ 0, error below 2^−29; 0 from x = 16 on (true value below 2^−23).
  static func negative(_ x: Int64) -> Int64 { x < Int64(table.count) ? table[Int(x)] : 0 }
}

/// Class probabilities with `bits` fractional bits from scores with `scoreBits` fractional bits.
///
/// Distances to the highest score are rounded down to 10 fractional bits, so every power is too large by a factor of
/// at most exp(2^−10), and those below exp(−16) are left out: up to 1,000 classes every probability is good to 0.12 %
/// of its value plus two units of 2^−bits.
func softmax(_ scores: [Int64], scoreBits: Int, bits: Int) -> [Int64] {
  let highest = scores.max() ?? 0
  let shift = Int64(scoreBits - FixedExponential.argumentBits)
  let powers = scores.map { FixedExponential.negative((highest - $0) >> shift) }
  let sum = powers.reduce(0, +)
  return powers.map { (($0 << Int64(bits)) + sum / 2) / sum }
}
