// What every round of a layer starts from: the frozen layers below, and images run up to the layer being learned.

package import BinaryNetworks
import BitKernels
package import ImageData
import Plumbing

/// The layers already learned, and how images are varied before they run through them.
package struct FrozenStack: Sendable {
  /// Encoder and finished layers.
  package let network: Network
  /// The channel group that is looked at alone; nil for all of them.
  package let group: Int?
  /// Window of the layer being learned.
  package let window: Int
  /// How images are varied in rounds that augment.
  package let augmentation: Augmentation
  /// Seed of the whole training.
  package let seed: UInt64
  /// Where the bits in front of the layer are kept from round to round; nil computes them every time.
  let cache: LayerInputCache?

  /// A stack.
  package init(
    network: Network, window: Int, augmentation: Augmentation, seed: UInt64, cache: LayerInputCache? = nil,
    group: Int? = nil
  ) {
    self.group = group
    self.cache = cache
    self.network = network
    self.window = window
    self.augmentation = augmentation
    self.seed = seed
  }

  /// What the layer being learned looks at.
  package var input: LayerInput {
    let whole = network.input(ofLayer: network.layers.count)
    return group.map { whole.group($0) } ?? whole
  }

  /// The same stack in front of one channel group.
  package func looking(atGroup group: Int) -> FrozenStack {
    FrozenStack(
      network: network, window: window, augmentation: augmentation, seed: seed, cache: cache, group: group)
  }

  /// A bank of all-zero filters of the layer being learned.
  package func emptyBank(filters: Int, groups: Int = 1) -> FilterBank {
    FilterBank(window: window, input: input.layout, count: filters, groups: groups)
  }

  /// Words of a patch of the layer being learned.
  var patchWords: Int { window * window * input.layout.words }
}

/// Brings images of a shard in front of the layer being learned; one per thread.
final class ImageFeeder {
  let forward: ForwardPass
  private let stack: FrozenStack
  private let pixels: SharedBuffer<UInt8>
  /// The bits of the group that is looked at alone.
  private var part: PaddedMap?
  private let firstWord: Int

  init(_ stack: FrozenStack) {
    self.stack = stack
    forward = ForwardPass(network: stack.network, nextWindow: stack.window)
    pixels = SharedBuffer(repeating: 0, count: stack.network.shape.pixels)
    let whole = stack.network.input(ofLayer: stack.network.layers.count).layout
    firstWord = stack.group.map { ChannelLayout(groups: Array(whole.groups[..<$0])).words } ?? 0
    let input = stack.input
    part = stack.group.map { _ in
      PaddedMap(height: input.height, width: input.width, window: stack.window, words: input.layout.words)
    }
  }

  /// The bits of the image last loaded.
  var map: PaddedMap { part ?? forward.output }

  /// Runs one image; `pass` seeds its augmentation, nil leaves it as it is.
  func load(_ images: LabelledImages, _ index: Int, pass: UInt64?, scores: Bool = false) {
    run(images, index, pass: pass, scores: scores)
    part?.take(forward.output, firstWord: firstWord)
  }

  private func run(_ images: LabelledImages, _ index: Int, pass: UInt64?, scores: Bool) {
    if let pass, stack.augmentation != .none {
      let all = 0..<images.shape.pixels
      images.withPixels(of: index) { image in
        pixels.withMutableSpan(all) { out in
          stack.augmentation.augment(
            image, shape: images.shape, seed: stack.seed, pass: pass, index: UInt64(index), into: &out)
        }
      }
      pixels.withSpan(all) { forward.run($0, scores: scores, features: true) }
      return
    }
    // Scores come from counts, which are not kept.
    let cache = scores ? nil : stack.cache
    if let cache, cache.read(images, index, into: &forward.output.storage) { return }
    images.withPixels(of: index) { forward.run($0, scores: scores, features: true) }
    cache?.keep(forward.output.storage, of: images, index)
  }

  /// Exchanges the loaded bits with a layer pass's map, so that it can run without a copy.
  func hand(to pass: LayerPass) {
    if var part {
      swap(&part, &pass.map)
      self.part = part
    } else {
      swap(&forward.output, &pass.map)
    }
  }
}

extension PaddedMap {
  /// Takes some of the words of every position of a map of the same size, its border included.
  fileprivate mutating func take(_ whole: PaddedMap, firstWord: Int) {
    let (words, all) = (words, whole.words)
    let source = whole.storage.span
    var out = storage.mutableSpan
    for position in 0..<out.count / words {
      for w in 0..<words { out[position * words + w] = source[position * all + firstWord + w] }
    }
  }
}

/// Positions of an image drawn without replacement where there are enough, the same for every thread and machine.
func samplePositions(_ wanted: Int, of positions: Int, seed: UInt64, image: Int, round: Int) -> [Int] {
  if wanted >= positions { return Array(0..<positions) }
  // A random start and a step without common divisor with the number of positions visit all of them once.
  var generator = SeededGenerator(seed: seed, 0x706f_73, UInt64(image), UInt64(round))
  let start = generator.below(positions)
  var step = 1 + generator.below(positions - 1)
  while greatestCommonDivisor(step, positions) != 1 { step = step % (positions - 1) + 1 }
  return (0..<wanted).map { (start + $0 * step) % positions }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
