import BitKernels
import Plumbing
import Testing
import _TestSupport

/// A padded image's patches: windows of `window` x `window` positions of `words` words, all strides odd.
func patchCase(
  rows: Int, columns: Int, window: Int, words: Int, offset: Int, fill: Fill,
  _ generator: inout SeededGenerator
) -> (words: [UInt64], view: PatchView) {
  let position = words + 1
  let row = (columns + window - 1) * position + 2
  let view = PatchView(
    rows: rows, columns: columns, rowStride: row, columnStride: position, segments: window,
    segmentWords: (window - 1) * position + words, segmentStride: row, offset: offset)
  let count =
    offset + max(0, rows - 1) * row + max(0, columns - 1) * position + (window - 1) * row + view.segmentWords
  return (fill.words(count, &generator), view)
}

@Suite struct KernelProductTests {
  private func check(
    _ words: [UInt64], _ view: PatchView, stride: Int, filterFill: Fill = .random, maskFill: Fill,
    _ generator: inout SeededGenerator
  ) {
    let filters = filterFill.words(view.words * stride, &generator)
    let masks = maskFill.words(view.words * stride, &generator)
    let start = [UInt16](repeating: 7, count: view.positions * stride)
    let shape = "\(view), stride \(stride)"
    let plain = ReferenceKernels.hammingMatrix(words, view, filters: filters, stride: stride)
    expectEverywhere(plain, from: start, shape) { implementation, distances in
      Kernels.hammingMatrix(
        words.span, view, filters: filters.span, stride: stride, into: &distances, using: implementation)
    }
    let masked = ReferenceKernels.hammingMatrix(words, view, filters: filters, masks: masks, stride: stride)
    expectEverywhere(masked, from: start, shape) { implementation, distances in
      Kernels.maskedHammingMatrix(
        words.span, view, filters: filters.span, masks: masks.span, stride: stride, into: &distances,
        using: implementation)
    }
  }

  @Test(arguments: 1...7) func everyWindowOfAPaddedImage(window: Int) {
    var generator = SeededGenerator(seed: 1, UInt64(window))
    let maps = [(1, 1), (1, 5), (4, 1), (2, 3)]
    for (index, map) in maps.enumerated() {
      let fill = Fill.allCases[index]
      let (words, view) = patchCase(
        rows: map.0, columns: map.1, window: window, words: 1, offset: index, fill: fill, &generator)
      check(words, view, stride: 32, maskFill: Fill.allCases[(index + window) % 4], &generator)
    }
  }

  @Test(arguments: [32, 64, 128]) func everyFilterStride(stride: Int) {
    var generator = SeededGenerator(seed: 2, UInt64(stride))
    for fill in Fill.allCases {
      let (words, view) = patchCase(
        rows: 3, columns: 3, window: 3, words: 1, offset: 0, fill: fill, &generator)
      check(words, view, stride: stride, maskFill: .random, &generator)
    }
  }

  /// Byte sums hold 31 words and chunks 64, so patches around those lengths matter, and the longest allowed;
  /// ones against zeros make the sums as large as they can get.
  @Test(arguments: [1, 30, 31, 32, 33, 62, 63, 64, 65, 128, 129, 1023]) func everyPatchLength(length: Int) {
    var generator = SeededGenerator(seed: 3, UInt64(length))
    for fill in [Fill.ones, .random] {
      let view = PatchView(list: length < 200 ? 5 : 1, words: length, stride: length + 1, offset: 2)
      let words = fill.words(2 + (view.positions - 1) * (length + 1) + length, &generator)
      check(
        words, view, stride: 32, filterFill: fill == .ones ? .zeros : .random, maskFill: .ones, &generator)
    }
  }

  /// More than 16 positions and words and at least 128 filters: the tile whose filters are copied first.
  @Test func manyPositionsAndFilters() {
    var generator = SeededGenerator(seed: 4)
    let view = PatchView(list: 18, words: 17, stride: 17)
    check(Fill.random.words(18 * 17, &generator), view, stride: 128, maskFill: .random, &generator)
  }

  @Test func emptyPatchesAreAtDistanceZero() {
    let view = PatchView(list: 3, words: 0, stride: 0)
    expectEverywhere([UInt16](repeating: 0, count: 96), from: [UInt16](repeating: 9, count: 96), "empty") {
      implementation, distances in
      let none: [UInt64] = []
      Kernels.hammingMatrix(
        none.span, view, filters: none.span, stride: 32, into: &distances, using: implementation)
    }
  }

  @Test func noPatchesWriteNothing() {
    let view = PatchView(list: 0, words: 2, stride: 2)
    let filters = [UInt64](repeating: 1, count: 64)
    expectEverywhere([], from: [UInt16](), "no patches") { implementation, distances in
      let none: [UInt64] = []
      Kernels.hammingMatrix(
        none.span, view, filters: filters.span, stride: 32, into: &distances, using: implementation)
    }
  }

  @Test func aPatchPastTheEndStopsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      let words = [UInt64](repeating: 0, count: 17), filters = [UInt64](repeating: 0, count: 9 * 32)
      var distances = [UInt16](repeating: 0, count: 64)
      var span = distances.mutableSpan
      Kernels.hammingMatrix(
        words.span, PatchView(list: 2, words: 9, stride: 9), filters: filters.span, stride: 32, into: &span)
    }
  }
}
