// Powers and logarithms of two in fixed point, from integer tables: what shares and their loss are made of.

/// 2^−x and log2 in integers.
enum BinaryPowers {
  /// Fractional bits of exponents and logarithms.
  static let exponentBits = 16
  /// Fractional bits of powers.
  static let powerBits = 30

  /// `count` powers of a step, 62 fractional bits each, by repeated multiplication. Each product is rounded down, which
  /// loses less than 2^−62, so that after 255 steps the error is below 2^−54.
  private static func powers(of step: UInt64, count: Int) -> [UInt64] {
    var powers: [UInt64] = []
    var value: UInt64 = 1 << 62
    for _ in 0..<count {
      powers.append(value)
      value = product(value, step)
    }
    return powers
  }

  /// The product of two numbers below 2 of 62 fractional bits, rounded down.
  private static func product(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let wide = a.multipliedFullWidth(by: b)
    return wide.high << 2 | wide.low >> 62
  }

  /// 2^(−i/256) and 2^(−i/65536); the constants are round(2^62 · 2^(−1/256)) and round(2^62 · 2^(−1/65536)).
  private static let coarse = powers(of: 4_599_216_278_082_138_665, count: 256)
  private static let fine = powers(of: 4_611_637_242_788_701_951, count: 256)

  /// 2^(−x / 2^16) in 30 fractional bits for x ≥ 0, rounded down, good to one unit of 2^−30; it never rises with x.
  ///
  /// Neighbouring fractions differ by 2^−17 of their value, the product by less than 2^−53 from the true one, so rounding
  /// turns no pair of them round.
  static func negative(_ x: Int64) -> Int64 {
    let whole = x >> Int64(exponentBits)
    if whole > Int64(powerBits) { return 0 }
    let fraction = product(coarse[Int(x >> 8 & 255)], fine[Int(x & 255)])
    return Int64(fraction >> UInt64(62 - powerBits + Int(whole)))
  }

  /// log2(x / 2^30) in 16 fractional bits for x ≥ 2^30, rounded down; it never falls with x.
  ///
  /// A bit at a time: a number from 1 to 2 is squared, and the next bit of its logarithm says whether the square is 2
  /// or more. Every square is rounded down by less than 2^−62; sixteen of them keep the sum of errors far below 2^−16.
  static func logarithm(_ x: Int64) -> Int64 {
    precondition(x >= 1 << Int64(powerBits))
    let highest = 63 - x.leadingZeroBitCount
    var logarithm = Int64(highest - powerBits)
    var mantissa = UInt64(x) << UInt64(62 - highest)
    for _ in 0..<exponentBits {
      let square = mantissa.multipliedFullWidth(by: mantissa)
      // 124 fractional bits: bit 125 says whether the square is 2 or more.
      let isTwo = square.high >> 61
      mantissa = isTwo == 1 ? square.high << 1 | square.low >> 63 : square.high << 2 | square.low >> 62
      logarithm = logarithm << 1 | Int64(isTwo)
    }
    return logarithm
  }
}
