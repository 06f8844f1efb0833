// Counting values: against counting one by one, the merge law, and thresholds at known quantiles.

import ImageEncoding
import Plumbing
import Testing

@Suite struct EncodingHistogramTests {
  static let shape = ImageShape(width: 7, height: 5, channels: 3)
  static let spec = EncoderSpec(
    signals: [
      SignalSpec(source: .channels, window: 3, levels: 4),
      SignalSpec(source: .opponents, window: 0, levels: 5),
      SignalSpec(source: .mean, window: 15, levels: 2),
    ], pyramid: true)

  func histogram(_ images: [[UInt8]], spec: EncoderSpec = spec, shape: ImageShape = shape, levels: Int = 3)
    throws
    -> EncodingHistogram
  {
    var histogram = try EncodingHistogram(spec: spec, shape: shape, pyramidLevels: levels)
    let workspace = EncoderWorkspace(shape: shape)
    for image in images { histogram.add(image.span, workspace: workspace) }
    return histogram
  }

  @Test func countsEveryValueOnce() throws {
    // Signals, their smallest value and number of bins, from the formulas: 8 * 255 each way, 255 and 510 each way,
    // and 224 * 765 each way in bins of 8 values.
    let signals: [(SignalSpec, index: Int, lowest: Int, shift: Int, bins: Int)] =
      (0..<3).map { (Self.spec.signals[0], $0, -2040, 0, 4081) } + [
        (Self.spec.signals[1], 0, -255, 0, 511), (Self.spec.signals[1], 1, -510, 0, 1021),
        (Self.spec.signals[2], 0, -171_360, 3, 42_841),
      ]
    let image = randomPixels(Self.shape, seed: 3)
    var expected: [Int64] = []
    var (pixels, shape) = (image, Self.shape)
    for _ in 0..<3 {
      for (signal, index, lowest, shift, bins) in signals {
        var counts = [Int64](repeating: 0, count: bins)
        for y in 0..<shape.height {
          for x in 0..<shape.width {
            counts[(referenceValue(pixels, shape, signal, index: index, y: y, x: x) - lowest) >> shift] += 1
          }
        }
        expected += counts
      }
      (pixels, shape) = halve(pixels: pixels, shape: shape)
    }
    #expect(try histogram([image]).counts == expected)
  }

  @Test func countsOfPartsAddUp() throws {
    let images = (0..<9).map { randomPixels(Self.shape, seed: $0) }
    let whole = try histogram(images)
    var merged = try histogram(Array(images[6...]))
    merged.merge(try histogram(Array(images[..<1])))
    merged.merge(try histogram([]))
    merged.merge(try histogram(Array(images[1..<6])))
    #expect(merged == whole && whole.counts.reduce(0, +) == 9 * 6 * (35 + 12 + 4))
  }

  @Test func thresholdsOfAKnownDistribution() throws {
    // One pixel of each of the values 0 to 255: threshold i of n has ceil((i + 1) * 256 / (n + 1)) values below or at.
    let shape = ImageShape(width: 16, height: 16, channels: 1)
    for (levels, expected) in [(1, [127]), (3, [63, 127, 191]), (4, [51, 102, 153, 204]), (2, [85, 170])] {
      let spec = EncoderSpec(
        signals: [SignalSpec(source: .channels, window: 0, levels: levels)], pyramid: false)
      let counts = try histogram([(0..<256).map { UInt8($0) }], spec: spec, shape: shape, levels: 1).counts
      let encoder = try ImageEncoder(spec: spec, shape: shape, pyramidLevels: 1, counts: counts)
      #expect(encoder.thresholds == [[expected.map { Int32($0) }]])
    }
  }

  @Test func thresholdsFollowTheDefinitionOnRandomImages() throws {
    let images = (0..<4).map { randomPixels(Self.shape, seed: UInt64($0)).map { $0 / 9 } }
    let encoder = try ImageEncoder(
      spec: Self.spec, shape: Self.shape, pyramidLevels: 3, counts: histogram(images).counts)
    var (current, shape) = (images, Self.shape)
    for level in 0..<3 {
      var number = 0
      for signal in Self.spec.signals {
        for index in 0..<signal.signals(channels: 3) {
          let values = current.flatMap { image in
            (0..<shape.height).flatMap { y in
              (0..<shape.width).map { referenceValue(image, shape, signal, index: index, y: y, x: $0) }
            }
          }
          for (i, threshold) in encoder.thresholds[level][number].enumerated() {
            let n = signal.levels
            let wanted = ((i + 1) * values.count + n) / (n + 1)
            func atOrBelow(_ t: Int) -> Int { values.count { $0 <= t } }
            #expect(atOrBelow(Int(threshold)) >= wanted)
            // Bins of window 15 hold 8 values, so the next smaller threshold is 8 less.
            #expect(atOrBelow(Int(threshold) - (signal.window == 15 ? 8 : 1)) < wanted)
          }
          number += 1
        }
      }
      current = current.map { halve(pixels: $0, shape: shape).pixels }
      shape = shape.halved
    }
  }

  @Test func imagesOfOneValueGiveEqualThresholdsAndNoBits() throws {
    let spec = EncoderSpec(signals: [SignalSpec(source: .channels, window: 0, levels: 64)], pyramid: false)
    let image = [UInt8](repeating: 9, count: Self.shape.pixels)
    let encoder = try ImageEncoder(
      spec: spec, shape: Self.shape, pyramidLevels: 1,
      counts: histogram([image], spec: spec, levels: 1).counts)
    #expect(
      encoder.thresholds
        == [[[Int32]]](repeating: [[Int32]](repeating: [Int32](repeating: 9, count: 64), count: 3), count: 1))
    let count = Self.shape.width * Self.shape.height * 3
    var words = [UInt64](repeating: 1, count: count)
    func encode(_ value: UInt8) {
      var span = words.mutableSpan
      encoder.encode(
        [UInt8](repeating: value, count: Self.shape.pixels).span, level: 0, into: &span, offset: 0,
        rowStride: 3 * Self.shape.width, columnStride: 3, workspace: EncoderWorkspace(shape: Self.shape))
    }
    encode(9)
    #expect(words == [UInt64](repeating: 0, count: count))
    encode(10)
    #expect(words == [UInt64](repeating: ~0, count: count))
  }

  @Test func countsThatDoNotBelong() throws {
    func code(_ change: (inout [Int64]) -> Void) throws -> ImageEncodingError.Code? {
      var counts = try histogram([randomPixels(Self.shape, seed: 1)]).counts
      change(&counts)
      return encodingError {
        _ = try ImageEncoder(spec: Self.spec, shape: Self.shape, pyramidLevels: 3, counts: counts)
      }?.code
    }
    #expect(try code { _ in } == nil)
    #expect(try code { $0.removeLast() } == .badCounts)
    #expect(try code { $0.append(0) } == .badCounts)
    #expect(try code { $0[5] = -1 } == .badCounts)
    #expect(try code { $0[5] = .max } == .badCounts)
    #expect(
      try code {
        $0[5] = 1 << 55; $0[6] = 1 << 55
      } == .badCounts)
    #expect(try code { $0[5] = 1 << 55 } == nil)
    #expect(try code { counts in for i in counts.indices { counts[i] = 0 } } == .badCounts)
  }
}
