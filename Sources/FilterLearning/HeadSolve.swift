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
    let lift = Double(damping) / 65_536
    var factor = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        var sum = Double(covariance[i * n + j]) / 65_536
        if i == j { sum += lift }
        for k in 0..<j { sum -= factor[i * n + k] * factor[j * n + k] }
        if i == j {
          factor[i * n + i] = (sum > lift ? sum : lift).squareRoot()
        } else {
          factor[i * n + j] = sum / factor[j * n + j]
        }
      }
    }
    // Row i of `lower` is row i of L^−1, built from the rows above it, so that inner loops run along rows.
    var lower = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for k in 0..<i {
        let scale = factor[i * n + k]
        for j in 0...k { lower[i * n + j] -= scale * lower[k * n + j] }
      }
      let pivot = factor[i * n + i]
      for j in 0..<i { lower[i * n + j] /= pivot }
      lower[i * n + i] = 1 / pivot
    }
    var inverse = [Double](repeating: 0, count: n * n)
    for k in 0..<n {
      for i in 0...k {
        let scale = lower[k * n + i]
        for j in 0...i { inverse[i * n + j] += scale * lower[k * n + j] }
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
}
