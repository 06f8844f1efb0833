// What every round of a layer starts from: the frozen layers below, and images run up to the layer being learned.

package import BinaryNetworks
import BitKernels
package import ImageData
import ImageEncoding
import Plumbing

/// The layers already learned, and how images are varied before they run through them.
package struct FrozenStack: Sendable {
  /// Encoder and finished layers.
  package let network: Network
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
    network: Network, window: Int, augmentation: Augmentation, seed: UInt64, cache: LayerInputCache? = nil
  ) {
    self.cache = cache
    self.network = network
    self.window = window
    self.augmentation = augmentation
    self.seed = seed
  }

  /// What the layer being learned looks at.
  package var input: LayerInput { network.input(ofLayer: network.layers.count) }

  /// A stack in front of one channel group of an encoded image, of which nothing else is computed.
  /// - Precondition: there are no layers below, and as many signals as channel groups.
  package func looking(atGroup group: Int) -> FrozenStack {
    precondition(network.layers.isEmpty && input.layout.groups.count == network.encoder.spec.signals.count)
    return FrozenStack(
      network: network.beside([group]), window: window, augmentation: augmentation, seed: seed)
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

  init(_ stack: FrozenStack) {
    self.stack = stack
    forward = ForwardPass(network: stack.network, nextWindow: stack.window)
    pixels = SharedBuffer(repeating: 0, count: stack.network.shape.pixels)
  }

  /// The bits of the image last loaded.
  var map: PaddedMap { forward.output }

  /// Runs one image; `pass` seeds its augmentation, nil leaves it as it is.
  func load(_ images: LabelledImages, _ index: Int, pass: UInt64?, scores: Bool = false) {
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
  func hand(to pass: LayerPass) { swap(&forward.output, &pass.map) }
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
