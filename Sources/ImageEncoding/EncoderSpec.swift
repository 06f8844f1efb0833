// The description of an encoding: which signals are made of a pixel, and whether at several resolutions.
// What the signals are is in Signals/, how they become bits in ImageEncoder.

package import BitKernels
public import Plumbing

/// The description of an encoding.
public struct EncoderSpec: Hashable, Sendable, Codable {
  /// The signals, in the order of their bits.
  public var signals: [SignalSpec]
  /// Whether later blocks get the image again, halved to their resolution.
  public var pyramid: Bool

  /// Most bits of a pixel: nine times as many still is a patch that 16-bit distances can hold.
  public static let mostBits = 7281
  /// Most values to count, over all signals and pyramid levels: 128 MiB of counts.
  public static let mostBins = 1 << 24

  /// Most values around a pixel that whitening looks at: 15 x 15 pixels of three channels.
  public static let mostWhitened = PatchFilters.mostValues

  /// Creates a description; `validate` checks it.
  public init(signals: [SignalSpec], pyramid: Bool) {
    self.signals = signals
    self.pyramid = pyramid
  }

  /// Bits of one pixel of an image of so many channels.
  public func bits(channels: Int) -> Int {
    signals.reduce(0) { $0 + $1.signals(channels: channels) * $1.levels }
  }

  /// The packing of a pixel's bits: every signal of a source that chooses its components has a channel group of its own, the others
  /// share one with their neighbours.
  package func layout(channels: Int) -> ChannelLayout {
    var groups: [Int] = []
    for (i, signal) in signals.enumerated() {
      let bits = signal.signals(channels: channels) * signal.levels
      if beginsWord(i) { groups.append(bits) } else { groups[groups.count - 1] += bits }
    }
    return ChannelLayout(groups: groups)
  }

  /// The description of some signals alone: ascending indices of `signals`.
  package func only(signals chosen: [Int]) -> EncoderSpec {
    EncoderSpec(signals: chosen.map { signals[$0] }, pyramid: pyramid)
  }

  /// Whether signal i begins a channel group, and so a word.
  func beginsWord(_ i: Int) -> Bool {
    i == 0 || signals[i].components > 0 || signals[i - 1].components > 0
  }

  /// The first bit of every signal among a pixel's words.
  package func firstBits(channels: Int) -> [Int] {
    var next = 0
    return signals.enumerated().map { i, signal in
      if beginsWord(i) { next = roundUp(next, to: 64) }
      defer { next += signal.signals(channels: channels) * signal.levels }
      return next
    }
  }

  /// Checks the description for images of a shape.
  /// - Throws: `ImageEncodingError` naming the signal that is out of limits.
  public func validate(shape: ImageShape, pyramidLevels: Int) throws(ImageEncodingError) {
    guard shape.isValid else {
      throw ImageEncodingError(
        code: .badShape, message: "images of \(shape) are empty or beyond Tally's limits")
    }
    guard !signals.isEmpty else {
      throw ImageEncodingError(
        code: .badSpec, message: "an encoding needs at least one signal, such as channels/3/4")
    }
    guard signals.count <= Self.mostBits else {
      throw ImageEncodingError(
        code: .badSpec, message: "\(signals.count) signals are more than the \(Self.mostBits) accepted")
    }
    for signal in signals { try signal.validate(channels: shape.channels) }
    let bits = bits(channels: shape.channels)
    guard bits <= Self.mostBits else {
      throw ImageEncodingError(
        code: .badSpec,
        message:
          "the signals make \(bits) bits a pixel; at most \(Self.mostBits) are possible, so take fewer levels"
      )
    }
    guard (1...16).contains(pyramidLevels), pyramid || pyramidLevels == 1 else {
      throw ImageEncodingError(
        code: .badSpec,
        message: pyramid
          ? "\(pyramidLevels) pyramid levels; there are 1 to 16"
          : "\(pyramidLevels) pyramid levels of an encoding without pyramid, which has 1")
    }
    let bins = binCount(channels: shape.channels, pyramidLevels: pyramidLevels)
    guard bins <= Self.mostBins else {
      throw ImageEncodingError(
        code: .badSpec,
        message: "the signals have \(bins) different values to count; at most \(Self.mostBins) are possible, "
          + "so take smaller windows or fewer pyramid levels")
    }
  }
}
