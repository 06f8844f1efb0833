// Whitening: eigenvectors that make the matrix again, sums that add, kernels that take out what neighbours say.

import BitTensors
import ImageData
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
    let kernels = try statistics.kernels(from: statistics.counts)
    #expect(kernels.problem(spec: Self.spec, channels: 1, pyramidLevels: 2) == nil)
    let kernel = kernels.kernel(level: 0, 0)
    #expect(kernel.max() == kernel[12], "the pixel itself counts most")
    #expect(
      kernel[11] < 0 && kernel[13] < 0 && kernel[7] < 0 && kernel[17] < 0, "its neighbours are taken off")
    let size = kernel.reduce(0) { $0 + Int($1.magnitude) }
    #expect((WhiteningKernels.size - 25...WhiteningKernels.size).contains(size))
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
      kernel.indices.reduce(0.0) {
        $0 + Double(kernel[$1]) * Double(image[(y + $1 / 5 - 2) * width + x + $1 % 5 - 2])
      }
    }
    #expect(before > 0.8 && abs(after) < 0.3, "\(before) before, \(after) after")
  }

  @Test func imagesOfOneColourKeepTheirPixel() throws {
    var statistics = try WhiteningStatistics(spec: Self.spec, shape: Self.shape, pyramidLevels: 1)
    statistics.add([UInt8](repeating: 77, count: Self.shape.pixels).span, seed: 1)
    let kernel = try statistics.kernels(from: statistics.counts).kernel(level: 0, 0)
    #expect(kernel.enumerated().allSatisfy { $1 == ($0 == 12 ? Int16(WhiteningKernels.size) : 0) })
  }

  @Test func whatDoesNotBelongIsRefused() throws {
    let statistics = try statistics(0..<2)
    let none = [Int64](repeating: 0, count: statistics.counts.count)
    #expect(encodingError { _ = try statistics.kernels(from: none) }?.code == .badCounts)
    #expect(encodingError { _ = try statistics.kernels(from: [1, 2]) }?.code == .badCounts)
    let good = try statistics.kernels(from: statistics.counts).factors
    func code(_ factors: [[[Int16]]]) -> EncodingError.Code? {
      encodingError {
        _ = try EncodingHistogram(
          spec: Self.spec, shape: Self.shape, pyramidLevels: 2, kernels: WhiteningKernels(factors: factors))
      }?.code
    }
    #expect(code(good) == nil)
    var large = good
    large[1][0][3] = 16_000
    for factors in [[], [good[0]], [[], []], [good[0], [Array(good[1][0].dropLast())]], large] {
      #expect(code(factors) == .badSpec)
    }
    func spec(_ window: Int, channels: Int) -> EncodingError.Code? {
      encodingError {
        _ = try WhiteningStatistics(
          spec: EncoderSpec(
            signals: [SignalSpec(source: .whitened, window: window, levels: 1)], pyramid: false),
          shape: ImageShape(width: 20, height: 20, channels: channels), pyramidLevels: 1)
      }?.code
    }
    #expect(
      spec(15, channels: 3) == nil && spec(0, channels: 3) == .badSpec && spec(15, channels: 4) == .badSpec)
  }
}
