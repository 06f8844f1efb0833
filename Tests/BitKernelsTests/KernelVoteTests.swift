import BitKernels
import Plumbing
import Testing
import _TestSupport

@Suite struct KernelVoteTests {
  @Test(arguments: filterCounts) func votesOfEveryFilterCount(filters: Int) {
    var generator = SeededGenerator(seed: 5, UInt64(filters))
    let stride = roundUp(filters, to: 32)
    for fill in Fill.allCases {
      checkVotes(filters: filters, stride: stride, bitCount: 64, rows: 2, fill: fill, &generator)
    }
  }

  /// Tiles take 31 or 32 rows.
  @Test(arguments: [0, 1, 30, 31, 32, 33, 63, 64, 65]) func votesOfEveryRowCount(rows: Int) {
    var generator = SeededGenerator(seed: 6, UInt64(rows))
    for fill in Fill.allCases {
      checkVotes(filters: 3, stride: 32, bitCount: 128, rows: rows, fill: fill, &generator)
    }
  }

  private func checkVotes(
    filters: Int, stride: Int, bitCount: Int, rows: Int, fill: Fill, _ generator: inout SeededGenerator
  ) {
    // All active and all agreeing makes byte sums as large as they can get.
    let others = fill == .ones ? Fill.ones : .random
    let active = fill.words(rows * stride, &generator), sign = others.words(rows * stride, &generator)
    let bits = others.words(rows * bitCount, &generator)
    let start: [Int32] = randomValues(filters * bitCount, in: -1000...1000, &generator)
    let votes = ReferenceKernels.voteMatrix(
      active: active, sign: sign, filters: filters, stride: stride, bits: bits, bitCount: bitCount, rows: rows
    )
    expectEverywhere(zip(start, votes).map(+), from: start, "\(filters) filters, \(rows) rows, \(fill)") {
      Kernels.voteMatrix(
        active: active.span, sign: sign.span, filters: filters, stride: stride, bits: bits.span,
        bitCount: bitCount, rows: rows, into: &$1, using: $0)
    }
  }

  @Test(arguments: edgeCounts) func positionalPopcounts(count: Int) {
    var generator = SeededGenerator(seed: 7, UInt64(count))
    for fill in Fill.allCases {
      for words in [1, 3, 8, 9] {
        let rows = fill.words(count * (words + 1), &generator)
        let start: [UInt32] = randomValues(64 * words, in: 0...1000, &generator)
        let counts = ReferenceKernels.positionalPopcount(
          rows, count: count, rowStride: words + 1, words: words)
        expectEverywhere(zip(start, counts).map(+), from: start, "\(count) rows of \(words), \(fill)") {
          Kernels.positionalPopcount(
            rows.span, count: count, rowStride: words + 1, words: words, into: &$1, using: $0)
        }
      }
    }
  }

  @Test(arguments: Fill.allCases) func transposes(fill: Fill) {
    var generator = SeededGenerator(seed: 8)
    for (rows, columns, window, words) in [(1, 1, 1, 1), (7, 10, 3, 1), (8, 8, 1, 17), (3, 43, 2, 1)] {
      let (input, view) = patchCase(
        rows: rows, columns: columns, window: window, words: words, offset: 3, fill: fill, &generator)
      for first in [0, 1, view.positions / 2, view.positions] {
        for count in Set([0, 1, 63, 64].map { min($0, view.positions - first) }) {
          let expected = ReferenceKernels.transposePatches(input, view, first: first, count: count)
          let start = Fill.random.words(expected.count, &generator)
          expectEverywhere(expected, from: start, "\(view) from \(first), \(count)") {
            Kernels.transposePatches(input.span, view, first: first, count: count, into: &$1, using: $0)
          }
        }
      }
    }
  }

  @Test func transposingTwiceGivesTheWordsBack() {
    var generator = SeededGenerator(seed: 9)
    let words = Fill.random.words(64, &generator)
    let view = PatchView(list: 64, words: 1, stride: 1)
    expectEverywhere(words, from: words, "twice") { implementation, transposed in
      var once = [UInt64](repeating: 0, count: 64)
      var span = once.mutableSpan
      Kernels.transposePatches(words.span, view, first: 0, count: 64, into: &span, using: implementation)
      Kernels.transposePatches(once.span, view, first: 0, count: 64, into: &transposed, using: implementation)
    }
  }
}
