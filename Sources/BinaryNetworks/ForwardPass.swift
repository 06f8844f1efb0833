// One image through a network, or through its first layers: bits, features, counts, scores.
// Holds the memory this needs; one per thread.

public import BitTensors
public import ImageData
import ImageEncoding

/// Runs images through a network, one at a time, without allocating.
public final class ForwardPass {
  /// The network that is run.
  public let network: Network
  /// The passes of the layers, in order.
  public private(set) var layers: [LayerPass]
  /// The bits in front of the layer that comes after the last one run.
  public var output: PaddedMap
  /// Pooled counts of every layer that has a head, after `run(scores: true)`.
  public private(set) var counts: [[Int32]]
  private let inputs: [LayerInput]
  private let workspace: EncoderWorkspace
  private var pyramid: [[UInt8]] = []

  /// A pass over `network`; `output` gets the border of a window of `nextWindow`.
  public init(network: Network, nextWindow: Int = 1) {
    self.network = network
    let inputs = (0...network.layers.count).map { network.input(ofLayer: $0) }
    self.inputs = inputs
    layers = network.layers.enumerated().map { LayerPass(bank: $1.bank, input: inputs[$0]) }
    let next = inputs[network.layers.count]
    output = PaddedMap(height: next.height, width: next.width, window: nextWindow, words: next.layout.words)
    counts = network.layers.map { layer in
      guard let head = layer.head else { return [] }
      return Array(repeating: 0, count: head.features)
    }
    workspace = EncoderWorkspace()
  }

  /// Runs an image through the layers.
  /// - Parameters:
  ///   - pixels: H × W × channels bytes of the network's shape.
  ///   - scores: whether counts are wanted; the scores are then given by `scores(ofLayer:)`.
  ///   - features: whether `output` is wanted.
  public func run(_ pixels: Span<UInt8>, scores: Bool, features: Bool) {
    precondition(pixels.count == network.shape.pixels, "image of another shape than the network's")
    buildPyramid(pixels)
    encode(into: 0)
    for (index, pass) in layers.enumerated() {
      let isLast = index == layers.count - 1
      let wantsFeatures = features || !isLast
      let head = scores ? network.layers[index].head : nil
      if head != nil { counts[index].clear() }
      pass.forEachTile { rows, distances in
        if let head {
          var sums = counts[index].mutableSpan
          pass.count(rows: rows, distances: distances, grid: head.grid, kind: head.counts, into: &sums)
        }
        if wantsFeatures { pass.packFeatures(rows: rows, distances: distances) }
      }
      guard wantsFeatures else { return }
      let reduction = network.layers[index].reduction
      if isLast {
        pass.reduceFeatures(reduction, into: &output)
      } else {
        pass.reduceFeatures(reduction, into: &layers[index + 1].map)
      }
      encode(into: index + 1)
    }
  }

  /// Scores of one layer's head for the image of the last run, 16 fractional bits; nil if it has none.
  public func scores(ofLayer index: Int) -> [Int64]? {
    network.layers[index].head?.scores(counts[index].span)
  }

  /// Summed scores of all layers that have a head.
  public func summedScores() -> [Int64] {
    var sum = [Int64](repeating: 0, count: network.classNames.count)
    for index in layers.indices {
      guard let scores = scores(ofLayer: index) else { continue }
      for c in sum.indices { sum[c] += scores[c] }
    }
    return sum
  }

  private func buildPyramid(_ pixels: Span<UInt8>) {
    let levels = 1 + (inputs.filter { $0.imageOffset != nil }.map(\.level).max() ?? 0)
    if pyramid.isEmpty { pyramid = Array(repeating: [], count: levels) }
    if pyramid[0].count != pixels.count { pyramid[0] = Array(repeating: 0, count: pixels.count) }
    var base = pyramid[0].mutableSpan
    for i in 0..<pixels.count { base[i] = pixels[i] }
    var shape = network.shape
    for level in 1..<max(1, levels) { (pyramid[level], shape) = halve(pyramid[level - 1], shape) }
  }

  /// Writes the encoded image into the map in front of layer `index` where that layer gets it.
  private func encode(into index: Int) {
    let input = inputs[index]
    guard let offset = input.imageOffset else { return }
    if index < layers.count {
      write(level: input.level, offset: offset, into: &layers[index].map)
    } else {
      write(level: input.level, offset: offset, into: &output)
    }
  }

  private func write(level: Int, offset: Int, into map: inout PaddedMap) {
    let start = map.origin + offset
    let rowStride = map.rowStride
    let columnStride = map.words
    var words = map.storage.mutableSpan
    network.encoder.encode(
      pixels: pyramid[level].span, level: level, into: &words, offset: start, rowStride: rowStride,
      columnStride: columnStride, workspace: workspace)
  }
}

extension [Int32] {
  /// Sets every element to zero in place.
  fileprivate mutating func clear() {
    for i in indices { self[i] = 0 }
  }
}
