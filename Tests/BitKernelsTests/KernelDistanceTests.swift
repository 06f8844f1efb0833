import BitKernels
import Plumbing
import Testing
import _TestSupport

@Suite struct KernelDistanceTests {
  private static let bounds = [1, 40, 65535]

  @Test(arguments: filterCounts) func packsEveryFilterCount(filters: Int) {
    for (index, positions) in [0, 1, 2, 5, 49].enumerated() {
      check(filters: filters, positions: positions, bound: Self.bounds[index % 3], seed: UInt64(index))
    }
  }

  @Test(arguments: edgeCounts) func packsEveryPositionCount(positions: Int) {
    for bound in Self.bounds { check(filters: 65, positions: positions, bound: bound, seed: 9) }
  }

  private func check(filters: Int, positions: Int, bound: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: 10, UInt64(filters), UInt64(positions), UInt64(bound), seed)
    let stride = roundUp(filters, to: 32), words = wordCount(bits: filters), gap = words + 1, offset = 2
    let distances: [UInt16] = randomValues(positions * stride, in: 0...bound, &generator)
    var lowest: [UInt16] = randomValues(filters, in: 0...bound, &generator)
    var highest: [UInt16] = randomValues(filters, in: 0...bound, &generator)
    lowest[0] = 0
    highest[filters - 1] = UInt16(bound)
    let zeros = [UInt16](repeating: 0, count: filters)
    let start = Fill.random.words(offset + positions * gap, &generator)
    let shape = "\(positions) positions, \(filters) filters, up to \(bound)"

    func expected(_ lowest: [UInt16]) -> [UInt64] {
      let packed = ReferenceKernels.rangePack(
        distances, positions: positions, filters: filters, stride: stride, lowest: lowest, highest: highest)
      var words = start
      for (p, bits) in packed.enumerated() {
        for (j, word) in bits.enumerated() { words[offset + p * gap + j] = word }
      }
      return words
    }
    expectEverywhere(expected(zeros), from: start, shape) {
      Kernels.thresholdPack(
        distances.span, positions: positions, filters: filters, stride: stride, thresholds: highest.span,
        into: &$1, offset: offset, wordStride: gap, using: $0)
    }
    expectEverywhere(expected(lowest), from: start, shape) {
      Kernels.rangePack(
        distances.span, positions: positions, filters: filters, stride: stride, lowest: lowest.span,
        highest: highest.span, into: &$1, offset: offset, wordStride: gap, using: $0)
    }

    counts(distances, positions: positions, filters: filters, stride: stride, highest, lowest, &generator)
  }

  /// Several features of every filter, on both sides of its thresholds.
  private func counts(
    _ distances: [UInt16], positions: Int, filters: Int, stride: Int, _ highest: [UInt16], _ lowest: [UInt16],
    _ generator: inout SeededGenerator
  ) {
    let cases: [([UInt16], UInt32)] = [(highest, 0), (highest + lowest, 2), (lowest + highest + lowest, 5)]
    for (thresholds, far) in cases {
      let shape = "\(positions) positions, \(filters) filters, far \(far)"
      let counts: [Int32] = randomValues(thresholds.count, in: -5...5, &generator)
      func sums(_ amount: (Int32, Int32) -> Int32) -> [Int32] {
        var sums: [Int32] = []
        for feature in 0..<thresholds.count / filters {
          let isFar: Bool = (far >> UInt32(feature)) & 1 == 1
          let own = Array(thresholds[feature * filters..<(feature + 1) * filters])
          sums += ReferenceKernels.sumOverPositions(
            distances, positions: positions, filters: filters, stride: stride, thresholds: own
          ) { isFar ? amount($1, $0) : amount($0, $1) }
        }
        return sums
      }
      expectEverywhere(zip(counts, sums { $0 <= $1 ? 1 : 0 }).map(+), from: counts, shape) {
        Kernels.countFeatures(
          distances.span, positions: positions, filters: filters, stride: stride, thresholds: thresholds.span,
          far: far, into: &$1, using: $0)
      }
      let largest = distances.max() ?? 0
      expectEverywhere(zip(counts, sums { max(0, $1 - $0) }).map(+), from: counts, shape) {
        Kernels.countMargins(
          distances.span, positions: positions, filters: filters, stride: stride, thresholds: thresholds.span,
          far: far, largest: largest, into: &$1, using: $0)
      }
    }
  }

  /// Sixteen-bit sums overflow here unless they are emptied in time.
  @Test func moreFeaturesThanSixteenBitsHold() {
    let positions = 65535 + 65535 + 3, distances = [UInt16](repeating: 4, count: 32 * positions)
    let thresholds = [UInt16](repeating: 4, count: 2)
    expectEverywhere([Int32(positions), Int32(positions)], from: [0, 0], "many positions") {
      Kernels.countFeatures(
        distances.span, positions: positions, filters: 2, stride: 32, thresholds: thresholds.span, into: &$1,
        using: $0)
    }
  }
}
