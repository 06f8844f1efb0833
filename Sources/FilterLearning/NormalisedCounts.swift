// Counts brought to mean 0 and variance 1 in small integers, for the head's products.

/// z = (count − mean) / deviation with 8 fractional bits, clamped to ±2,047 (±8 deviations).
enum NormalisedCounts {
  /// Largest |z|.
  static let limit: Int16 = 2_047

  /// 2^24 / deviation for variances with 8 fractional bits (at least 13), the deviation taken with 8 fractional bits.
  ///
  /// Soft counts of large cells can have a variance beyond 2^54 (with its 8 bits), which leaves no room for 8 more: its
  /// root is precise enough without them.
  static func inverses(variance: [Int64]) -> [Int64] {
    variance.map { value in
      let root = value < 1 << 54 ? integerSquareRoot(value << 8) : integerSquareRoot(value) << 4
      return (1 << 24) / max(1, root)
    }
  }
}
