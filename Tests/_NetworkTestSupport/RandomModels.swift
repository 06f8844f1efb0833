// Seeded random networks, models and images for tests.

package import BinaryNetworks
package import BitKernels
import ImageEncoding
package import Plumbing

/// What a random network may be made of.
package struct RandomNetworkShape {
  package var sides: ClosedRange<Int>
  package var channels: [Int]
  package var layers: ClosedRange<Int>
  package var windows: ClosedRange<Int>
  package var filters: [Int]
  package var signals: ClosedRange<Int>
  package var levels: ClosedRange<Int>
  package var classes: ClosedRange<Int>
  package var features: ClosedRange<Int>
  /// Whether layers may look at some signals of the image.
  package var looksAgain: Bool

  package init(
    sides: ClosedRange<Int> = 1...7, channels: [Int] = [1, 3], layers: ClosedRange<Int> = 1...3,
    windows: ClosedRange<Int> = 1...5, filters: [Int] = [1, 31, 33, 64, 65, 100],
    signals: ClosedRange<Int> = 1...3, levels: ClosedRange<Int> = 1...9, classes: ClosedRange<Int> = 2...4,
    features: ClosedRange<Int> = 1...4, looksAgain: Bool = true
  ) {
    self.sides = sides
    self.channels = channels
    self.layers = layers
    self.windows = windows
    self.filters = filters
    self.signals = signals
    self.levels = levels
    self.classes = classes
    self.features = features
    self.looksAgain = looksAgain
  }

  /// Networks whose files are a few hundred bytes.
  package static let tiny = RandomNetworkShape(
    sides: 3...5, layers: 2...2, windows: 1...2, filters: [3, 5], signals: 1...2, levels: 1...2,
    classes: 2...2)
}

extension SeededGenerator {
  package mutating func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }
  package mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }
  package mutating func flip() -> Bool { below(2) == 1 }
}

/// A random network within a shape; the last layer always has a head.
package func randomNetwork(_ random: inout SeededGenerator, _ shape: RandomNetworkShape = .init()) throws
  -> Network
{
  let image = ImageShape(
    width: random.pick(shape.sides), height: random.pick(shape.sides), channels: random.pick(shape.channels))
  let encoder = try randomEncoder(&random, shape, image)
  let classes = (0..<random.pick(shape.classes)).map { "class \($0) ü" }
  var network = Network(encoder: encoder, layers: [], classNames: classes)
  let count = random.pick(shape.layers)
  for index in 0..<count {
    let signals =
      shape.looksAgain && random.below(3) == 0
      ? randomSignals(&random, of: encoder.spec.signals.count, isFirst: index == 0) : nil
    let input = signals.map { network.beside($0).input(ofLayer: 0) } ?? network.input(ofLayer: index)
    let bank = randomBank(
      &random, window: random.pick(shape.windows), input: input.layout, count: random.pick(shape.filters),
      features: shape.features, isLast: index == count - 1)
    let head: LinearHead? =
      index == count - 1 || random.flip()
      ? randomHead(
        &random, grid: random.pick(1...min(4, input.height, input.width)), filters: bank.countsPerCell,
        classes: classes.count)
      : nil
    network.layers.append(
      NetworkLayer(bank: bank, signals: signals, reduction: random.pick(Reduction.allCases), head: head))
  }
  return network
}

/// Some of so many signals, at least one; nil where a first layer has got all of them.
private func randomSignals(_ random: inout SeededGenerator, of count: Int, isFirst: Bool) -> [Int]? {
  let one = random.below(count)
  let signals = (0..<count).filter { $0 == one || random.flip() }
  return isFirst && signals.count == count ? nil : signals
}

extension Network {
  /// The network with random exits of its layers, and perhaps a mirrored look.
  package func withRandomExits(_ random: inout SeededGenerator) -> Network {
    var network = self
    network.mirrors = random.flip()
    for index in network.layers.indices.dropLast(network.mirrors ? 0 : 1) where random.flip() {
      network.layers[index].exit = Int64(random.below(random.flip() ? 3 : 1 << 20))
    }
    return network
  }
}

/// A random model around a random network.
package func randomModel(seed: UInt64, _ shape: RandomNetworkShape = .init()) throws -> Model {
  var random = SeededGenerator(seed: seed, 0x6d6f_64)
  return Model(
    network: try randomNetwork(&random, shape), plan: #"{"seed":\#(seed)}"#, seed: random.next(),
    dataDigest: random.next(), summary: #"{"accuracy":0.5}"#,
    temperature: random.flip() ? Temperature(1 + random.below(Int(Int32.max))) : nil)
}

/// A random image of a shape.
package func randomImage(_ random: inout SeededGenerator, _ shape: ImageShape) -> [UInt8] {
  (0..<shape.pixels).map { _ in UInt8(random.below(256)) }
}

private func randomEncoder(
  _ random: inout SeededGenerator, _ shape: RandomNetworkShape, _ image: ImageShape
) throws -> ImageEncoder {
  let sources: [SignalSource] =
    image.channels == 3
    ? [.channels, .mean, .opponents, .whitened, .patch, .components]
    : [.channels, .mean, .whitened, .patch, .components]
  let signals = (0..<random.pick(shape.signals)).map { _ in
    let source = random.pick(sources)
    let windows =
      switch source {
      case .whitened: [3, 5]
      case .patch, .components: [2, 3]
      case .channels, .mean, .opponents: [0, 3, 5]
      }
    // A patch has many values, and a few bits of each are enough.
    let (levels, window) = (random.pick(shape.levels), random.pick(windows))
    let isPatch = source == .patch || source == .components
    return SignalSpec(
      source: source, window: window, levels: isPatch ? min(3, levels) : levels,
      components: source == .components ? random.pick(1...3) : 0)
  }
  let pyramid = random.flip()
  let pyramidLevels = pyramid ? random.pick(1...3) : 1
  var thresholds: [[[Int32]]] = []
  for _ in 0..<pyramidLevels {
    var level: [[Int32]] = []
    for signal in signals {
      for _ in 0..<signal.signals(channels: image.channels) {
        let values = (0..<signal.levels).map { _ in
          Int32(
            signal.window == 0
              ? random.below(256)
              : (random.below(2001) - 1000) / ([.patch, .components].contains(signal.source) ? 100 : 1))
        }
        level.append(values.sorted())
      }
    }
    thresholds.append(level)
  }
  let whitened = signals.contains { $0.whiteningFilters(channels: image.channels) > 0 }
  let factors = (0..<(whitened ? pyramidLevels : 0)).map { _ in
    signals.flatMap { signal in
      (0..<signal.whiteningFilters(channels: image.channels)).map { _ in
        (0..<signal.window * signal.window * image.channels).map { _ in Int16(random.pick(-9...9)) }
      }
    }
  }
  return try ImageEncoder(
    spec: EncoderSpec(signals: signals, pyramid: pyramid), shape: image, pyramidLevels: pyramidLevels,
    thresholds: thresholds, whitening: WhiteningFilters(factors: factors))
}

/// Random filters with or without masks; thresholds near the middle, so that features are on and off. One feature at least is
/// counted, and one handed on unless no layer follows.
package func randomBank(
  _ random: inout SeededGenerator, window: Int, input: ChannelLayout, count: Int,
  features: ClosedRange<Int> = 1...4,
  isLast: Bool = false
) -> FilterBank {
  var bank = FilterBank(window: window, input: input, count: count)
  let valid = FilterBank.validBits(window: window, input: input)
  let hasMasks = random.flip()
  var masks = [UInt64](repeating: 0, count: bank.filters.count)
  for k in 0..<count {
    for j in valid.indices {
      let place = j * bank.stride + k
      bank.filters[place] = random.next() & valid[j]
      masks[place] = random.next() & random.next() & valid[j]
    }
  }
  if hasMasks { bank.masks = masks }
  bank.distanceKind = random.flip() ? .centred : .plain
  let middle = bank.masks == nil || bank.isCentred ? bank.patchBits / 2 : bank.patchBits / 8
  repeat {
    bank.features = randomKinds(&random, random.pick(features)).map { side, use in
      let thresholds = (0..<count).map { _ in
        UInt16(max(0, middle + random.pick(-3...3) * max(1, bank.patchBits / 40)))
      }
      return FilterFeature(thresholds, side: side, use: use)
    }
  } while bank.countedFeatures.isEmpty || !(isLast || bank.features.contains(where: \.isHandedOn))
  return bank
}

/// Sides and uses of so many features; every third time those of a layer that is plain.
private func randomKinds(_ random: inout SeededGenerator, _ count: Int) -> [(FeatureSide, FeatureUse)] {
  if count <= 2, random.below(3) == 0 { return [(.near, .both), (.near, .next)].dropLast(2 - count) }
  return (0..<count).map { _ in (random.pick(FeatureSide.allCases), random.pick(FeatureUse.allCases)) }
}

extension FilterBank {
  /// G · K, what a cell of a head counts.
  package var countsPerCell: Int { countedFeatures.count * count }
}

private func randomHead(
  _ random: inout SeededGenerator, grid: Int, filters: Int, classes: Int
) -> LinearHead {
  LinearHead(
    grid: grid, counts: random.pick(CountKind.allCases), classes: classes,
    weights: (0..<classes * grid * grid * filters).map { _ in Int16(truncatingIfNeeded: random.next()) },
    bias: (0..<classes).map { _ in Int64(bitPattern: random.next()) >> 24 }, scale: random.pick(0...40))
}

/// A model of so many layers of one filter, each followed by a reduction.
package func deepModel(layers: Int, width: Int = 6, height: Int = 5) throws -> Model {
  let encoder = try ImageEncoder(
    spec: EncoderSpec(signals: [SignalSpec(source: .mean, window: 0, levels: 2)], pyramid: false),
    shape: ImageShape(width: width, height: height, channels: 1), pyramidLevels: 1, thresholds: [[[80, 160]]])
  var network = Network(encoder: encoder, layers: [], classNames: ["a", "b"])
  for index in 0..<layers {
    var bank = FilterBank(window: 2, input: network.input(ofLayer: index).layout, count: 1)
    bank.features = [FilterFeature([UInt16(bank.patchBits)])]
    let head = LinearHead(
      grid: 1, counts: .plain, classes: 2, weights: [3, -5], bias: [Int64(index), 7], scale: 4)
    network.layers.append(NetworkLayer(bank: bank, reduction: .or, head: head))
  }
  return Model(network: network, plan: "{}", seed: 1, dataDigest: 2, summary: "{}")
}
