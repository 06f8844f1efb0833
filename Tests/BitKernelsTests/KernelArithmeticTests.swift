import BitKernels
import Plumbing
import Testing
import _TestSupport

@Suite struct KernelArithmeticTests {
  @Test(arguments: [PoolOperation.or, .majority]) func poolsEveryEdge(operation: PoolOperation) {
    var generator = SeededGenerator(seed: 11)
    for rows in 0...5 {
      for columns in 0...5 {
        for (index, words) in [1, 2, 9].enumerated() {
          let fill = Fill.allCases[(rows + columns + index) % 4]
          let pooledColumns = (columns + 1) / 2, pooledRows = (rows + 1) / 2
          let from = GridLayout(offset: 1, rowStride: columns * (words + 1) + 2, columnStride: words + 1)
          let to = GridLayout(offset: 2, rowStride: pooledColumns * words + 1, columnStride: words)
          let input = fill.words(1 + rows * from.rowStride + words, &generator)
          let start = Fill.random.words(2 + pooledRows * to.rowStride + words, &generator)
          let pooled = ReferenceKernels.poolBits(
            input, from, rows: rows, columns: columns, words: words, operation: operation)
          var expected = start
          for (p, bits) in pooled.enumerated() {
            let place = to.offset + p / pooledColumns * to.rowStride + p % pooledColumns * to.columnStride
            for (j, word) in bits.enumerated() { expected[place + j] = word }
          }
          expectEverywhere(expected, from: start, "\(rows) x \(columns) x \(words), \(fill)") {
            Kernels.poolBits(
              input.span, from, rows: rows, columns: columns, words: words, operation: operation, into: &$1,
              to,
              using: $0)
          }
        }
      }
    }
  }

  @Test(arguments: filterCounts) func centresDistancesOfEveryNumber(filters: Int) {
    var generator = SeededGenerator(seed: 15, UInt64(filters))
    let stride = roundUp(filters, to: 32)
    for positions in [0, 1, 3, 33] {
      for (bound, middle) in [(0, 0), (600, 300), (65_535, 0), (65_535, 65_535), (40_000, 30_000)] {
        let start: [UInt16] = randomValues(positions * stride, in: 0...bound, &generator)
        var expected = start
        for p in 0..<positions {
          let row = start[p * stride..<p * stride + filters].map(Int.init)
          let mean = row.reduce(0, +) / filters
          for k in 0..<filters {
            expected[p * stride + k] = UInt16(min(65_535, max(0, row[k] + middle - mean)))
          }
        }
        expectEverywhere(expected, from: start, "\(positions) x \(filters), up to \(bound)") {
          Kernels.centreDistances(
            &$1, positions: positions, filters: filters, stride: stride, middle: UInt16(middle), using: $0)
        }
      }
    }
  }

  @Test(arguments: edgeCounts) func dotProductsOfEveryLength(length: Int) {
    var generator = SeededGenerator(seed: 12, UInt64(length))
    for (aRows, bRows) in [(1, 1), (1, 4), (3, 5), (4, 8), (5, 9)] {
      // 32767 * 2047 * 32 and 100 * 100 * 4096 are below 2^31.
      for (aBound, bBound, block) in [(32767, 2047, 32), (100, 100, 4096)] {
        let aStride = length + 1, bStride = length + 3, sumStride = bRows + 2
        let a: [Int16] = randomValues(aRows * aStride, in: -aBound...aBound, &generator)
        let b: [Int16] = randomValues(bRows * bStride, in: -bBound...bBound, &generator)
        let start: [Int64] = randomValues(aRows * sumStride, in: -9...9, &generator)
        var expected = start
        for m in 0..<aRows {
          for n in 0..<bRows {
            expected[m * sumStride + n] += ReferenceKernels.dot(
              a[m * aStride..<m * aStride + length], b[n * bStride..<n * bStride + length])
          }
        }
        expectEverywhere(expected, from: start, "\(aRows) x \(bRows) of \(length), block \(block)") {
          Kernels.dotMatrix(
            a.span, rows: aRows, stride: aStride, b.span, rows: bRows, stride: bStride, length: length,
            block: block, into: &$1, sumStride: sumStride, using: $0)
        }
      }
    }
  }

  /// The largest products in the widest block that 32 bits hold, all of one sign.
  @Test func dotProductsAtTheirBound() {
    let a = [Int16](repeating: 32767, count: 4 * 64), b = [Int16](repeating: -2047, count: 4 * 64)
    let expected = [Int64](repeating: -32767 * 2047 * 64, count: 16)
    expectEverywhere(expected, from: [Int64](repeating: 0, count: 16), "bound") {
      Kernels.dotMatrix(
        a.span, rows: 4, stride: 64, b.span, rows: 4, stride: 64, length: 64, block: 32, into: &$1,
        sumStride: 4, using: $0)
    }
  }

  @Test(arguments: edgeCounts) func combinesRowsOfEveryLength(length: Int) {
    var generator = SeededGenerator(seed: 13, UInt64(length))
    for count in [0, 1, 2, 3, 10] {
      let coefficients: [Int16] = randomValues(count, in: -5000...5000, &generator)
      let rows: [Int16] = randomValues(count * (length + 2), in: -32767...32767, &generator)
      let expected = (0..<length).map { i in
        coefficients.indices.reduce(Int32(0)) {
          $0 + Int32(coefficients[$1]) * Int32(rows[$1 * (length + 2) + i])
        }
      }
      let start = [Int32](repeating: -1, count: length)
      expectEverywhere(expected, from: start, "\(count) rows of \(length)") {
        Kernels.combineRows(
          coefficients.span, rows.span, rowStride: length + 2, length: length, into: &$1, using: $0)
      }
    }
  }

  @Test(arguments: edgeCounts) func weighsCountsOfEveryLength(length: Int) {
    var generator = SeededGenerator(seed: 14, UInt64(length))
    for classes in [0, 1, 3, 10] {
      let weights: [Int16] = randomValues(classes * length, in: -32767...32767, &generator)
      let counts: [Int32] = randomValues(
        length, in: Int(Int32.min)...Int(Int32.max), &generator)
      let start: [Int64] = randomValues(classes, in: -9...9, &generator)
      let expected = start.indices.map { c in
        counts.indices.reduce(start[c]) { $0 + Int64(weights[c * length + $1]) * Int64(counts[$1]) }
      }
      expectEverywhere(expected, from: start, "\(classes) classes of \(length)") {
        Kernels.weighCounts(weights.span, classes: classes, counts.span, into: &$1, using: $0)
      }
    }
  }

  @Test(arguments: edgeCounts) func rootsOfEveryLength(length: Int) {
    var generator = SeededGenerator(seed: 15, UInt64(length))
    let random: [Int32] = randomValues(length, in: -5...Int(Int32.max), &generator)
    let small: [Int32] = randomValues(length, in: 0...300, &generator)
    let ends: [Int32] = [0, 1, 2, 3, 4, .min, -1, 0xff_fffe, 0xff_ffff, 0x100_0000, .max]
    for counts in [random, small, Array(ends.prefix(length))] {
      let expected = counts.map { count in
        // Below 2^32 Double's root is exact.
        Int32((Double(min(max(count, 0), 0xff_ffff)) * 256).squareRoot())
      }
      expectEverywhere(expected, from: counts, "\(counts.count) roots") {
        var own = $1._mutatingExtracting(0..<counts.count)
        Kernels.rootCounts(&own, using: $0)
      }
    }
  }
}
