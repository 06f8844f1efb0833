// A network: encoder, layers, class names. How an image runs through it is in ForwardPass.swift.

public import BitKernels
public import ImageEncoding
public import Plumbing

/// How a map is halved after a layer.
public enum Reduction: String, Hashable, Sendable, CaseIterable {
  /// Not at all.
  case none
  /// A feature is on where any of the four is.
  case or
  /// A feature is on where at least two of the four are.
  case majority

  /// Size of a map's side after the reduction.
  public func side(_ side: Int) -> Int { self == .none ? side : (side + 1) / 2 }
}

extension Reduction: CodedChoice {
  package var fileCode: Int {
    switch self {
    case .none: 0
    case .or: 1
    case .majority: 2
    }
  }
}

/// One layer: filters, what follows them, and the layer's own head.
public struct NetworkLayer: Hashable, Sendable {
  /// The filters with their thresholds.
  public var bank: FilterBank
  /// The encoder's signals that the layer looks at in the whole image, ascending indices; nil: it looks at what the layer before hands
  /// on, or, as the first one, at all signals.
  public var signals: [Int]?
  /// The 2× step after the layer, which ends a block.
  public var reduction: Reduction
  /// Class scores on this layer's counts; nil if the layer has none.
  public var head: LinearHead?
  /// An image whose highest score, summed over the layers up to this one, leads the second by so much or more is answered after
  /// this layer: 0 or more, 16 fractional bits. Nil: no image is.
  public var exit: Int64?

  /// A layer.
  public init(
    bank: FilterBank, signals: [Int]? = nil, reduction: Reduction, head: LinearHead?, exit: Int64? = nil
  ) {
    self.bank = bank
    self.signals = signals
    self.reduction = reduction
    self.head = head
    self.exit = exit
  }
}

/// What a layer looks at: the map in front of it.
public struct LayerInput: Hashable, Sendable {
  /// Positions down and across.
  public let height: Int
  public let width: Int
  /// Level of the image pyramid at this resolution.
  public let level: Int
  /// Channels: features of the layer before, then the encoded image if a block begins here.
  public let layout: ChannelLayout
  /// Whether it is the image itself, with nothing of a layer before.
  public let isImage: Bool
  /// The encoder's signals of which it is made; nil: all that are encoded.
  public let signals: [Int]?
  /// Words of a position at which the encoded image begins; nil if this layer does not get it.
  public let imageOffset: Int?

  /// The square of a grid of `grid` × `grid` that each position lies in, both in row order: (y·G/H, x·G/W).
  public func cells(grid: Int) -> [Int] {
    (0..<height * width).map { $0 / width * grid / height * grid + $0 % width * grid / width }
  }
}

/// A trained (or growing) bit network.
public struct Network: Hashable, Sendable {
  /// Turns images into bits, at every level of the pyramid.
  public var encoder: ImageEncoder
  /// The layers in order.
  public var layers: [NetworkLayer]
  /// Names of the classes, in label order.
  public var classNames: [String]
  /// Whether an image that no layer has answered is looked at a second time, mirrored left to right: its scores are then the mean
  /// of both.
  public var mirrors: Bool

  /// A network.
  public init(encoder: ImageEncoder, layers: [NetworkLayer], classNames: [String], mirrors: Bool = false) {
    self.encoder = encoder
    self.layers = layers
    self.classNames = classNames
    self.mirrors = mirrors
  }

  /// Shape of the images the network takes.
  public var shape: ImageShape { encoder.shape }

  /// What layer `index` looks at; `index` may be `layers.count`, the layer to be learned next.
  public func input(ofLayer index: Int) -> LayerInput {
    precondition((0...layers.count).contains(index))
    let begin = layers[..<min(index + 1, layers.count)].lastIndex { $0.signals != nil } ?? 0
    var input = image(begin < layers.count ? layers[begin].signals : nil)
    for layer in layers[begin..<max(begin, index)] { input = self.input(after: layer, that: input) }
    return input
  }

  /// The encoded image, or some signals of it.
  func image(_ signals: [Int]?) -> LayerInput {
    LayerInput(
      height: shape.height, width: shape.width, level: 0,
      layout: spec(of: signals).layout(channels: shape.channels), isImage: true, signals: signals,
      imageOffset: 0)
  }

  /// The encoding of some signals; nil for all.
  package func spec(of signals: [Int]?) -> EncoderSpec {
    signals.map { encoder.spec.only(signals: $0) } ?? encoder.spec
  }

  /// What the layer after `layer` looks at, which itself looks at `input`.
  private func input(after layer: NetworkLayer, that input: LayerInput) -> LayerInput {
    let halved = layer.reduction != .none
    let level = input.level + (halved ? 1 : 0)
    let features = layer.bank.output
    let withImage = halved && encoder.spec.pyramid && level < encoder.pyramidLevels
    return LayerInput(
      height: layer.reduction.side(input.height), width: layer.reduction.side(input.width), level: level,
      layout: withImage ? features.appending(encoder.layout(level: level)) : features,
      isImage: false, signals: nil, imageOffset: withImage ? features.words : nil)
  }

  /// What a layer that looks at some signals of the image is learned on: those alone, and no layer.
  package func beside(_ signals: [Int]) -> Network {
    Network(encoder: encoder.only(signals: signals), layers: [], classNames: classNames)
  }

  /// The encoder of what an input has of the image.
  package func encoder(of input: LayerInput) -> ImageEncoder {
    input.signals.map { encoder.only(signals: $0) } ?? encoder
  }
}
