// Principal components of windows: what their factors are, that few of them say what windows differ in, where their bits lie.

import BitKernels
import Plumbing
import Testing

@testable import ImageEncoding

@Suite struct ComponentsSignalTests {
  private static let shape = ImageShape(width: 12, height: 10, channels: 1)
  private static let window = 3

  private static func spec(_ components: Int) -> EncoderSpec {
    EncoderSpec(
      signals: [SignalSpec(source: .components, window: window, levels: 3, components: components)],
      pyramid: false)
  }

  /// Waves with a little noise: neighbours go together.
  private func image(_ seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed, 0x7761_7665)
    let (dx, dy, phase) = (1 + generator.below(3), generator.below(4), generator.below(16))
    return (0..<Self.shape.pixels).map { p in
      let wave = (p % Self.shape.width * dx + p / Self.shape.width * dy + phase) % 16
      return UInt8(40 + 10 * min(wave, 16 - wave) + generator.below(9))
    }
  }

  private func factors(_ components: Int) throws -> [[Int16]] {
    var statistics = try WhiteningStatistics(spec: Self.spec(components), shape: Self.shape, pyramidLevels: 1)
    for i in 0..<200 as Range<UInt64> { statistics.add(image(i).span, seed: i) }
    return try statistics.filters(from: statistics.counts).factors[0]
  }

  /// What the windows of many images weigh to.
  private func values(_ filter: [Int16]) -> [Double] {
    (300..<340 as Range<UInt64>).flatMap { seed -> [Double] in
      let image = image(seed)
      return (0..<Self.shape.height - 2).flatMap { y in
        (0..<Self.shape.width - 2).map { x in
          filter.enumerated().reduce(0.0) {
            $0 + Double($1.element)
              * Double(image[(y + $1.offset / Self.window) * Self.shape.width + x + $1.offset % Self.window])
          }
        }
      }
    }
  }

  @Test func componentsAreUncorrelatedAndTheStrongestComeFirst() throws {
    let filters = try factors(8)
    #expect(filters.count == 8)
    let values = filters.map { self.values($0) }
    func moment(_ a: [Double], _ b: [Double]) -> Double {
      let (ma, mb) = (a.reduce(0, +) / Double(a.count), b.reduce(0, +) / Double(b.count))
      return zip(a, b).reduce(0) { $0 + ($1.0 - ma) * ($1.1 - mb) } / Double(a.count)
    }
    var strengths: [Double] = []
    for (i, filter) in filters.enumerated() {
      #expect(filter.reduce(0) { $0 + Int($1) } == 0, "what all values share does not count")
      let size = filter.reduce(0) { $0 + Int($1.magnitude) }
      #expect((WhiteningFilters.size - 27...WhiteningFilters.size).contains(size))
      let largest = filter.max { abs(Int($0)) < abs(Int($1)) } ?? 0
      #expect(largest > 0, "of a vector and its opposite the one whose largest factor is positive")
      // Factors are scaled: strengths are those of vectors of length 1.
      let length = filter.reduce(0.0) { $0 + Double($1) * Double($1) }
      strengths.append(moment(values[i], values[i]) / length)
      for j in 0..<i {
        let product = zip(filter, filters[j]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(product) < 0.01 * length, "\(i) and \(j) are not at right angles")
      }
    }
    #expect(strengths[0] > 4 * strengths[7])
    for (stronger, weaker) in zip(strengths, strengths.dropFirst()) { #expect(weaker < 1.2 * stronger) }
  }

  /// Fewer components are the first of many.
  @Test func theStrongestAreTaken() throws {
    #expect(try factors(3) == Array(factors(8).prefix(3)))
  }

  /// Every signal of components begins a word of its own; the others share theirs.
  @Test func everySignalHasItsOwnChannelGroup() throws {
    func components(_ count: Int, _ levels: Int) -> SignalSpec {
      SignalSpec(source: .components, window: 3, levels: levels, components: count)
    }
    let plain = SignalSpec(source: .mean, window: 0, levels: 5)
    let spec = EncoderSpec(
      signals: [plain, plain, components(8, 3), components(4, 20), plain], pyramid: false)
    try spec.validate(shape: Self.shape, pyramidLevels: 1)
    #expect(spec.layout(channels: 1).groups == [10, 24, 80, 5])
    #expect(spec.firstBits(channels: 1) == [0, 5, 64, 128, 256])
    #expect(spec.bits(channels: 1) == 119)

    // The bits of each are those that it has alone.
    var statistics = try WhiteningStatistics(spec: spec, shape: Self.shape, pyramidLevels: 1)
    for i in 0..<20 as Range<UInt64> { statistics.add(image(i).span, seed: i) }
    var histogram = try EncodingHistogram(
      spec: spec, shape: Self.shape, pyramidLevels: 1, whitening: statistics.filters(from: statistics.counts))
    let workspace = EncoderWorkspace(shape: Self.shape)
    for i in 0..<20 as Range<UInt64> { histogram.add(image(i).span, workspace: workspace) }
    let encoder = try ImageEncoder(
      spec: spec, shape: Self.shape, pyramidLevels: 1, counts: histogram.counts,
      whitening: histogram.whitening)
    let words = encode(encoder, image(99), workspace)
    let wordsOfAll = spec.layout(channels: 1).words
    #expect(wordsOfAll == 5)
    for (i, signal) in spec.signals.enumerated() {
      let own = encode(encoder.only(signals: [i]), image(99), workspace)
      let (first, bits) = (spec.firstBits(channels: 1)[i], signal.signals(channels: 1) * signal.levels)
      for position in 0..<Self.shape.pixels {
        for bit in 0..<bits {
          let at = first + bit
          let found = words[position * wordsOfAll + at / 64] >> UInt64(at % 64) & 1
          let expected = own[position * wordCount(bits: bits) + bit / 64] >> UInt64(bit % 64) & 1
          #expect(found == expected)
        }
      }
    }
  }

  private func encode(_ encoder: ImageEncoder, _ pixels: [UInt8], _ workspace: EncoderWorkspace) -> [UInt64] {
    let words = encoder.layout(level: 0).words
    var out = [UInt64](repeating: 0, count: Self.shape.pixels * words)
    var span = out.mutableSpan
    encoder.encode(
      pixels.span, level: 0, into: &span, offset: 0, rowStride: Self.shape.width * words, columnStride: words,
      workspace: workspace)
    return out
  }

  @Test(arguments: [0, 9, 300]) func moreComponentsThanAWindowHasAreRefused(components: Int) {
    #expect(throws: ImageEncodingError.self) {
      try Self.spec(components).validate(shape: Self.shape, pyramidLevels: 1)
    }
  }

  @Test func otherSourcesHaveNone() {
    let spec = EncoderSpec(
      signals: [SignalSpec(source: .patch, window: 3, levels: 2, components: 4)], pyramid: false)
    #expect(throws: ImageEncodingError.self) { try spec.validate(shape: Self.shape, pyramidLevels: 1) }
  }
}
