// The inverse covariance of the head against Gauss and Jordan in Double.

import Plumbing
import Testing

@testable import FilterLearning

/// The inverse by elimination with pivoting, n × n.
private func plainInverse(_ matrix: [Double], _ n: Int) -> [Double] {
  var rows = (0..<n).map { i in Array(matrix[i * n..<(i + 1) * n]) + (0..<n).map { $0 == i ? 1 : 0 } }
  for column in 0..<n {
    let pivot = (column..<n).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
    rows.swapAt(column, pivot)
    let scale = rows[column][column]
    rows[column] = rows[column].map { $0 / scale }
    for i in 0..<n where i != column && rows[i][column] != 0 {
      let factor = rows[i][column]
      for j in 0..<2 * n { rows[i][j] -= factor * rows[column][j] }
    }
  }
  return rows.flatMap { $0[n...] }
}

@Suite struct HeadSolveTests {
  /// The covariance of `samples` vectors whose entries share `shared` of 256 parts, 16 fractional bits.
  private func covariance(_ n: Int, samples: Int, shared: Int, seed: UInt64) -> [Int64] {
    var generator = SeededGenerator(seed: seed)
    var sums = [Int64](repeating: 0, count: n * n)
    for _ in 0..<samples {
      let common = generator.below(887) - 443
      let z = (0..<n).map { _ in
        Int64((common * shared + (generator.below(887) - 443) * (256 - shared)) / 256)
      }
      for i in 0..<n {
        for j in 0..<n { sums[i * n + j] += z[i] * z[j] }
      }
    }
    return sums.map { $0 / Int64(samples) }
  }

  private let dampings = [66, 655, 6_554, 19_661, 65_536, 6_553_600]

  @Test(arguments: [1, 2, 3, 16, 33, 64]) func invertsWhatItIsGiven(n: Int) {
    for (shared, samples) in [(0, 4 * n), (0, max(1, n / 4)), (200, 2 * n + 10), (250, 3 * n), (256, 40)] {
      let matrix = covariance(n, samples: samples, shared: shared, seed: UInt64(n + shared))
      for damping in dampings {
        let unit = Double(1 << (HeadSolve.bits(damping: damping) + HeadSolve.fineBits))
        let found = HeadSolve.inverse(covariance: matrix, n: n, damping: damping)
        var damped = matrix.map { Double($0) / 65_536 }
        for i in 0..<n { damped[i * n + i] += Double(damping) / 65_536 }
        let exact = plainInverse(damped, n)
        // Rounded to the nearest unit; the matrix is good to far better than that.
        let worst = zip(found, exact).map { abs(Double($0) - $1 * unit) }.max() ?? 0
        #expect(worst <= 0.51, "n \(n), shared \(shared), damping \(damping): off by \(worst) units")
        var residual = 0.0
        for i in 0..<n {
          for j in 0..<n {
            var sum = i == j ? -1.0 : 0.0
            for k in 0..<n { sum += damped[i * n + k] * Double(found[k * n + j]) / unit }
            residual = max(residual, abs(sum))
          }
        }
        // Each entry is off by half a unit at most, so a row of A·X by half a unit times the row's sum.
        let rowSum = (0..<n).map { i in (0..<n).reduce(0.0) { $0 + abs(damped[i * n + $1]) } }.max() ?? 0
        #expect(residual <= 0.51 * rowSum / unit + 1e-9, "n \(n), shared \(shared), damping \(damping)")
        for i in 0..<n {
          for j in 0..<i { #expect(found[i * n + j] == found[j * n + i]) }
          #expect(found[i * n + i] > 0)
        }
      }
    }
  }

  @Test func entriesStayBelowTheirBoundForEveryDamping() {
    for damping in [1, 2, 15, 16, 31, 32, 33, 65, 66, 100, 1_000, 65_535, 65_536, 1 << 20, 6_553_600] {
      let bits = HeadSolve.bits(damping: damping)
      #expect((0...15).contains(bits))
      // 1 / damping is the largest entry there can be: that of no covariance at all.
      if damping >= 33 {
        #expect((1 << bits) * 65_536 <= 4_095 * damping, "damping \(damping)")
        if bits < 15 {
          #expect((4 << bits) * 65_536 > 4_095 * damping, "damping \(damping): bits are given away")
        }
      }
      let found = HeadSolve.inverse(covariance: [Int64](repeating: 0, count: 9), n: 3, damping: damping)
      for value in found { #expect(abs(value) <= 4_095 << Int64(HeadSolve.fineBits)) }
      // Both halves fit the products they are made for.
      for value in found {
        #expect((-4_096...4_095).contains(value >> Int64(HeadSolve.fineBits)))
      }
    }
  }

  @Test func anIndefiniteMatrixStaysHarmless() {
    // Rounding can make what is called a covariance indefinite: pivots are lifted, entries stay in range.
    let found = HeadSolve.inverse(covariance: [0, 1 << 22, 1 << 22, 0], n: 2, damping: 66)
    for value in found { #expect(abs(value) <= 4_095 << Int64(HeadSolve.fineBits)) }
  }
}
