// Whitening: eigenvectors that make the matrix again, sums that add, filters that take out what neighbours say.

import BitKernels
import Plumbing
import Testing

@testable import ImageEncoding

@Suite struct WhiteningTests {
  static let spec = EncoderSpec(
    signals: [
      SignalSpec(source: .mean, window: 0, levels: 2), SignalSpec(source: .whitened, window: 5, levels: 4),
    ],
    pyramid: true)
  static let shape = ImageShape(width: 16, height: 14, channels: 1)

  /// Images whose neighbouring pixels are much alike: sums of random steps along rows and columns.
  private func smooth(_ seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed, 0x736d)
    let rows = walk(Self.shape.height, &generator), columns = walk(Self.shape.width, &generator)
    return (0..<Self.shape.pixels).map { i in
      let value = 128 + rows[i / Self.shape.width] + columns[i % Self.shape.width] + generator.below(9) - 4
      return UInt8(min(255, max(0, value)))
    }
  }

  private func walk(_ length: Int, _ generator: inout SeededGenerator) -> [Int] {
    var at = generator.below(41) - 20
    return (0..<length).map { _ in
      at += generator.below(21) - 10
      return at
    }
  }

  private func statistics(_ images: Range<UInt64>) throws -> WhiteningStatistics {
    var statistics = try WhiteningStatistics(spec: Self.spec, shape: Self.shape, pyramidLevels: 2)
    for i in images { statistics.add(smooth(i).span, seed: i) }
    return statistics
  }

  @Test(arguments: [1, 2, 5, 27]) func eigenvectorsMakeTheMatrixAgain(n: Int) {
    var generator = SeededGenerator(seed: 31, UInt64(n))
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        matrix[i * n + j] = Double(generator.below(2001) - 1000)
        matrix[j * n + i] = matrix[i * n + j]
      }
    }
    var used = matrix
    let (values, vectors) = WhiteningSolve.eigen(&used, n: n)
    for i in 0..<n {
      for j in 0..<n {
        var again = 0.0
        var product = 0.0
        for e in 0..<n {
          again += values[e] * vectors[e * n + i] * vectors[e * n + j]
          product += vectors[i * n + e] * vectors[j * n + e]
        }
        #expect(abs(again - matrix[i * n + j]) < 1e-6)
        #expect(abs(product - (i == j ? 1 : 0)) < 1e-9)
      }
    }
  }

  @Test func sumsOfPartsAreThoseOfTheWhole() throws {
    let whole = try statistics(0..<20)
    let parts = [try statistics(0..<3), try statistics(3..<11), try statistics(11..<20)]
    let sum = whole.counts.indices.map { i in parts.reduce(0) { $0 + $1.counts[i] } }
    #expect(sum == whole.counts)
  }

  @Test func whitenedNeighboursSayLittleOfEachOther() throws {
    let statistics = try statistics(0..<200)
    let whitening = try statistics.filters(from: statistics.counts)
    #expect(whitening.problem(spec: Self.spec, channels: 1, pyramidLevels: 2) == nil)
    let filter = whitening.factors[0][0]
    #expect(filter.max() == filter[12], "the pixel itself counts most")
    #expect(
      filter[11] < 0 && filter[13] < 0 && filter[7] < 0 && filter[17] < 0, "its neighbours are taken off")
    let size = filter.reduce(0) { $0 + Int($1.magnitude) }
    #expect((WhiteningFilters.size - 25...WhiteningFilters.size).contains(size))
    func correlation(_ values: (_ image: [UInt8], _ y: Int, _ x: Int) -> Double) -> Double {
      var (n, a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
      for seed in 300..<340 as Range<UInt64> {
        let image = smooth(seed)
        for y in 2..<Self.shape.height - 2 {
          for x in 2..<Self.shape.width - 3 {
            let (left, right) = (values(image, y, x), values(image, y, x + 1))
            (n, a, b) = (n + 1, a + left, b + right)
            (aa, bb, ab) = (aa + left * left, bb + right * right, ab + left * right)
          }
        }
      }
      return (n * ab - a * b) / ((n * aa - a * a) * (n * bb - b * b)).squareRoot()
    }
    let width = Self.shape.width
    let before = correlation { image, y, x in Double(image[y * width + x]) }
    let after = correlation { image, y, x in
      filter.indices.reduce(0.0) {
        $0 + Double(filter[$1]) * Double(image[(y + $1 / 5 - 2) * width + x + $1 % 5 - 2])
      }
    }
    #expect(before > 0.8 && abs(after) < 0.3, "\(before) before, \(after) after")
  }

  static let patches = EncoderSpec(
    signals: [
      SignalSpec(source: .patch, window: 4, levels: 3), SignalSpec(source: .whitened, window: 3, levels: 2),
    ], pyramid: true)

  @Test func valuesOfAPatchSayLittleOfEachOther() throws {
    var statistics = try WhiteningStatistics(spec: Self.patches, shape: Self.shape, pyramidLevels: 2)
    for i in 0..<200 as Range<UInt64> { statistics.add(smooth(i).span, seed: i) }
    let whitening = try statistics.filters(from: statistics.counts)
    #expect(whitening.problem(spec: Self.patches, channels: 1, pyramidLevels: 2) == nil)
    for level in 0..<2 {
      #expect(whitening.factors[level].count == 17)
      for (i, filter) in whitening.factors[level].prefix(16).enumerated() {
        #expect(filter.max() == filter[i], "the value itself counts most")
        #expect(filter.reduce(0) { $0 + Int($1) } == 0, "what all values share does not count")
        let size = filter.reduce(0) { $0 + Int($1.magnitude) }
        #expect((WhiteningFilters.size - 48...WhiteningFilters.size).contains(size))
      }
    }
    // Neighbouring values of windows, whitened.
    var (a, b, aa, bb, ab, n) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for seed in 300..<340 as Range<UInt64> {
      let image = smooth(seed)
      for y in 0..<Self.shape.height - 3 {
        for x in 0..<Self.shape.width - 3 {
          func value(_ index: Int) -> Double {
            whitening.factors[0][index].enumerated().reduce(0.0) {
              $0 + Double($1.element)
                * Double(image[(y + $1.offset / 4) * Self.shape.width + x + $1.offset % 4])
            }
          }
          let (left, right) = (value(5), value(6))
          (n, a, b) = (n + 1, a + left, b + right)
          (aa, bb, ab) = (aa + left * left, bb + right * right, ab + left * right)
        }
      }
    }
    let correlation = (n * ab - a * b) / ((n * aa - a * a) * (n * bb - b * b)).squareRoot()
    #expect(abs(correlation) < 0.3, "\(correlation)")
  }

  @Test func patchesDoNotKnowContrastOrBrightness() throws {
    var statistics = try WhiteningStatistics(spec: Self.patches, shape: Self.shape, pyramidLevels: 1)
    for i in 0..<50 as Range<UInt64> { statistics.add(smooth(i).span, seed: i) }
    let whitening = try statistics.filters(from: statistics.counts)
    let workspace = EncoderWorkspace(shape: Self.shape)
    func values(_ pixels: [UInt8]) -> [Int] {
      let filters = PatchFilters(factors: Array(whitening.factors[0].prefix(16)), window: 4, channels: 1)
      let stride = workspace.fillPatches(
        pixels.span, rows: Self.shape.height, columns: Self.shape.width, filters: filters)
      let all = workspace.patches.array
      return (0..<16).flatMap { f in all[f * stride..<f * stride + Self.shape.pixels].map { Int($0) } }
    }
    // Strong contrasts, so that the floor under the variance is small beside them.
    var generator = SeededGenerator(seed: 8)
    let pixels = (0..<Self.shape.pixels).map { _ in UInt8(1 + generator.below(120)) }
    let before = values(pixels)
    #expect(values(pixels.map { $0 + 100 }) == before, "brighter")
    for (a, b) in zip(before, values(pixels.map { $0 * 2 })) { #expect(abs(a - b) < 200 + abs(a) / 12) }
    #expect(values([UInt8](repeating: 9, count: Self.shape.pixels)).allSatisfy { $0 == 0 }, "nothing to see")
  }

  @Test func countsOfPatchesAreWhatIsCoded() throws {
    var statistics = try WhiteningStatistics(spec: Self.patches, shape: Self.shape, pyramidLevels: 2)
    for i in 0..<50 as Range<UInt64> { statistics.add(smooth(i).span, seed: i) }
    var histogram = try EncodingHistogram(
      spec: Self.patches, shape: Self.shape, pyramidLevels: 2,
      whitening: statistics.filters(from: statistics.counts))
    let workspace = EncoderWorkspace(shape: Self.shape)
    let images = (0..<20 as Range<UInt64>).map { smooth($0) }
    for image in images { histogram.add(image.span, workspace: workspace) }
    let encoder = try ImageEncoder(
      spec: Self.patches, shape: Self.shape, pyramidLevels: 2, counts: histogram.counts,
      whitening: histogram.whitening)
    // Thresholds at the quartiles: a quarter, half and three quarters of the values lie above.
    var on = [Int](repeating: 0, count: 50)
    let positions = Self.shape.pixels
    for image in images {
      var words = [UInt64](repeating: 0, count: positions)
      var span = words.mutableSpan
      encoder.encode(
        image.span, level: 0, into: &span, offset: 0, rowStride: Self.shape.width, columnStride: 1,
        workspace: workspace)
      for word in words { for bit in 0..<50 { on[bit] += Int(word >> UInt64(bit) & 1) } }
    }
    for value in 0..<16 {
      for (level, share) in [0.75, 0.5, 0.25].enumerated() {
        let seen = Double(on[3 * value + level]) / Double(positions * images.count)
        #expect(abs(seen - share) < 0.02, "value \(value), level \(level): \(seen)")
      }
    }
  }

  @Test func imagesOfOneColourKeepTheirPixel() throws {
    var statistics = try WhiteningStatistics(spec: Self.spec, shape: Self.shape, pyramidLevels: 1)
    statistics.add([UInt8](repeating: 77, count: Self.shape.pixels).span, seed: 1)
    let filter = try statistics.filters(from: statistics.counts).factors[0][0]
    #expect(filter.enumerated().allSatisfy { $1 == ($0 == 12 ? Int16(WhiteningFilters.size) : 0) })
  }

  @Test func whatDoesNotBelongIsRefused() throws {
    let statistics = try statistics(0..<2)
    let none = [Int64](repeating: 0, count: statistics.counts.count)
    #expect(encodingError { _ = try statistics.filters(from: none) }?.code == .badCounts)
    #expect(encodingError { _ = try statistics.filters(from: [1, 2]) }?.code == .badCounts)
    let good = try statistics.filters(from: statistics.counts).factors
    func code(_ factors: [[[Int16]]]) -> ImageEncodingError.Code? {
      encodingError {
        _ = try EncodingHistogram(
          spec: Self.spec, shape: Self.shape, pyramidLevels: 2, whitening: WhiteningFilters(factors: factors))
      }?.code
    }
    #expect(code(good) == nil)
    var large = good
    large[1][0][3] = 16_000
    for factors in [[], [good[0]], [[], []], [good[0], [Array(good[1][0].dropLast())]], large] {
      #expect(code(factors) == .badSpec)
    }
    func spec(_ window: Int, channels: Int) -> ImageEncodingError.Code? {
      encodingError {
        _ = try WhiteningStatistics(
          spec: EncoderSpec(
            signals: [SignalSpec(source: .whitened, window: window, levels: 1)], pyramid: false),
          shape: ImageShape(width: 20, height: 20, channels: channels), pyramidLevels: 1)
      }?.code
    }
    func patch(_ window: Int, levels: Int = 1, channels: Int = 1) -> ImageEncodingError.Code? {
      encodingError {
        _ = try WhiteningStatistics(
          spec: EncoderSpec(
            signals: [SignalSpec(source: .patch, window: window, levels: levels)], pyramid: false),
          shape: ImageShape(width: 20, height: 20, channels: channels), pyramidLevels: 1)
      }?.code
    }
    #expect(patch(2) == nil && patch(15, channels: 3) == nil && patch(15, levels: 32) == nil)
    for code in [patch(0), patch(1), patch(16), patch(15, channels: 4), patch(15, levels: 33)] {
      #expect(code == .badSpec)
    }
    #expect(
      spec(15, channels: 3) == nil && spec(0, channels: 3) == .badSpec && spec(15, channels: 4) == .badSpec)
  }
}
