// The settings between image and bits: which signals are measured, how finely, and how training
// images are varied. The encoding itself is ImageEncoding's.

/// How pixels become bits: for every signal one thermometer of bits per value.
public struct EncoderPlan: Hashable, Sendable {
  /// Most bits per position that an encoder may give.
  public static let largestBits = 1024

  /// Signals for images of one channel: 0...32, at most 1024 bits in all, no opponents.
  public var grey: [SignalPlan]

  /// Signals for images of several channels: 0...32, at most 1024 bits in all for three channels.
  public var colour: [SignalPlan]

  /// Whether the image, halved along with the features, is encoded again and joins them after every
  /// reduction.
  public var pyramid: Bool

  /// Creates an encoder; the default gives 64 bits for grey images and for colour images.
  public init(
    grey: [SignalPlan] = [
      SignalPlan(source: .mean, window: 0, levels: 16), SignalPlan(source: .mean, window: 3, levels: 16),
      SignalPlan(source: .mean, window: 5, levels: 16), SignalPlan(source: .mean, window: 9, levels: 16),
    ],
    colour: [SignalPlan] = [
      SignalPlan(source: .channels, window: 5, levels: 8),
      SignalPlan(source: .channels, window: 3, levels: 4),
      SignalPlan(source: .channels, window: 0, levels: 6),
      SignalPlan(source: .opponents, window: 0, levels: 5),
    ],
    pyramid: Bool = true
  ) {
    self.grey = grey
    self.colour = colour
    self.pyramid = pyramid
  }

  /// The signals used for images of so many channels.
  public func signals(channels: Int) -> [SignalPlan] { channels == 1 ? grey : colour }

  /// Bits per position for images of so many channels.
  public func bits(channels: Int) -> Int {
    signals(channels: channels).reduce(0) { $0 + $1.levels * $1.values(channels: channels) }
  }
}

/// One kind of number measured at every position and turned into bits by a thermometer.
public struct SignalPlan: Hashable, Sendable {
  /// What is measured.
  public enum Source: String, Hashable, Sendable, CaseIterable {
    /// Every channel by itself: as many values as channels.
    case channels
    /// The mean of the channels: one value.
    case mean
    /// Red minus green, and lightness minus blue: two values, of images with three channels.
    case opponents
    /// Every channel with what the pixels around it already say taken out, learned from the training images.
    case whitened
    /// Every value of the window around a position, whitened against each other and divided by the window's contrast,
    /// learned from the training images: window² values a channel.
    case patch
  }

  /// What is measured.
  public var source: Source

  /// Side in pixels of the neighbourhood whose mean is subtracted: odd 3...15, or 0 for the raw value. Whitening looks at
  /// this neighbourhood and needs one. For a patch the side of its window: 2...9.
  public var window: Int

  /// Bits per value, each the question whether the value is above one quantile: 1...64.
  public var levels: Int

  /// Creates a signal.
  public init(source: Source, window: Int = 0, levels: Int) {
    self.source = source
    self.window = window
    self.levels = levels
  }

  /// Values per position for images of so many channels.
  public func values(channels: Int) -> Int {
    switch source {
    case .channels, .whitened: channels
    case .mean: 1
    case .opponents: 2
    case .patch: window * window * channels
    }
  }
}

/// How training images are varied, anew in every pass; test images never are.
public struct AugmentationPlan: Hashable, Sendable {
  /// Largest shift in each direction, in pixels: 0...8.
  public var shift: Int

  /// Whether half of the images, drawn by the seed, are mirrored left to right.
  public var flip: Bool

  /// Creates an augmentation; the default varies nothing.
  public init(shift: Int = 0, flip: Bool = false) {
    self.shift = shift
    self.flip = flip
  }
}

extension EncoderPlan: PlanSection {
  static var defaults: EncoderPlan { EncoderPlan() }

  static var fields: [PlanField<EncoderPlan>] {
    [.list("grey", \.grey, 0...32), .list("colour", \.colour, 0...32), .flag("pyramid", \.pyramid)]
  }

  func checkTogether(at path: String) throws(TrainingPlanError) {
    for (key, signals) in [("grey", grey), ("colour", colour)] {
      if let i = signals.firstIndex(where: { $0.source == .whitened && $0.window == 0 }) {
        throw TrainingPlanError(
          .contradiction,
          "\(path).\(key)[\(i)].window: 0 with whitened, which looks at the pixels around; allowed: odd 3...15"
        )
      }
      for (i, signal) in signals.enumerated() {
        let allowed =
          signal.source == .patch
          ? (2...9).contains(signal.window)
          : signal.window == 0 || (signal.window >= 3 && signal.window % 2 == 1)
        guard allowed else {
          throw TrainingPlanError(
            .outOfRange,
            "\(path).\(key)[\(i)].window: \(signal.window); allowed with \(signal.source.rawValue): "
              + (signal.source == .patch ? "2...9" : "0 or odd 3...15"))
        }
      }
    }
    if grey.isEmpty && colour.isEmpty {
      throw TrainingPlanError(
        .contradiction, "\(path): grey and colour are both empty; give one of them a signal")
    }
    if let i = grey.firstIndex(where: { $0.source == .opponents }) {
      throw TrainingPlanError(
        .contradiction,
        "\(path).grey[\(i)].source: opponents need three channels; allowed in grey: channels, mean")
    }
    for (key, channels) in [("grey", 1), ("colour", 3)] where bits(channels: channels) > Self.largestBits {
      throw TrainingPlanError(
        .outOfRange,
        "\(path).\(key): \(bits(channels: channels)) bits per position for \(channels) channel(s); "
          + "allowed: at most \(Self.largestBits) (use fewer signals or levels)")
    }
  }
}

extension SignalPlan: PlanSection {
  static var defaults: SignalPlan { SignalPlan(source: .mean, levels: 1) }

  static var fields: [PlanField<SignalPlan>] {
    [
      .choice("source", \.source, required: true),
      .integer("window", \.window, 0...15),
      .integer("levels", \.levels, 1...64, required: true),
    ]
  }
}

extension AugmentationPlan: PlanSection {
  static var defaults: AugmentationPlan { AugmentationPlan() }

  static var fields: [PlanField<AugmentationPlan>] {
    [.integer("shift", \.shift, 0...8), .flag("flip", \.flip)]
  }
}
