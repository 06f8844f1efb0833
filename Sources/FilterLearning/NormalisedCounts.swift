// Counts brought to mean 0 and variance 1 in small integers, for the head's products.

import BitKernels

/// z = (count − mean) / deviation with 8 fractional bits, clamped to ±2,047 (±8 deviations).
enum NormalisedCounts {
  /// Largest |z|.
  static let limit: Int64 = 2_047

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

  /// Normalises one image's counts.
  static func normalise(
    _ counts: Span<Int32>, mean: Span<Int64>, inverse: Span<Int64>, into z: inout MutableSpan<Int16>
  ) {
    for f in 0..<counts.count {
      let value = (((Int64(counts[f]) &<< 8) &- mean[f]) &* inverse[f]) &>> 16
      z[f] = Int16(truncatingIfNeeded: max(-limit, min(limit, value)))
    }
  }
}
