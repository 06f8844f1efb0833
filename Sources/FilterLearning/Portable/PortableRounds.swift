// Every round's description, and the round made of it again. Refinement's is in PortableRefinement.swift.

import BinaryNetworks
public import CountingRounds
import ImageEncoding
import Plumbing

extension EncodingRound: PortableRound {
  public static var kind: String { "encoding" }

  public func described() -> Tally {
    var tally = EncoderSettings(spec: empty.spec, shape: empty.shape, levels: empty.pyramidLevels).described()
    tally["kernels"] = empty.kernels.factors.joined().joined().map { Int64($0) }
    return tally
  }

  public init(described: Tally) throws(RoundError) {
    let encoder = try EncoderSettings(described)
    let values = try Settings(described).array("kernels")
    var next = 0
    var factors: [[[Int16]]] = []
    for _ in 0..<(encoder.spec.isWhitened ? encoder.levels : 0) {
      factors.append(
        encoder.spec.signals.flatMap { signal in
          (0..<signal.kernels(channels: encoder.shape.channels)).map { _ in
            let size = signal.window * signal.window * encoder.shape.channels
            defer { next += size }
            return next + size <= values.count
              ? values[next..<next + size].map { Int16(truncatingIfNeeded: $0) } : []
          }
        })
    }
    do {
      try self.init(
        spec: encoder.spec, shape: encoder.shape, levels: encoder.levels,
        kernels: WhiteningKernels(factors: factors))
    } catch { throw RoundError("a round's description of an encoding is wrong: \(error)") }
  }
}

extension WhiteningRound: PortableRound {
  public static var kind: String { "whitening" }

  public func described() -> Tally {
    var tally = EncoderSettings(spec: empty.spec, shape: empty.shape, levels: empty.pyramidLevels).described()
    tally["seed"] = [Int64(bitPattern: seed)]
    tally["imageStride"] = [Int64(imageStride)]
    return tally
  }

  public init(described: Tally) throws(RoundError) {
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

  private static var sources: [SignalSpec.Source] { [.channels, .mean, .opponents, .whitened, .patch] }

  func described() -> Tally {
    Tally([
      "shape": [shape.width, shape.height, shape.channels].map { Int64($0) },
      "levels": [Int64(levels)], "pyramid": [spec.pyramid ? 1 : 0],
      "signals": spec.signals.flatMap { signal in
        [Self.sources.firstIndex(of: signal.source) ?? 0, signal.window, signal.levels].map { Int64($0) }
      },
    ])
  }

  init(_ described: Tally) throws(RoundError) {
    let settings = Settings(described)
    let shape = try settings.array("shape", count: 3).map { Int($0) }
    let numbers = try settings.array("signals").map { Int($0) }
    var signals: [SignalSpec] = []
    for i in stride(from: 0, to: numbers.count - 2, by: 3) {
      guard Self.sources.indices.contains(numbers[i]) else {
        throw RoundError("there is no signal \(numbers[i])")
      }
      signals.append(
        SignalSpec(source: Self.sources[numbers[i]], window: numbers[i + 1], levels: numbers[i + 2]))
    }
    spec = EncoderSpec(signals: signals, pyramid: try settings.flag("pyramid"))
    self.shape = ImageShape(width: shape[0], height: shape[1], channels: shape[2])
    levels = try settings.number("levels", in: 1...16)
    do { try spec.validate(shape: self.shape, pyramidLevels: levels) } catch {
      throw RoundError("a round's description of an encoding is wrong: \(error)")
    }
  }
}

extension PatchPoolRound: PortableRound {
  public static var kind: String { "pool" }
  public func described() -> Tally { stack.settings }
  public init(described: Tally) throws(RoundError) { self.init(stack: try Settings(described).stack()) }
}

extension ClusterRound: PortableRound {
  public static var kind: String { "cluster" }

  public func described() -> Tally {
    var tally = stack.settings
    tally["clusters"] = [Int64(clusters)]
    tally["patchesPerImage"] = [Int64(patchesPerImage)]
    return tally
  }

  public init(described: Tally) throws(RoundError) {
    let settings = Settings(described)
    self.init(
      stack: try settings.stack(), clusters: try settings.number("clusters", in: 1...4096),
      patchesPerImage: try settings.number("patchesPerImage"))
  }

  /// Pool and counts stay with the one who reduces.
  public func sent(state: Tally) -> Tally { state.only(["centroid"]) }
}

extension SplitRound: PortableRound {
  public static var kind: String { "split" }

  public func described() -> Tally {
    var tally = stack.settings
    tally["classes"] = [Int64(classes)]
    tally["grid"] = [Int64(grid)]
    return tally
  }

  public init(described: Tally) throws(RoundError) {
    let settings = Settings(described)
    let stack = try settings.stack()
    let classes = stack.network.classNames.count
    self.init(
      stack: stack, classes: try settings.number("classes", in: classes...classes),
      grid: try settings.number("grid", in: 1...65_535))
  }
}

extension ThresholdRound: PortableRound {
  public static var kind: String { "thresholds" }

  public func described() -> Tally {
    var tally = stack.settings
    bank.describe(in: &tally)
    tally["imageStride"] = [Int64(imageStride)]
    return tally
  }

  public init(described: Tally) throws(RoundError) {
    let settings = Settings(described)
    let stack = try settings.stack()
    self.init(
      stack: stack, bank: try settings.bank(stack),
      trainingImages: try settings.number("imageStride", in: 1...Int(UInt32.max)) * Self.images)
  }
}

extension EvaluationRound: PortableRound {
  public static var kind: String { "evaluation" }

  public func described() -> Tally {
    Tally(["network": network.settings, "temperatures": temperatures.map { Int64($0.value) }])
  }

  public init(described: Tally) throws(RoundError) {
    let settings = Settings(described)
    var temperatures: [Temperature] = []
    for value in try settings.array("temperatures") {
      guard let temperature = Temperature(Int(value)) else {
        throw RoundError(
          "a round's description has the temperature \(value), which is not in \(Temperature.range)")
      }
      temperatures.append(temperature)
    }
    self.init(network: try settings.network("network"), temperatures: temperatures)
  }
}

extension Tally {
  /// Some of the arrays.
  func only(_ names: Set<String>) -> Tally { Tally(arrays.filter { names.contains($0.key) }) }
}
