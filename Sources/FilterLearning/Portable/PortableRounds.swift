// Every round's description, and the round made of it again. Refinement's is in PortableRefinement.swift.

import BinaryNetworks
import BitTensors
public import CountingRounds
import ImageData
import ImageEncoding

extension EncodingRound: PortableRound {
  public static var kind: String { "encoding" }

  public func described() -> Tally {
    let (spec, shape) = (empty.spec, empty.shape)
    return Tally([
      "shape": [shape.width, shape.height, shape.channels].map { Int64($0) },
      "levels": [Int64(empty.pyramidLevels)], "pyramid": [spec.pyramid ? 1 : 0],
      "signals": spec.signals.flatMap { signal in
        [Self.sources.firstIndex(of: signal.source) ?? 0, signal.window, signal.levels].map { Int64($0) }
      },
    ])
  }

  private static var sources: [SignalSpec.Source] { [.channels, .mean, .opponents] }

  public init(described: Tally) throws(RoundError) {
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
    do {
      try self.init(
        spec: EncoderSpec(signals: signals, pyramid: settings.flag("pyramid")),
        shape: ImageShape(width: shape[0], height: shape[1], channels: shape[2]),
        levels: settings.number("levels", in: 1...16))
    } catch let error as RoundError {
      throw error
    } catch {
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
    self.init(
      stack: try settings.stack(), classes: try settings.number("classes", in: 1...65_536),
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
  public func described() -> Tally { Tally(["network": network.settings]) }
  public init(described: Tally) throws(RoundError) {
    self.init(network: try Settings(described).network("network"))
  }
}

extension Tally {
  /// Some of the arrays.
  func only(_ names: Set<String>) -> Tally { Tally(arrays.filter { names.contains($0.key) }) }
}
