import BitKernels
import Plumbing
import Testing
import _TestSupport

/// Values of windows in units of their contrast, and their codes.
@Suite struct KernelPatchTests {
  /// Floor of the square root, by trying.
  private func root(_ x: Int) -> Int {
    var r = Int(Double(x).squareRoot())
    while r * r > x { r -= 1 }
    while (r + 1) * (r + 1) <= x { r += 1 }
    return r
  }

  /// The value of a filter at a pixel by its definition.
  private func value(
    _ filter: [Int16], _ pixels: [UInt8], rows: Int, columns: Int, channels: Int, window: Int, y: Int, x: Int
  ) -> Int16 {
    let before = (window - 1) / 2
    let patch = (0..<filter.count).map { i -> Int in
      let row = min(max(y + i / channels / window - before, 0), rows - 1)
      let column = min(max(x + i / channels % window - before, 0), columns - 1)
      return Int(pixels[(row * columns + column) * channels + i % channels])
    }
    let n = filter.count
    let total = patch.reduce(0, +)
    let spread = n * patch.reduce(0) { $0 + $1 * $1 } - total * total
    let contrast = root(spread + 30 * n * n)
    let scale = (51_811 * n + contrast / 2) / contrast
    let sum = zip(filter, patch).reduce(0) { $0 + Int($1.0) * ($1.1 - 128) }
    return Int16(max(-32_767, min(32_767, ((sum >> 5) * scale) >> 12)))
  }

  @Test(arguments: [2, 3, 6, 7, 15], [1, 15, 16, 33]) func valuesAreThoseOfTheDefinition(
    window: Int, columns: Int
  ) {
    var generator = SeededGenerator(seed: 41, UInt64(window), UInt64(columns))
    let rows = 5
    for (channels, count) in [(1, 9), (2, 4), (3, 1)] {
      let n = window * window * channels
      let most = PatchFilters.largestSum / n
      // The last image's contrast is the largest there is, the first one's the smallest.
      for image in 0..<3 {
        let pixels: [UInt8] = (0..<rows * columns * channels).map { i in
          switch image {
          case 0: 200
          case 1: UInt8(generator.below(256))
          default: i / channels % 2 == 0 ? 0 : 255
          }
        }
        let factors: [[Int16]] = (0..<count).map { f in
          f == 0
            ? (0..<n).map { Int16($0 % 2 == 0 ? most : -most) }
            : randomValues(n, in: -most...most, &generator)
        }
        let filters = PatchFilters(factors: factors, window: window, channels: channels)
        let planeStride = rows * columns + 16
        let expected = factors.map { filter in
          (0..<rows * columns).map { p in
            value(
              filter, pixels, rows: rows, columns: columns, channels: channels, window: window,
              y: p / columns, x: p % columns)
          }
        }
        for implementation in runnableKernels {
          var scratch = [Int32](repeating: -7, count: filters.scratch(width: columns, height: rows))
          var planes = [Int16](repeating: -7, count: count * planeStride)
          var memory = scratch.mutableSpan
          var out = planes.mutableSpan
          Kernels.patchValues(
            pixels.span, rows: rows, columns: columns, filters: filters, scratch: &memory, into: &out,
            planeStride: planeStride, using: implementation)
          for f in 0..<count {
            #expect(
              Array(planes[f * planeStride..<f * planeStride + rows * columns]) == expected[f],
              "\(implementation.name): filter \(f) of image \(image), \(channels) channels")
          }
        }
      }
    }
  }

  @Test(arguments: [1, 16, 17, 40]) func codesAreThermometers(columns: Int) {
    var generator = SeededGenerator(seed: 42, UInt64(columns))
    let rows = 3
    for (count, levels, firstBit, gap) in [
      (1, 1, 0, 0), (36, 5, 0, 0), (7, 3, 59, 1), (4, 64, 17, 2), (1, 1, 63, 0), (108, 3, 130, 0),
    ] {
      let planeStride = rows * columns + 16
      let planes: [Int16] = randomValues(count * planeStride, in: -32_767...32_767, &generator)
      let thresholds = (0..<count).flatMap { _ -> [Int16] in
        randomValues(levels, in: -32_767...32_767, &generator).sorted()
      }
      let pixelWords = wordCount(bits: firstBit + count * levels)
      let layout = GridLayout(
        offset: 2, rowStride: columns * (pixelWords + gap) + 1, columnStride: pixelWords + gap)
      let start = Fill.random.words(2 + rows * layout.rowStride, &generator)
      var expected = start
      for p in 0..<rows * columns {
        let at = layout.offset + p / columns * layout.rowStride + p % columns * layout.columnStride
        for bit in firstBit..<64 * pixelWords {
          let i = bit - firstBit
          if bit % 64 == 0 { expected[at + bit / 64] = 0 }
          if i < thresholds.count, planes[i / levels * planeStride + p] > thresholds[i] {
            expected[at + bit / 64] |= 1 << UInt64(bit % 64)
          }
        }
      }
      expectEverywhere(expected, from: start, "\(count) values of \(levels) levels from bit \(firstBit)") {
        Kernels.encodePatches(
          planes.span, planeStride: planeStride, rows: rows, columns: columns, thresholds: thresholds.span,
          levels: levels, firstBit: firstBit, into: &$1, layout, using: $0)
      }
    }
  }
}
