// The only place in encoding that uses Double: the inverse square root of a covariance, in a fixed order of + − × ÷ √,
// so that its bits are the same on every machine. No fused multiply-add, no libm.

/// Finds the filters of ZCA whitening (Bell and Sejnowski, 1997; for patches Coates, Ng and Lee, 2011).
enum WhiteningSolve {
  /// Fraction of the mean eigenvalue that is added to each: what is weaker than this is noise and stays weak.
  static let damping = 0.03

  /// One filter a channel: the row of (covariance + damping · I)^−1/2 that belongs to the neighbourhood's centre, scaled
  /// so that its sizes add up to `WhiteningFilters.size`, as integers.
  /// - Returns: nil where the moments are those of no values at all.
  static func filters(_ moments: PixelMoments, window: Int, channels: Int) -> [[Int16]]? {
    let n = moments.sums.count
    var matrix = covariance(moments)
    let inverse = InverseRoot(&matrix, n: n, damping: damping)
    let centre = (window / 2 * window + window / 2) * channels
    var filters: [[Int16]] = []
    for c in 0..<channels {
      let row = inverse.row(centre + c)
      let size = sizes(row)
      guard size > 0, size.isFinite else { return nil }
      // Rounding towards zero keeps the sum of sizes below the limit.
      filters.append(row.map { Int16($0 / size * Double(WhiteningFilters.size)) })
    }
    return filters
  }

  /// One filter for every value of a window: the rows of (covariance + damping · I)^−1/2 of windows less their own mean,
  /// which adding the same to all values does not change. Each is scaled so that its sizes add up to nearly
  /// `WhiteningFilters.size`, as integers that add up to zero.
  /// - Returns: nil where the moments are those of no values at all.
  static func patchFilters(_ moments: PixelMoments) -> [[Int16]]? {
    let n = moments.sums.count
    var matrix = covarianceLessMean(moments)
    let inverse = InverseRoot(&matrix, n: n, damping: patchDamping)
    var filters: [[Int16]] = []
    for i in 0..<n {
      guard let filter = factors(inverse.row(i), balancedAt: i) else { return nil }
      filters.append(filter)
    }
    return filters
  }

  /// One filter for every principal component of windows less their own mean, the strongest first and without the last, which is the
  /// mean. Scaled as ``patchFilters(_:)``: what a component is divided by is left to its thresholds.
  /// - Returns: nil where the moments are those of no values at all.
  static func components(_ moments: PixelMoments) -> [[Int16]]? {
    let n = moments.sums.count
    var matrix = covarianceLessMean(moments)
    let (values, vectors) = eigen(&matrix, n: n)
    let order = values.indices.sorted { (values[$0], -$0) > (values[$1], -$1) }
    var filters: [[Int16]] = []
    for e in order.dropLast() {
      let vector = Array(vectors[e * n..<(e + 1) * n])
      var largest = 0
      for i in 0..<n where vector[i] * vector[i] > vector[largest] * vector[largest] { largest = i }
      // Either of a vector and its opposite is a component: the largest factor is positive.
      let sign = vector[largest] < 0 ? -1.0 : 1.0
      guard let filter = factors(vector.map { sign * $0 }, balancedAt: largest) else { return nil }
      filters.append(filter)
    }
    return filters
  }

  /// Weights of a window's values as integers that add up to zero and whose sizes add up to nearly `WhiteningFilters.size`.
  /// - Parameter i: the value whose factor makes good what rounding leaves.
  private static func factors(_ weights: [Double], balancedAt i: Int) -> [Int16]? {
    var row = weights
    let mean = mean(row[...])
    for j in row.indices { row[j] -= mean }
    let size = sizes(row)
    guard size > 0, size.isFinite else { return nil }
    // Rounding towards zero leaves less than one a factor.
    var filter = row.map { Int16($0 / size * Double(WhiteningFilters.size - row.count)) }
    let rest = Int(filter[i]) - filter.reduce(0) { $0 + Int($1) }
    guard let own = Int16(exactly: rest) else { return nil }
    filter[i] = own
    return filter
  }

  /// The covariance of windows less their own mean: M C M with M = I − 1/n.
  private static func covarianceLessMean(_ moments: PixelMoments) -> [Double] {
    let n = moments.sums.count
    var matrix = covariance(moments)
    // Off with the columns' means, then with the rows'.
    for _ in 0..<2 {
      for i in 0..<n {
        let mean = mean(matrix[i * n..<(i + 1) * n])
        for j in 0..<n { matrix[i * n + j] -= mean }
      }
      for i in 0..<n {
        for j in 0..<i { (matrix[i * n + j], matrix[j * n + i]) = (matrix[j * n + i], matrix[i * n + j]) }
      }
    }
    return matrix
  }

  /// Damping of patches, whose weakest directions are noise.
  static let patchDamping = 0.1

  private static func covariance(_ moments: PixelMoments) -> [Double] {
    let (sums, products) = (moments.sums, moments.products)
    let n = sums.count
    var matrix = [Double](repeating: 0, count: n * n)
    let count = Double(moments.samples)
    for i in 0..<n {
      for j in 0..<n {
        matrix[i * n + j] =
          Double(products[i * n + j]) / count - (Double(sums[i]) / count) * (Double(sums[j]) / count)
      }
    }
    return matrix
  }

  private static func mean(_ values: ArraySlice<Double>) -> Double {
    var sum = 0.0
    for value in values { sum += value }
    return sum / Double(values.count)
  }

  private static func sizes(_ values: [Double]) -> Double {
    var size = 0.0
    for value in values { size += value < 0 ? -value : value }
    return size
  }

  /// (matrix + damping · mean eigenvalue · I)^−1/2, row by row.
  private struct InverseRoot {
    let n: Int
    let scales: [Double]
    let vectors: [Double]

    /// Uses the matrix up.
    init(_ matrix: inout [Double], n: Int, damping: Double) {
      let (values, vectors) = eigen(&matrix, n: n)
      var total = 0.0
      for value in values { total += value }
      // Images of one colour have no covariance at all.
      let lift = damping * (total / Double(n)) + 1e-6
      scales = values.map { 1 / ((($0 > 0 ? $0 : 0) + lift).squareRoot()) }
      self.n = n
      self.vectors = vectors
    }

    func row(_ index: Int) -> [Double] {
      var row = [Double](repeating: 0, count: n)
      for e in 0..<n {
        let weight = scales[e] * vectors[e * n + index]
        for i in 0..<n { row[i] += weight * vectors[e * n + i] }
      }
      return row
    }
  }

  /// Eigenvalues and, as rows, eigenvectors of a symmetric matrix, by cyclic Jacobi rotations; the matrix is used up.
  static func eigen(_ a: inout [Double], n: Int) -> (values: [Double], vectors: [Double]) {
    var v = [Double](repeating: 0, count: n * n)
    for i in 0..<n { v[i * n + i] = 1 }
    var scale = 0.0
    for i in 0..<n { scale += a[i * n + i] * a[i * n + i] }
    for _ in 0..<30 {
      var off = 0.0
      for i in 0..<n {
        for j in 0..<i { off += a[i * n + j] * a[i * n + j] }
      }
      if off <= scale * 1e-18 { break }
      for p in 0..<n {
        for q in p + 1..<max(n, p + 1) {
          let apq = a[p * n + q]
          if apq * apq <= scale * 1e-26 { continue }
          let theta = (a[q * n + q] - a[p * n + p]) / (2 * apq)
          let root = (theta * theta + 1).squareRoot()
          let t = theta >= 0 ? 1 / (theta + root) : 1 / (theta - root)
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          rotate(&a, &v, n: n, p: p, q: q, cosine: c, sine: s)
        }
      }
    }
    return ((0..<n).map { a[$0 * n + $0] }, v)
  }

  /// One rotation in the plane of p and q: rows, then columns of the matrix, and the vectors' rows.
  private static func rotate(
    _ a: inout [Double], _ v: inout [Double], n: Int, p: Int, q: Int, cosine c: Double, sine s: Double
  ) {
    var m = a.mutableSpan
    for i in 0..<n {
      let (x, y) = (m[p * n + i], m[q * n + i])
      m[p * n + i] = c * x - s * y
      m[q * n + i] = s * x + c * y
    }
    for i in 0..<n {
      let (x, y) = (m[i * n + p], m[i * n + q])
      m[i * n + p] = c * x - s * y
      m[i * n + q] = s * x + c * y
    }
    var w = v.mutableSpan
    for i in 0..<n {
      let (x, y) = (w[p * n + i], w[q * n + i])
      w[p * n + i] = c * x - s * y
      w[q * n + i] = s * x + c * y
    }
  }
}
