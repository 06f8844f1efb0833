import BitKernels
import Plumbing
import Testing
import _TestSupport

/// The two kernels around learning's inputs: thermometer codes of signals, and patches sorted by nearest filter.
@Suite struct KernelSignalTests {
  /// The value of a signal at a pixel by its definition: every pixel of the window clamped into the image.
  private func value(
    _ signal: SignalCode, _ pixels: [UInt8], rows: Int, columns: Int, channels: Int, y: Int, x: Int
  ) -> Int {
    func number(_ y: Int, _ x: Int) -> Int {
      let at = (min(max(y, 0), rows - 1) * columns + min(max(x, 0), columns - 1)) * channels
      return (0..<channels).reduce(0) { $0 + Int(signal.coefficients[$1]) * Int(pixels[at + $1]) }
    }
    if signal.window == 0 { return number(y, x) }
    let radius = signal.window / 2
    var result = 0
    for dy in -radius...radius {
      for dx in -radius...radius { result += number(y, x) - number(y + dy, x + dx) }
    }
    return result
  }

  @Test(arguments: [0, 3, 5, 9, 15], [1, 16, 17, 40]) func codesAreThermometers(window: Int, columns: Int) {
    var generator = SeededGenerator(seed: 21, UInt64(window), UInt64(columns))
    let rows = 6
    for channels in 1...4 {
      let pixels: [UInt8] = randomValues(rows * columns * channels, in: 0...255, &generator)
      for (levels, firstBit, gap) in [(1, 0, 0), (8, 60, 0), (64, 0, 0), (64, 1, 1), (33, 64, 2)] {
        let reach = (window + 1) * 300
        let thresholds = (0..<levels).map { _ in Int32(generator.below(2 * reach) - reach) }.sorted()
        let signal = SignalCode(
          coefficients: randomValues(channels, in: -2...2, &generator), window: window,
          thresholds: thresholds,
          firstBit: firstBit)
        let pixelWords = wordCount(bits: firstBit + levels)
        let layout = GridLayout(
          offset: 3, rowStride: columns * (pixelWords + gap) + 1, columnStride: pixelWords + gap)
        let start = Fill.random.words(3 + rows * layout.rowStride, &generator)
        var expected = start
        for y in 0..<rows {
          for x in 0..<columns {
            let value = value(signal, pixels, rows: rows, columns: columns, channels: channels, y: y, x: x)
            let at = layout.offset + y * layout.rowStride + x * layout.columnStride
            for (t, threshold) in thresholds.enumerated() {
              let bit = firstBit + t
              if bit % 64 == 0 { expected[at + bit / 64] = 0 }
              if value > Int(threshold) { expected[at + bit / 64] |= 1 << UInt64(bit % 64) }
            }
          }
        }
        expectEverywhere(expected, from: start, "window \(window), \(channels) channels, bit \(firstBit)") {
          var scratch = [Int32](
            repeating: -7, count: SignalCode.scratch(width: columns, height: rows, channels: channels))
          var memory = scratch.mutableSpan
          Kernels.encodeSignal(
            signal, pixels: pixels.span, rows: rows, columns: columns, channels: channels, scratch: &memory,
            into: &$1, layout, using: $0)
        }
      }
    }
  }

  @Test(arguments: [3, 5, 9, 15], [1, 16, 17, 40]) func kernelsWeighThePixelsAround(window: Int, columns: Int)
  {
    var generator = SeededGenerator(seed: 23, UInt64(window), UInt64(columns))
    let (rows, radius) = (6, window / 2)
    for channels in 1...4 {
      let pixels: [UInt8] = randomValues(rows * columns * channels, in: 0...255, &generator)
      let factors: [Int16] = randomValues(window * window * channels, in: -20...20, &generator)
      var numbers: [Int32] = []
      for y in 0..<rows {
        for x in 0..<columns {
          var number = 0
          for (i, factor) in factors.enumerated() {
            let (dy, dx) = (i / channels / window - radius, i / channels % window - radius)
            let row = min(max(y + dy, 0), rows - 1), column = min(max(x + dx, 0), columns - 1)
            number += Int(factor) * Int(pixels[(row * columns + column) * channels + i % channels])
          }
          numbers.append(Int32(number))
        }
      }
      let signal = SignalCode(
        factors: factors, window: window, thresholds: [-5000, -100, 0, 7, 9000], firstBit: 62)
      let layout = GridLayout(offset: 0, rowStride: 2 * columns, columnStride: 2)
      let codes = numbers.flatMap { number -> [UInt64] in
        let bits = signal.thresholds.map { number > $0 ? 1 : 0 as UInt64 }
        return [bits[0] << 62 | bits[1] << 63, bits[2] | bits[3] << 1 | bits[4] << 2]
      }
      let size = SignalCode.scratch(width: columns, height: rows, channels: channels)
      let shape = "window \(window), \(channels) channels, \(columns) columns"
      expectEverywhere(codes, from: codes.map { _ in 0 }, shape) {
        var scratch = [Int32](repeating: -7, count: size)
        var memory = scratch.mutableSpan
        Kernels.encodeSignal(
          signal, pixels: pixels.span, rows: rows, columns: columns, channels: channels, scratch: &memory,
          into: &$1, layout, using: $0)
      }
      for implementation in runnableKernels {
        var scratch = [Int32](repeating: -7, count: size)
        var plane = [Int32](repeating: -7, count: numbers.count + 16)
        var memory = scratch.mutableSpan
        var out = plane.mutableSpan
        Kernels.filterPixels(
          pixels.span, rows: rows, columns: columns, channels: channels, factors: factors.span,
          window: window,
          scratch: &memory, into: &out, using: implementation)
        #expect(Array(plane.prefix(numbers.count)) == numbers, "\(implementation.name): \(shape)")
      }
    }
  }

  @Test(arguments: filterCounts) func patchesGoToTheirNearestFilter(filters: Int) {
    var generator = SeededGenerator(seed: 22, UInt64(filters))
    let (words, view) = patchCase(
      rows: 5, columns: 13, window: 3, words: 2, offset: 1, fill: .random, &generator)
    let stride = roundUp(filters, to: 32)
    for (bound, capacity) in [(0, 3), (2, 5), (65_535, 100)] {
      let distances: [UInt16] = randomValues(view.positions * stride, in: 0...bound, &generator)
      for implementation in runnableKernels {
        var rows = [[[UInt64]]](repeating: [], count: filters)
        var sum: UInt64 = 0
        var expected = rows
        var expectedSum = 0
        for p in 0..<view.positions {
          let row = distances[p * stride..<p * stride + filters]
          let nearest = (row.min() ?? 0)
          expected[(row.firstIndex(of: nearest) ?? 0) - p * stride].append(
            ReferenceKernels.words(ReferenceKernels.patch(words, view, p)))
          expectedSum += Int(nearest)
        }
        var next = 0
        while next < view.positions {
          var fill = [UInt32](repeating: 0, count: filters)
          var buckets = [UInt64](repeating: 0, count: filters * capacity * view.words)
          let before = next
          var fillSpan = fill.mutableSpan
          var bucketSpan = buckets.mutableSpan
          next = Kernels.sortNearest(
            words.span, view, first: before, distances: distances.span, filters: filters, stride: stride,
            buckets: &bucketSpan, capacity: capacity, fill: &fillSpan, sum: &sum, using: implementation)
          #expect(next > before)
          // It goes on for as long as no bucket is full, and no longer.
          #expect(fill.filter { $0 == UInt32(capacity) }.count <= 1)
          #expect(next == view.positions || fill.contains(UInt32(capacity)))
          for k in 0..<filters {
            for row in 0..<Int(fill[k]) {
              let start = (k * capacity + row) * view.words
              rows[k].append(Array(buckets[start..<start + view.words]))
            }
          }
        }
        #expect(rows == expected, "\(implementation.name): \(filters) filters, distances to \(bound)")
        #expect(sum == UInt64(expectedSum))
      }
    }
  }
}
