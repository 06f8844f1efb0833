// What an explanation needs of memory, known before any of it is allocated.

import BinaryNetworks
import ImageEncoding
import Plumbing

extension Explanation {
  /// Bytes of an explanation of one image: the forward pass; for every layer what its counts and positions add, for the
  /// class and for the difference, and where the filters shown fired; maps and pictures of the image's size.
  static func bytes(_ network: Network) -> Int {
    var bytes = network.bytesPerPass
    for (index, layer) in network.layers.enumerated() {
      guard let head = layer.head else { continue }
      let input = network.input(ofLayer: index)
      let positions = input.height * input.width
      let shown = 2 * filtersPerSide
      // Counts, weights, what they add, what has been shared out of it: 8 bytes each, twice.
      let features = MemoryLimit.product(2 * 5 * 8, head.features)
      // Cells, what a position adds, and for every filter shown the amounts of its features and what they add.
      let places = MemoryLimit.product(4 * 8 + shown * (4 * layer.bank.countedFeatures.count + 8), positions)
      // A heat map for every filter shown, as wide and high as the map, and a picture of the image under it.
      let pictures = MemoryLimit.product(3 * 8, positions)
      bytes = MemoryLimit.sum(bytes, features, places, pictures)
    }
    // For a pixel: sums of 16 bytes, three times 8 for a heat map and its sorted sizes, 3 for each of up to eight pictures;
    // three pictures side by side with their gaps and the words around them, as they are, as lines and compressed. Files enlarge small images alone.
    let pixels = max(
      280 * 480, (max(network.shape.width, 168) + 32) * (network.shape.height + 232))
    let strip = MemoryLimit.product(2 * filtersPerSide, 3 * 22 * 22, network.encoder.spec.signals.count)
    return MemoryLimit.sum(bytes, MemoryLimit.product(16 + 3 * 8 + 8 * 3 + 3 * 3 * 3, pixels), strip)
  }
}
