// What a network read from a file must not exceed so that no sum overflows and no image needs absurd memory.

import BitKernels
import ImageEncoding
import Plumbing

/// Adds up, layer by layer, the memory an image needs on its way through a network, and the largest score there can be.
///
/// Everything that a `ForwardPass` allocates is in here, and two copies of the image for whoever hands it in.
struct NetworkBounds {
  /// Words of maps and features.
  private var words = 0
  /// Bytes of everything.
  private(set) var bytes = 0
  private var score: UInt128 = 0
  private let spec: EncoderSpec
  private let channels: Int
  private let memory: MemoryLimit

  /// The bounds of a network with this encoding.
  init(_ spec: EncoderSpec, shape: ImageShape, memory: MemoryLimit) {
    self.spec = spec
    channels = shape.channels
    self.memory = memory
    // The levels of the pyramid come to no more than the image again, but for its first halvings' odd edges.
    bytes = MemoryLimit.sum(spec.workspaceBytes(shape: shape), 4 * shape.pixels)
  }

  /// What is wrong with the memory so far, nil if nothing.
  var problem: String? {
    let most = min(memory.bytes, ModelFile.mostImageBytes)
    guard words <= ModelFile.mostMapWords, bytes <= most else {
      let limit = words > ModelFile.mostMapWords ? 8 * ModelFile.mostMapWords : most
      return "an image needs more than \(limit) bytes up to here"
    }
    return nil
  }

  /// Takes the map in front of a layer into account, and the encoder of a layer that looks at some signals of the image.
  /// - Returns: what is wrong with it, nil if nothing.
  mutating func add(map input: LayerInput, window: Int) -> String? {
    let map = (input.height + window - 1) * (input.width + window - 1) * input.layout.words
    words += map
    let tables = input.signals.map { spec.only(signals: $0).tableBytes(channels: channels, pyramidLevels: 1) }
    bytes = MemoryLimit.sum(bytes, 8 * map, tables ?? 0)
    return problem
  }

  /// Takes the filters of a layer and the map in front of it into account.
  /// - Returns: what is wrong with it, nil if nothing.
  mutating func add(_ bank: FilterBank, input: LayerInput) -> String? {
    let positions = input.height * input.width
    // No overflow: at most 2^28 positions with a border of 6, each of at most 2^10 words.
    let features = positions * bank.output.words
    words += features + input.width * bank.stride / 4
    // Rows packed for a bank whose positions have one word take fewer words than its window is wide.
    let packed =
      bank.input.words == 1 ? (input.height + bank.window - 1) * input.width * (bank.window - 1) : 0
    let filters = bank.filters.count * (bank.masks == nil ? 2 : 4)
    let tile = 2 * max(12_288, input.width * bank.stride)
    bytes = MemoryLimit.sum(bytes, 8 * (features + packed + filters), tile)
    return add(map: input, window: bank.window)
  }

  /// Takes a layer's head into account.
  /// - Returns: what is wrong with it, nil if nothing.
  mutating func add(_ head: LinearHead, bank: FilterBank, input: LayerInput) -> String? {
    let layout = head.layout
    let squares = layout.kept(perCell: head.features / layout.cells)
    bytes = MemoryLimit.sum(bytes, 4 * head.features, 4 * squares, 16 * head.classes)
    if let problem { return problem }
    let sum = head.largestSum(bank, input)
    guard sum <= Int(Int32.max) else {
      return "a cell of the head's grid may count \(sum), beyond 32 bits"
    }
    let largest = head.largestScore(count: head.counts.rules.largestCount(sum: sum))
    let shift = max(0, LinearHead.scoreBits - head.scale)
    score += largest << UInt128(shift) + 1
    guard largest < 1 << 62, score < 1 << 62 else { return "the head's scores may be beyond 64 bits" }
    return nil
  }
}

extension LinearHead {
  /// The most that the positions of a cell can add up to, before the count is finished.
  package func largestSum(_ bank: FilterBank, _ input: LayerInput) -> Int {
    // A cell of span S has at most ⌈S·H/G⌉ · ⌈S·W/G⌉ positions.
    let positions = layout.largestSide(of: input.height) * layout.largestSide(of: input.width)
    let reach = bank.countedFeatures.map { feature in
      switch feature.side {
      case .near: Int(feature.thresholds.max() ?? 0)
      case .far: max(0, bank.largestDistance - Int(feature.thresholds.min() ?? 0))
      }
    }
    return positions * counts.rules.largestAmount(reach: reach.max() ?? 0)
  }

  /// The largest size of a class's score where no count is larger, in units of 2^−scale.
  package func largestScore(count: Int) -> UInt128 {
    (0..<classes).map { c in
      let sizes = weights[c * features..<(c + 1) * features].reduce(UInt64(0)) { $0 + UInt64($1.magnitude) }
      return UInt128(sizes) * UInt128(count) + UInt128(bias[c].magnitude)
    }.max() ?? 0
  }
}

extension Network {
  /// What keeps a network from being read back from a file, or its scores inside 64 bits; nil if nothing.
  package var problem: String? {
    var bounds = NetworkBounds(encoder.spec, shape: shape, memory: .none)
    for (index, layer) in layers.enumerated() {
      let input = input(ofLayer: index)
      if let problem = bounds.add(layer.bank, input: input)
        ?? layer.head.flatMap({ bounds.add($0, bank: layer.bank, input: input) })
      {
        return "layer \(index): \(problem)"
      }
    }
    return bounds.add(map: input(ofLayer: layers.count), window: 1)
  }

  /// Bytes that a forward pass over the network needs, for each thread that runs images through it.
  package var bytesPerPass: Int {
    var bounds = NetworkBounds(encoder.spec, shape: shape, memory: .none)
    for (index, layer) in layers.enumerated() {
      let input = input(ofLayer: index)
      _ = bounds.add(layer.bank, input: input)
      if let head = layer.head { _ = bounds.add(head, bank: layer.bank, input: input) }
    }
    _ = bounds.add(map: input(ofLayer: layers.count), window: 1)
    return bounds.bytes
  }
}
