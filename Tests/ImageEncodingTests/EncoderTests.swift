// The encoder against a plain reference that looks at every window and every threshold one by one.

import BitKernels
import ImageEncoding
import Plumbing
import Testing

/// Signal values by the definition: clamp, subtract, sum.
func referenceValue(
  _ pixels: [UInt8], _ shape: ImageShape, _ signal: SignalSpec, index: Int, y: Int, x: Int
) -> Int {
  func number(_ y: Int, _ x: Int) -> Int {
    let cy = min(max(y, 0), shape.height - 1)
    let cx = min(max(x, 0), shape.width - 1)
    let values = (0..<shape.channels).map { Int(pixels[(cy * shape.width + cx) * shape.channels + $0]) }
    switch signal.source {
    case .channels: return values[index]
    case .mean: return values.reduce(0, +)
    case .whitened, .patch, .components: preconditionFailure("whitened signals have tests of their own")
    case .opponents: return index == 0 ? values[0] - values[1] : values[0] + values[1] - 2 * values[2]
    }
  }
  if signal.window == 0 { return number(y, x) }
  let r = signal.window / 2
  var result = 0
  for dy in -r...r {
    for dx in -r...r { result += number(y, x) - number(y + dy, x + dx) }
  }
  return result
}

/// All bits of one pixel by the definition.
func referenceBits(_ pixels: [UInt8], _ encoder: ImageEncoder, level: Int, y: Int, x: Int) -> [Bool] {
  var bits: [Bool] = []
  var number = 0
  for signal in encoder.spec.signals {
    for index in 0..<signal.signals(channels: encoder.shape.channels) {
      let value = referenceValue(pixels, encoder.shape(level: level), signal, index: index, y: y, x: x)
      bits += encoder.thresholds[level][number].map { value > Int($0) }
      number += 1
    }
  }
  return bits
}

func randomPixels(_ shape: ImageShape, seed: UInt64) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  return (0..<shape.pixels).map { _ in UInt8(generator.below(256)) }
}

/// An encoder with thresholds from a few random images.
func makeEncoder(_ spec: EncoderSpec, _ shape: ImageShape, levels: Int = 1) throws -> ImageEncoder {
  var histogram = try EncodingHistogram(spec: spec, shape: shape, pyramidLevels: levels)
  let workspace = EncoderWorkspace(shape: shape)
  for seed in 0..<3 { histogram.add(randomPixels(shape, seed: UInt64(seed)).span, workspace: workspace) }
  return try ImageEncoder(spec: spec, shape: shape, pyramidLevels: levels, counts: histogram.counts)
}

@Suite struct EncoderTests {
  static let shapes = [
    ImageShape(width: 1, height: 1, channels: 1), ImageShape(width: 5, height: 3, channels: 1),
    ImageShape(width: 7, height: 7, channels: 3), ImageShape(width: 28, height: 28, channels: 1),
    ImageShape(width: 32, height: 32, channels: 3), ImageShape(width: 6, height: 9, channels: 5),
    ImageShape(width: 1, height: 8, channels: 3), ImageShape(width: 8, height: 1, channels: 2),
  ]

  static func specs(_ shape: ImageShape) -> [EncoderSpec] {
    var specs = [
      EncoderSpec(signals: [SignalSpec(source: .channels, window: 0, levels: 1)], pyramid: true),
      EncoderSpec(
        signals: [
          SignalSpec(source: .mean, window: 3, levels: 64),
          SignalSpec(source: .channels, window: 5, levels: 13),
          SignalSpec(source: .mean, window: 15, levels: 7),
          SignalSpec(source: .channels, window: 13, levels: 60),
        ], pyramid: true),
    ]
    if shape.channels == 3 {
      specs.append(
        EncoderSpec(
          signals: [
            SignalSpec(source: .channels, window: 5, levels: 8),
            SignalSpec(source: .channels, window: 3, levels: 4),
            SignalSpec(source: .channels, window: 0, levels: 6),
            SignalSpec(source: .opponents, window: 0, levels: 5),
          ], pyramid: true))
      specs.append(
        EncoderSpec(signals: [SignalSpec(source: .opponents, window: 7, levels: 33)], pyramid: true))
    }
    return specs
  }

  @Test(arguments: shapes) func encodesAsTheDefinitionSays(shape: ImageShape) throws {
    for spec in Self.specs(shape) {
      let encoder = try makeEncoder(spec, shape, levels: 2)
      let bits = spec.bits(channels: shape.channels)
      let pixelWords = wordCount(bits: bits)
      let workspace = EncoderWorkspace(shape: shape)
      var (pixels, level) = (randomPixels(shape, seed: 77), 0)
      while level < 2 {
        let now = encoder.shape(level: level)
        // A padded target: one column of words to the left, a gap in every pixel and row.
        let (offset, columnStride) = (3, pixelWords + 1)
        let rowStride = now.width * columnStride + 2
        let marker: UInt64 = 0xDEAD_BEEF_DEAD_BEEF
        var words = [UInt64](repeating: marker, count: offset + now.height * rowStride)
        var span = words.mutableSpan
        encoder.encode(
          pixels.span, level: level, into: &span, offset: offset, rowStride: rowStride,
          columnStride: columnStride,
          workspace: workspace)
        var expected = [UInt64](repeating: marker, count: words.count)
        for y in 0..<now.height {
          for x in 0..<now.width {
            let at = offset + y * rowStride + x * columnStride
            for w in 0..<pixelWords { expected[at + w] = 0 }
            for (i, bit) in referenceBits(pixels, encoder, level: level, y: y, x: x).enumerated() where bit {
              expected[at + i / 64] |= 1 << UInt64(i % 64)
            }
          }
        }
        #expect(words == expected, "\(spec.signals.map(\.name)) level \(level)")
        pixels = halve(pixels: pixels, shape: now).pixels
        level += 1
      }
    }
  }
}
