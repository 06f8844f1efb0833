// The descriptions of the two rounds that learn an encoding, and the rounds made of them again.

import BinaryNetworks
package import CountingRounds
import ImageEncoding
import Plumbing

extension EncodingRound: PortableImageRound {
  package static var name: RoundName { .encoding }

  package func described() -> Tally {
    var tally = EncoderSettings(spec: empty.spec, shape: empty.shape, levels: empty.pyramidLevels).described()
    tally["kernels"] = empty.whitening.factors.joined().joined().map { Int64($0) }
    return tally
  }

  package init(described: Tally) throws(RoundError) {
    let encoder = try EncoderSettings(described)
    let values = try Settings(described).array("kernels")
    var next = 0
    var factors: [[[Int16]]] = []
    for _ in 0..<(encoder.spec.isWhitened ? encoder.levels : 0) {
      factors.append(
        encoder.spec.signals.flatMap { signal in
          (0..<signal.whiteningFilters(channels: encoder.shape.channels)).map { _ in
            let size = signal.whiteningSize(channels: encoder.shape.channels)
            defer { next += size }
            return next + size <= values.count
              ? values[next..<next + size].map { Int16(truncatingIfNeeded: $0) } : []
          }
        })
    }
    do {
      try self.init(
        spec: encoder.spec, shape: encoder.shape, levels: encoder.levels,
        whitening: WhiteningFilters(factors: factors))
    } catch { throw RoundError("a round's description of an encoding is wrong: \(error)") }
  }
}

extension WhiteningRound: PortableImageRound {
  package static var name: RoundName { .whitening }

  package func described() -> Tally {
    var tally = EncoderSettings(spec: empty.spec, shape: empty.shape, levels: empty.pyramidLevels).described()
    tally["seed"] = [Int64(bitPattern: seed)]
    tally["imageStride"] = [Int64(imageStride)]
    return tally
  }

  package init(described: Tally) throws(RoundError) {
    let encoder = try EncoderSettings(described)
    let settings = Settings(described)
    let seed = UInt64(bitPattern: try settings.array("seed", count: 1)[0])
    let imageStride = try settings.number("imageStride", in: 1...Int(UInt32.max))
    do {
      try self.init(
        spec: encoder.spec, shape: encoder.shape, levels: encoder.levels, seed: seed, imageStride: imageStride
      )
    } catch { throw RoundError("a round's description of an encoding is wrong: \(error)") }
  }
}

/// An encoding as both of its rounds describe it.
private struct EncoderSettings {
  let spec: EncoderSpec
  let shape: ImageShape
  let levels: Int

  init(spec: EncoderSpec, shape: ImageShape, levels: Int) {
    (self.spec, self.shape, self.levels) = (spec, shape, levels)
  }

  func described() -> Tally {
    var tally = Tally([
      "shape": [shape.width, shape.height, shape.channels].map { Int64($0) },
      "levels": [Int64(levels)], "pyramid": [spec.pyramid ? 1 : 0],
      "signals": spec.signals.flatMap { signal in
        [signal.source.fileCode, signal.window, signal.levels].map { Int64($0) }
      },
    ])
    let components = spec.signals.map(\.components)
    if components.contains(where: { $0 > 0 }) { tally["components"] = components.map { Int64($0) } }
    return tally
  }

  init(_ described: Tally) throws(RoundError) {
    let settings = Settings(described)
    let shape = try settings.array("shape", count: 3).map { Int($0) }
    // Sides beyond these limits could not even be multiplied.
    guard ImageShape(width: shape[0], height: shape[1], channels: shape[2]).isValid else {
      throw RoundError("a round's description has images of \(shape[0])x\(shape[1])x\(shape[2])")
    }
    let numbers = try settings.array("signals").map { Int($0) }
    guard numbers.count % 3 == 0, numbers.count <= 3 * EncoderSpec.mostBits else {
      throw RoundError("a round's description has \(numbers.count) numbers of signals, not three for each")
    }
    let components =
      described.contains("components")
      ? try settings.array("components", count: numbers.count / 3).map { Int($0) } : []
    var signals: [SignalSpec] = []
    for i in stride(from: 0, to: numbers.count - 2, by: 3) {
      guard let source = SignalSource(fileCode: numbers[i]) else {
        throw RoundError("there is no signal \(numbers[i])")
      }
      signals.append(
        SignalSpec(
          source: source, window: numbers[i + 1], levels: numbers[i + 2],
          components: components.isEmpty ? 0 : components[i / 3]))
    }
    spec = EncoderSpec(signals: signals, pyramid: try settings.flag("pyramid"))
    self.shape = ImageShape(width: shape[0], height: shape[1], channels: shape[2])
    levels = try settings.number("levels", in: 1...16)
    do {
      try spec.validate(shape: self.shape, pyramidLevels: levels)
      let (channels, current) = (self.shape.channels, MemoryLimit.current)
      try current.check(
        MemoryLimit.sum(
          WhiteningStatistics.bytes(spec: spec, channels: channels, pyramidLevels: levels),
          spec.tableBytes(channels: channels, pyramidLevels: levels)),
        for: "counting for an encoding")
    } catch { throw RoundError("a round's description of an encoding is wrong: \(error)") }
  }
}
