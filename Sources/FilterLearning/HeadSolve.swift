// The only place in learning that uses Double: the inverse of a damped covariance, in a fixed order of + − × ÷ √,
// so that its bits are the same on every machine. No fused multiply-add, no libm.

/// Inverts covariance blocks for the head's second-order steps.
enum HeadSolve {
  /// Fractional bits of an inverse for a damping (16 fractional bits): as many as keep 1 / damping below 2^12.
  static func bits(damping: Int) -> Int {
    var bits = 0
    while bits < 15, (2 << bits) * 65_536 <= 4_095 * damping { bits += 1 }
    return bits
  }

  /// Fractional bits of an inverse beyond `bits(damping:)`.
  ///
  /// Counts of one cell are strongly correlated: the inverse is small (1/100) in the direction they share and large
  /// (1 / damping) in others. With 10 bits alone its rounding would drown the small values and could turn their sign.
  static let fineBits = 11

  /// (covariance + damping · I)^−1, n × n, with `bits(damping:) + fineBits` fractional bits, each entry below 2^23.
  ///
  /// Cholesky factor L, its inverse column by column, then L^−T · L^−1. The matrix is positive definite by its damping,
  /// and entries of the inverse are at most 1 / damping. A pivot that rounding drove below the damping is lifted to it.
  /// - Parameters:
  ///   - covariance: n × n, symmetric, 16 fractional bits.
  ///   - damping: 16 fractional bits, positive.
  static func inverse(covariance: [Int64], n: Int, damping: Int) -> [Int64] {
    precondition(covariance.count == n * n && damping > 0)
    let lower = inverseFactor(factor(covariance, n: n, lift: Double(damping) / 65_536), n: n)
    var inverse = [Double](repeating: 0, count: n * n)
    for k in 0..<n {
      for i in 0...k {
        add(lower[k * n + i], lower.span.extracting(k * n..<k * n + i + 1), to: &inverse, at: i * n)
      }
    }
    let unit = Double(1 << (bits(damping: damping) + fineBits))
    let limit = Double(4_095 << fineBits)
    var result = [Int64](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        let scaled = inverse[i * n + j] * unit
        let rounded = Int64(max(-limit, min(limit, scaled < 0 ? scaled - 0.5 : scaled + 0.5)))
        result[i * n + j] = rounded
        result[j * n + i] = rounded
      }
    }
    return result
  }

  /// The Cholesky factor L of covariance + lift · I, n × n; above the diagonal there is nothing of meaning.
  ///
  /// Column by column: what a column takes from the ones behind it is subtracted at once, along their rows, so that every
  /// entry meets the same operations in the same order as in a sum over the columns before it.
  private static func factor(_ covariance: [Int64], n: Int, lift: Double) -> [Double] {
    var factor = covariance.map { Double($0) / 65_536 }
    for i in 0..<n { factor[i * n + i] += lift }
    var column = [Double](repeating: 0, count: n)
    for k in 0..<n {
      let pivot = (factor[k * n + k] > lift ? factor[k * n + k] : lift).squareRoot()
      factor[k * n + k] = pivot
      for i in k + 1..<max(n, k + 1) {
        column[i] = factor[i * n + k] / pivot
        factor[i * n + k] = column[i]
      }
      for i in k + 1..<max(n, k + 1) {
        add(-column[i], column.span.extracting(k + 1..<i + 1), to: &factor, at: i * n + k + 1)
      }
    }
    return factor
  }

  /// L^−1. Row i is made from the rows above it, so that inner loops run along rows.
  private static func inverseFactor(_ factor: [Double], n: Int) -> [Double] {
    var lower = [Double](repeating: 0, count: n * n)
    var row = [Double](repeating: 0, count: n)
    for i in 0..<n {
      for j in 0..<n { row[j] = 0 }
      for k in 0..<i {
        add(-factor[i * n + k], lower.span.extracting(k * n..<k * n + k + 1), to: &row, at: 0)
      }
      let pivot = factor[i * n + i]
      for j in 0..<i { lower[i * n + j] = row[j] / pivot }
      lower[i * n + i] = 1 / pivot
    }
    return lower
  }

  /// Adds `scale` times a row of numbers to those from `start` on.
  @inline(__always)
  private static func add(_ scale: Double, _ row: Span<Double>, to sums: inout [Double], at start: Int) {
    var all = sums.mutableSpan
    var part = all._mutatingExtracting(start..<start + row.count)
    for j in row.indices { part[j] += scale * row[j] }
  }
}
