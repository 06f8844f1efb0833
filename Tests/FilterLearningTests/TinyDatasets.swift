// Small seeded image sets that can be learned, and stacks in front of which learning starts.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import ImageEncoding
import Plumbing

/// Images that are quick to learn from.
enum TinyDatasets {
  /// Stripes whose direction is the class, of random phase and width, with noise; labels in turn.
  static func stripes(
    _ count: Int, classes: Int = 4, width: Int = 12, height: Int = 12, channels: Int = 1, noise: Int = 30,
    seed: UInt64 = 5
  ) throws -> LabelledImages {
    let directions = [(1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (1, -2)]
    var generator = SeededGenerator(seed: seed)
    var pixels: [UInt8] = []
    for i in 0..<count {
      let (dx, dy) = directions[i % classes % directions.count]
      let (phase, width2) = (generator.below(8), 2 + generator.below(2))
      for y in 0..<height {
        for x in 0..<width {
          let isLight = ((x * dx + y * dy + phase + 64 * width2) / width2) % 2 == 0
          for c in 0..<channels {
            let base = isLight ? 170 - 20 * c : 80 + 20 * c
            pixels.append(UInt8(base + generator.below(2 * noise + 1) - noise))
          }
        }
      }
    }
    return try LabelledImages(
      shape: ImageShape(width: width, height: height, channels: channels), pixels: pixels,
      labels: (0..<count).map { UInt16($0 % classes) }, classNames: (0..<classes).map { "\($0)" })
  }

  /// Images all of one value each: light ones of class 0, dark ones of class 1, in turn.
  static func plain(_ count: Int, width: Int, height: Int) throws -> LabelledImages {
    try LabelledImages(
      shape: ImageShape(width: width, height: height, channels: 1),
      pixels: (0..<count).flatMap { [UInt8](repeating: $0 % 2 == 0 ? 255 : 0, count: width * height) },
      labels: (0..<count).map { UInt16($0 % 2) }, classNames: ["light", "dark"])
  }
}

extension LabelledImages {
  /// All images in so many shards.
  func shards(_ count: Int = 1) -> [ImageShard] {
    makeShards(images: self, indices: Array(0..<self.count), count: count)
  }

  /// A network without layers whose encoder is learned from these images.
  func network(levels: Int = 3, window: Int = 3, pyramidLevels: Int = 1) throws -> Network {
    let round = try EncodingRound(
      spec: EncoderSpec(
        signals: [SignalSpec(source: .channels, window: window, levels: levels)], pyramid: pyramidLevels > 1),
      shape: shape, levels: pyramidLevels)
    let state = LocalEngine(shards: shards(), threads: 1).run(round, state: Tally())
    return Network(encoder: try round.encoder(from: state), layers: [], classNames: classNames)
  }

  /// What the first layer, or one behind a random layer of 70 filters, is learned in front of.
  func stack(
    window: Int = 3, levels: Int = 3, behindALayer: Bool = false, augmentation: Augmentation = .none,
    seed: UInt64 = 11, cache: LayerInputCache? = nil
  ) throws -> FrozenStack {
    var network = try network(levels: levels, pyramidLevels: behindALayer ? 2 : 1)
    if behindALayer {
      var bank = FilterBank(window: 3, input: network.input(ofLayer: 0).layout, count: 70)
      var generator = SeededGenerator(seed: seed, 1)
      let valid = FilterBank.validBits(window: 3, input: bank.input)
      for k in 0..<bank.count {
        for j in valid.indices { bank.filters[j * bank.stride + k] = generator.next() & valid[j] }
        bank.features[0].thresholds[k] = UInt16(bank.patchBits / 2)
      }
      let classes = network.classNames.count
      let weights = (0..<classes * bank.count).map { _ in Int16(truncatingIfNeeded: generator.next()) }
      let head = LinearHead(
        grid: 1, counts: .plain, classes: classes, weights: weights,
        bias: Array(repeating: 0, count: classes),
        scale: 12)
      network.layers = [NetworkLayer(bank: bank, reduction: .or, head: head)]
    }
    return FrozenStack(
      network: network, window: window, augmentation: augmentation, seed: seed, cache: cache)
  }
}

/// The patches of one image in front of a stack, position after position, as Bools of whole words; put together from
/// the bits of single positions.
func plainPatches(_ stack: FrozenStack, _ images: LabelledImages, _ index: Int) -> [[Bool]] {
  let forward = ForwardPass(network: stack.network)
  images.withPixels(of: index) { forward.run($0, scores: false, features: true) }
  let map = forward.output
  let outside = [Bool](repeating: false, count: 64 * map.words)
  let reach = (stack.window - 1) / 2
  return (0..<map.positions).map { position in
    var patch: [Bool] = []
    for dy in 0..<stack.window {
      for dx in 0..<stack.window {
        let (y, x) = (position / map.width + dy - reach, position % map.width + dx - reach)
        if (0..<map.height).contains(y) && (0..<map.width).contains(x) {
          let start = (y * map.width + x) * map.words
          patch += bits(map.storage[start..<start + map.words])
        } else {
          patch += outside
        }
      }
    }
    return patch
  }
}

/// The bits of words, lowest first.
func bits(_ words: some Sequence<UInt64>) -> [Bool] {
  words.flatMap { word in (0..<64).map { word >> UInt64($0) & 1 == 1 } }
}

/// The bits of words kept in a tally.
func bits(_ words: some Sequence<Int64>) -> [Bool] { bits(words.map { UInt64(bitPattern: $0) }) }

/// Bits in which two patches differ.
func distance(_ a: [Bool], _ b: [Bool]) -> Int { zip(a, b).count { $0 != $1 } }
