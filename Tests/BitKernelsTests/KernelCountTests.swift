import BitKernels
import Plumbing
import Testing

/// The kernels on rows of counts, against plain loops.
@Suite struct KernelCountTests {
  @Test(arguments: edgeCounts) func addsRowsOfEveryLength(length: Int) {
    var generator = SeededGenerator(seed: 41, UInt64(length))
    for count in [0, 1, 3, 8] {
      let stride = length + 2
      let rows: [Int32] = randomValues(count * stride, in: Int(Int32.min)...Int(Int32.max), &generator)
      let start: [Int32] = randomValues(length, in: -9...9, &generator)
      let expected = (0..<length).map { i in (0..<count).reduce(Int32(0)) { $0 &+ rows[$1 * stride + i] } }
      expectEverywhere(expected, from: start, "\(count) rows of \(length)") {
        var own = $1._mutatingExtracting(0..<length)
        Kernels.addRows(rows.span, count: count, rowStride: stride, into: &own, using: $0)
      }
    }
  }

  @Test(arguments: edgeCounts) func sumsCountsOfEveryLength(length: Int) {
    var generator = SeededGenerator(seed: 42, UInt64(length))
    for count in [0, 1, 3, 8] {
      let stride = length + 1
      let counts: [Int32] = randomValues(count * stride, in: Int(Int32.min)...Int(Int32.max), &generator)
      let start: [Int64] = randomValues(length, in: -9...9, &generator)
      func expected(_ of: (Int64) -> Int64) -> [Int64] {
        start.indices.map { i in
          (0..<count).reduce(start[i]) { $0 &+ of(Int64(counts[$1 * stride + i])) }
        }
      }
      expectEverywhere(expected { $0 }, from: start, "\(count) sums of \(length)") {
        var squares = [Int64](repeating: 0, count: length)
        var own = $1._mutatingExtracting(0..<length)
        var other = squares.mutableSpan
        Kernels.sumCounts(
          counts.span, count: count, rowStride: stride, into: &own, squares: &other, using: $0)
      }
      expectEverywhere(expected { $0 * $0 }, from: start, "\(count) squares of \(length)") {
        var sums = [Int64](repeating: 0, count: length)
        var own = $1._mutatingExtracting(0..<length)
        var other = sums.mutableSpan
        Kernels.sumCounts(
          counts.span, count: count, rowStride: stride, into: &other, squares: &own, using: $0)
      }
    }
  }

  /// Means and inverses as they are, and (for 0) any at all, whose products wrap around.
  @Test(arguments: edgeCounts) func normalisesCountsOfEveryLength(length: Int) {
    var generator = SeededGenerator(seed: 43, UInt64(length))
    for (most, limit) in [(1 << 16, 2_047), (1 << 16, 0), (Int(Int32.max), 32_767), (0, 900)] {
      let counts: [Int32] = randomValues(length, in: 0...(most > 0 ? most >> 8 : Int(Int32.max)), &generator)
      func numbers() -> [Int64] {
        most > 0
          ? randomValues(length, in: 0...most, &generator)
          : (0..<length).map { _ in Int64(truncatingIfNeeded: generator.next()) }
      }
      let (mean, inverse) = (numbers(), numbers())
      let expected = (0..<length).map { i in
        let value = (((Int64(counts[i]) << 8) &- mean[i]) &* inverse[i]) >> 16
        return Int16(max(-Int64(limit), min(Int64(limit), value)))
      }
      expectEverywhere(expected, from: [Int16](repeating: 7, count: length), "\(length) up to \(most)") {
        var own = $1._mutatingExtracting(0..<length)
        Kernels.normaliseCounts(
          counts.span, mean: mean.span, inverse: inverse.span, limit: Int16(limit), into: &own, using: $0)
      }
    }
  }

  @Test(arguments: [0, 1, 7, 8, 9, 31, 32, 33, 65]) func transposesEveryShape(width: Int) {
    var generator = SeededGenerator(seed: 44, UInt64(width))
    for (count, stride) in [(0, 0), (0, 4), (1, 1), (5, 32), (8, 8), (17, 32), (32, 32), (33, 40)] {
      let rowStride = width + 3
      let rows: [Int16] = randomValues(count * rowStride, in: -30_000...30_000, &generator)
      let expected = (0..<width).flatMap { f in
        (0..<stride).map { i in i < count ? rows[i * rowStride + f] : 0 }
      }
      let start = [Int16](repeating: 7, count: width * stride)
      expectEverywhere(expected, from: start, "\(count) rows of \(width)") {
        Kernels.transposeValues(
          rows.span, count: count, rowStride: rowStride, width: width, into: &$1, stride: stride, using: $0)
      }
    }
  }

  @Test func rowsPastTheEndStopTheProcess() async {
    await #expect(processExitsWith: .failure) {
      let rows = [Int32](repeating: 0, count: 15)
      var sums = [Int32](repeating: 0, count: 4)
      var span = sums.mutableSpan
      Kernels.addRows(rows.span, count: 4, rowStride: 4, into: &span)
    }
  }
}
