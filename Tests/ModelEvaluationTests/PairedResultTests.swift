// The exact McNemar test against sums of whole numbers and against published values; the curve of rejected answers
// against counting.

import ModelEvaluation
import Testing

@Suite struct PairedResultTests {
  private func result(_ first: Int, _ second: Int) -> PairedResult {
    PairedResult(both: 5, onlyFirst: first, onlySecond: second, neither: 7)
  }

  /// 2 Σ C(n, i) over i up to k, of 2^n, in whole numbers.
  private func exact(_ n: Int, _ k: Int) -> Double {
    var row: [UInt128] = [1]
    for _ in 0..<n { row = zip([0] + row, row + [0]).map { $0 + $1 } }
    let tail = 2 * row[0...k].reduce(0, +)
    return min(1, Double(tail) / Double(UInt128(1) << UInt128(n)))
  }

  @Test func asInWholeNumbers() {
    for n in 0...100 {
      for k in 0...n / 2 {
        let (p, other) = (result(k, n - k).pValue, result(n - k, k).pValue)
        #expect(p == other && abs(p - exact(n, k)) <= 1e-12 * exact(n, k), "\(k) of \(n): \(p)")
      }
    }
  }

  /// Values of SciPy's binomtest(k, n).pvalue.
  @Test(arguments: [
    (4, 22, 0.004343509674072266), (10, 20, 1), (0, 10, 0.001953125), (9, 30, 0.042773945257067694),
    (120, 299, 0.0007683791632893485), (480, 1000, 0.2174482932041415), (4800, 10_000, 6.593515598672343e-05),
  ])
  func asSciPy(k: Int, n: Int, p: Double) {
    #expect(abs(result(k, n - k).pValue / p - 1) < 1e-9, "\(result(k, n - k).pValue)")
  }

  @Test func extremes() {
    #expect(result(0, 0).pValue == 1 && result(1, 1).pValue == 1 && result(0, 1).pValue == 1)
    #expect(result(0, 5000).pValue == 0 || result(0, 5000).pValue < 1e-300)
    let balanced = result(499_990, 500_010).pValue
    #expect(balanced > 0.9 && balanced <= 1)
  }

  @Test func countsPairs() {
    let result = PairedResult([true, true, false, false, true], [true, false, true, false, false])
    #expect(result == PairedResult(both: 1, onlyFirst: 2, onlySecond: 1, neither: 1))
    #expect(result.gain == -0.2 && result.images == 5)
  }

  @Test func rejectionAsByCounting() throws {
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for images in [1, 2, 9, 500, 3000] {
      // Few different shares, so that many are equal.
      let shares = (0..<images).map { _ in next(40) * 25_000 }
      let right = shares.map { next(1_000_000) < $0 }
      let curve = try #require(RejectionCurve(shares: shares, right: right))
      #expect(curve.images == images && curve.points[0].answered == images && curve.points[0].leastShare == 0)
      for (point, later) in zip(curve.points, curve.points.dropFirst()) {
        #expect(later.answered < point.answered && later.leastShare > point.leastShare)
      }
      for point in curve.points {
        let answered = shares.indices.filter { shares[$0] >= point.leastShare }
        #expect(point.answered == answered.count && point.correct == answered.count { right[$0] })
      }
      #expect(curve.points(rejecting: [0, 0, 0]).count == 1)
    }
    #expect(RejectionCurve(shares: [], right: []) == nil)
  }
}
