// One image through a network, or through its first layers: bits, features, counts, scores.
// Holds the memory this needs; one per thread.

import BitKernels
import ImageEncoding
package import Plumbing

/// Runs images through a network, one at a time, without allocating.
package final class ForwardPass {
  /// The network that is run.
  package let network: Network
  /// The passes of the layers, in order.
  package private(set) var layers: [LayerPass]
  /// The bits in front of the layer that comes after the last one run.
  package var output: PaddedMap
  /// Pooled counts of every layer that has a head, after `run(scores: true)`.
  package let counts: [SharedBuffer<Int32>]
  /// Where the counts of every layer that has a head are summed up.
  private let sums: [CellSums?]
  private let inputs: [LayerInput]
  /// What makes bits of the image for each of the inputs.
  private let encoders: [ImageEncoder]
  private let workspace: EncoderWorkspace
  /// The image at every level of the pyramid that some layer gets.
  private let pyramid: [SharedBuffer<UInt8>]

  /// A pass over `network`; `output` gets the border of a window of `nextWindow`.
  package init(network: Network, nextWindow: Int = 1) {
    self.network = network
    let inputs = (0...network.layers.count).map { network.input(ofLayer: $0) }
    self.inputs = inputs
    encoders = inputs.map { network.encoder(of: $0) }
    layers = network.layers.enumerated().map { LayerPass(bank: $1.bank, input: inputs[$0]) }
    let next = inputs[network.layers.count]
    output = PaddedMap(height: next.height, width: next.width, window: nextWindow, words: next.layout.words)
    counts = network.layers.map { layer in
      SharedBuffer(repeating: 0, count: layer.head?.features ?? 0)
    }
    sums = network.layers.map { layer in
      layer.head.map { CellSums($0.layout, perCell: $0.features / $0.cells) }
    }
    let levels = 1 + (inputs.filter { $0.imageOffset != nil }.map(\.level).max() ?? 0)
    pyramid = (0..<levels).map { SharedBuffer(repeating: 0, count: network.shape.halved($0).pixels) }
    workspace = EncoderWorkspace(shape: network.shape)
  }

  /// Runs an image through the layers.
  /// - Parameters:
  ///   - pixels: H × W × channels bytes of the network's shape.
  ///   - scores: whether counts are wanted; the scores are then given by `scores(ofLayer:)`.
  ///   - features: whether `output` is wanted.
  package func run(_ pixels: Span<UInt8>, scores: Bool, features: Bool) {
    begin(pixels)
    for index in layers.indices { run(layer: index, scores: scores, features: features) }
    if features { encode(into: layers.count) }
  }

  /// Takes an image up, in front of the first layer.
  func begin(_ pixels: Span<UInt8>) {
    precondition(pixels.count == network.shape.pixels, "image of another shape than the network's")
    buildPyramid(pixels)
  }

  /// Runs the image through a layer, after those before it.
  func run(layer index: Int, scores: Bool, features: Bool) {
    encode(into: index)
    let pass = layers[index]
    let isLast = index == layers.count - 1
    let wantsFeatures = isLast ? features : !inputs[index + 1].isImage
    let head = scores ? network.layers[index].head : nil
    if let head, let sums = sums[index] {
      counts[index].withMutableSpan(0..<counts[index].count) { counts in
        guard wantsFeatures else {
          pass.count(grid: head.grid, kind: head.counts, with: sums, into: &counts)
          return
        }
        sums.add(into: &counts) { squares in
          pass.forEachTile { rows, distances in
            pass.count(rows: rows, distances: distances, grid: head.grid, kind: head.counts, into: &squares)
            pass.packFeatures(rows: rows, distances: distances)
          }
        }
        head.counts.rules.finish(&counts)
      }
    } else if wantsFeatures {
      pass.forEachTile { rows, distances in pass.packFeatures(rows: rows, distances: distances) }
    }
    guard wantsFeatures else { return }
    let reduction = network.layers[index].reduction
    if isLast {
      pass.reduceFeatures(reduction, into: &output)
    } else {
      pass.reduceFeatures(reduction, into: &layers[index + 1].map)
    }
  }

  /// Scores of one layer's head for the image of the last run, 16 fractional bits; nil if it has none.
  package func scores(ofLayer index: Int) -> [Int64]? {
    guard let head = network.layers[index].head else { return nil }
    return counts[index].withSpan(0..<counts[index].count) { head.scores($0) }
  }

  /// Summed scores of all layers that have a head.
  package func summedScores() -> [Int64] {
    var sum = [Int64](repeating: 0, count: network.classNames.count)
    for index in layers.indices { addScores(ofLayer: index, to: &sum) }
    return sum
  }

  /// Adds a layer's scores for the image of the last run; nothing if it has no head.
  /// - Returns: what was added.
  @discardableResult
  package func addScores(ofLayer index: Int, to sum: inout [Int64]) -> [Int64]? {
    let scores = scores(ofLayer: index)
    if let scores {
      for c in sum.indices { sum[c] += scores[c] }
    }
    return scores
  }

  private func buildPyramid(_ pixels: Span<UInt8>) {
    pyramid[0].withMutableSpan(0..<pixels.count) { base in
      for i in 0..<pixels.count { base[i] = pixels[i] }
    }
    for level in 1..<max(1, pyramid.count) {
      let shape = network.shape.halved(level - 1)
      pyramid[level - 1].withSpan(0..<shape.pixels) { above in
        pyramid[level].withMutableSpan(0..<shape.halved.pixels) { halve(above, shape: shape, into: &$0) }
      }
    }
  }

  /// Writes the encoded image into the map in front of layer `index` where that layer gets it.
  private func encode(into index: Int) {
    let input = inputs[index]
    guard let offset = input.imageOffset else { return }
    if index < layers.count {
      write(index, offset: offset, into: &layers[index].map)
    } else {
      write(index, offset: offset, into: &output)
    }
  }

  private func write(_ index: Int, offset: Int, into map: inout PaddedMap) {
    let level = inputs[index].level
    let start = map.origin + offset
    let rowStride = map.rowStride
    let columnStride = map.words
    var words = map.storage.mutableSpan
    pyramid[level].withSpan(0..<pyramid[level].count) { pixels in
      encoders[index].encode(
        pixels, level: level, into: &words, offset: start, rowStride: rowStride, columnStride: columnStride,
        workspace: workspace)
    }
  }
}
