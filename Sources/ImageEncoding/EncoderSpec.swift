// The description of an encoding: which numbers are made of a pixel, and how many bits of each.
// How the numbers are computed is in SignalPlanes, how they become bits in Encoder.

import BitKernels
public import Plumbing

/// One kind of number made of every pixel, and the bits it gets.
public struct SignalSpec: Hashable, Sendable, Codable {
  /// What the number is made of.
  public enum Source: String, Hashable, Sendable, Codable {
    /// Every channel by itself: as many signals as channels.
    case channels
    /// The sum over the channels: one signal.
    case mean
    /// Colour differences of an image with 3 channels: two signals, R - G and R + G - 2 B.
    case opponents
    /// Every channel with what its neighbourhood already says taken out (ZCA whitening): as many signals as channels.
    /// The factors of the pixels around are learned from the training images, see ``WhiteningStatistics``.
    case whitened
    /// Every value of the window around the pixel, w * w * channels signals: whitened against each other (ZCA) and divided by
    /// the window's contrast, as patches are made ready for k-means by Coates, Ng and Lee (2011). The factors are
    /// learned from the training images.
    case patch

    /// The factors of the channels in signal `index`.
    func coefficients(of index: Int, channels: Int) -> [Int32] {
      switch self {
      case .channels: (0..<channels).map { $0 == index ? 1 : 0 }
      case .mean: [Int32](repeating: 1, count: channels)
      case .opponents: index == 0 ? [1, -1, 0] : [1, 1, -2]
      case .whitened, .patch: []
      }
    }
  }

  /// What the number is made of.
  public var source: Source
  /// 0 for the number x itself; otherwise an odd w from 3 to 15, for w * w * x minus the sum over the w * w pixels
  /// around it (edge pixels repeated outwards): x minus its local mean, kept an integer. For `whitened` the side of the
  /// neighbourhood, from 3 on; for `patch` the side of the window, 2 to 15, even ones reaching further down and right.
  public var window: Int
  /// Bits of the thermometer code: 1 to 64.
  public var levels: Int

  /// Creates a description; `EncoderSpec.validate` checks it.
  public init(source: Source, window: Int, levels: Int) {
    self.source = source
    self.window = window
    self.levels = levels
  }

  /// The source, window and levels, as in "channels/3/4".
  public var name: String { "\(source.rawValue)/\(window)/\(levels)" }

  /// The number of signals for images of so many channels.
  public func signals(channels: Int) -> Int {
    switch source {
    case .channels, .whitened: channels
    case .mean: 1
    case .opponents: 2
    case .patch: window * window * channels
    }
  }

  /// Whether the signal weighs the pixels around by factors that are learned.
  public var needsKernels: Bool { source == .whitened || source == .patch }

  /// How many kernels the signal needs for images of so many channels.
  public func kernels(channels: Int) -> Int { needsKernels ? signals(channels: channels) : 0 }

  /// The smallest and largest value of signal `index` of this kind, for images of so many channels.
  ///
  /// With a window: w * w * x - sum = sum over the other w * w - 1 pixels of (x - theirs), each difference within
  /// plus or minus (largest - smallest).
  func range(of index: Int, channels: Int) -> ClosedRange<Int> {
    let raw: ClosedRange<Int> =
      switch source {
      case .channels: 0...255
      case .mean: 0...(255 * channels)
      case .opponents: index == 0 ? -255...255 : -510...510
      // The factors' sizes add up to at most this.
      case .whitened: -255 * WhiteningKernels.size...255 * WhiteningKernels.size
      case .patch: -32_767...32_767
      }
    if needsKernels { return raw }
    if window == 0 { return raw }
    let reach = (window * window - 1) * (raw.upperBound - raw.lowerBound)
    return -reach...reach
  }
}

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

  /// Checks the description for images of a shape.
  /// - Throws: `EncodingError` naming the signal that is out of limits.
  public func validate(shape: ImageShape, pyramidLevels: Int) throws(EncodingError) {
    guard shape.isValid else {
      throw EncodingError(code: .badShape, message: "images of \(shape) are empty or beyond Tally's limits")
    }
    guard !signals.isEmpty else {
      throw EncodingError(
        code: .badSpec, message: "an encoding needs at least one signal, such as channels/3/4")
    }
    guard signals.count <= Self.mostBits else {
      throw EncodingError(
        code: .badSpec, message: "\(signals.count) signals are more than the \(Self.mostBits) accepted")
    }
    for signal in signals {
      guard
        signal.source == .patch
          ? (2...15).contains(signal.window)
          : signal.window == 0 || (signal.window % 2 == 1 && (3...15).contains(signal.window))
      else {
        throw EncodingError(
          code: .badSpec,
          message:
            "signal \(signal.name): the window is \(signal.window); it is "
            + (signal.source == .patch ? "2 to 15" : "0 or an odd number from 3 to 15"))
      }
      guard signal.source != .whitened || signal.window >= 3 else {
        throw EncodingError(
          code: .badSpec,
          message: "signal \(signal.name): whitening needs the pixels around, a window from 3 to 15")
      }
      guard
        !signal.needsKernels
          || signal.window * signal.window * shape.channels <= Self.mostWhitened
      else {
        throw EncodingError(
          code: .badSpec,
          message:
            "signal \(signal.name): whitening looks at up to \(Self.mostWhitened) values, these images have "
            + "\(signal.window * signal.window * shape.channels) in the window; take a smaller one")
      }
      guard (1...64).contains(signal.levels) else {
        throw EncodingError(
          code: .badSpec,
          message: "signal \(signal.name): the number of levels is \(signal.levels); it is 1 to 64")
      }
      guard signal.source != .opponents || shape.channels == 3 else {
        throw EncodingError(
          code: .opponentsNeedThreeChannels,
          message:
            "signal \(signal.name): opponents need images with 3 channels, these have \(shape.channels); "
            + "use channels or mean")
      }
    }
    let bits = bits(channels: shape.channels)
    guard bits <= Self.mostBits else {
      throw EncodingError(
        code: .badSpec,
        message:
          "the signals make \(bits) bits a pixel; at most \(Self.mostBits) are possible, so take fewer levels"
      )
    }
    guard (1...16).contains(pyramidLevels), pyramid || pyramidLevels == 1 else {
      throw EncodingError(
        code: .badSpec,
        message: pyramid
          ? "\(pyramidLevels) pyramid levels; there are 1 to 16"
          : "\(pyramidLevels) pyramid levels of an encoding without pyramid, which has 1")
    }
    let bins = binCount(channels: shape.channels, pyramidLevels: pyramidLevels)
    guard bins <= Self.mostBins else {
      throw EncodingError(
        code: .badSpec,
        message: "the signals have \(bins) different values to count; at most \(Self.mostBins) are possible, "
          + "so take smaller windows or fewer pyramid levels")
    }
  }
}
