// The settings between image and bits: which signals are measured, how finely, and how training
// images are varied. The encoding itself, and what signals there are, is ImageEncoding's.

public import ImageEncoding

/// How pixels become bits: for every signal one thermometer of bits per value.
public struct EncoderPlan: Hashable, Sendable {
  /// Most bits per position that an encoder may give.
  public static let largestBits = 1024
  /// Most signals for images of one kind.
  static let mostSignals = 32

  /// Signals for images of one channel: 0...32, at most 1024 bits in all, of sources that such images have.
  public var grey: [SignalSpec]

  /// Signals for images of several channels: 0...32, at most 1024 bits in all for three channels.
  public var colour: [SignalSpec]

  /// Whether the image, halved along with the features, is encoded again and joins them after every
  /// reduction.
  public var pyramid: Bool

  /// Creates an encoder; the default gives 64 bits for grey images and for colour images.
  public init(
    grey: [SignalSpec] = [
      SignalSpec(source: .mean, window: 0, levels: 16), SignalSpec(source: .mean, window: 3, levels: 16),
      SignalSpec(source: .mean, window: 5, levels: 16), SignalSpec(source: .mean, window: 9, levels: 16),
    ],
    colour: [SignalSpec] = [
      SignalSpec(source: .channels, window: 5, levels: 8),
      SignalSpec(source: .channels, window: 3, levels: 4),
      SignalSpec(source: .channels, window: 0, levels: 6),
      SignalSpec(source: .opponents, window: 0, levels: 5),
    ],
    pyramid: Bool = true
  ) {
    self.grey = grey
    self.colour = colour
    self.pyramid = pyramid
  }

  /// The signals used for images of so many channels.
  ///
  /// ``colour`` is written for three channels. Where images have fewer, and some window fewer components than asked for, every window
  /// gives as many as the smallest has at most, so that those alike stay alike.
  public func signals(channels: Int) -> [SignalSpec] {
    let signals = channels == 1 ? grey : colour
    let most = signals.map { $0.source.rules.mostComponents(window: $0.window, channels: channels) ?? .max }
    guard let least = most.min(), zip(signals, most).contains(where: { $0.components > $1 }) else {
      return signals
    }
    return signals.map { signal in
      var signal = signal
      signal.components = min(signal.components, least)
      return signal
    }
  }

  /// Bits per position for images of so many channels.
  public func bits(channels: Int) -> Int {
    signals(channels: channels).reduce(0) { $0 + $1.levels * $1.signals(channels: channels) }
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
    [
      .list("grey", \.grey, 0...mostSignals), .list("colour", \.colour, 0...mostSignals),
      .flag("pyramid", \.pyramid),
    ]
  }

  func checkTogether(at path: String) throws(TrainingPlanError) {
    for (key, signals) in [("grey", grey), ("colour", colour)] {
      for (i, signal) in signals.enumerated() {
        let rules = signal.source.rules
        guard rules.plannedWindows.contains(signal.window) else {
          throw TrainingPlanError(
            .outOfRange,
            "\(path).\(key)[\(i)].window: \(signal.window); allowed with \(rules.name): \(rules.plannedWindows)"
          )
        }
      }
    }
    if grey.isEmpty && colour.isEmpty {
      throw TrainingPlanError(
        .contradiction, "\(path): grey and colour are both empty; give one of them a signal")
    }
    for (key, signals, channels) in [("grey", grey, 1), ("colour", colour, 3)] {
      for (i, signal) in signals.enumerated() {
        try signal.checkComponents(channels: channels, at: "\(path).\(key)[\(i)].components")
      }
    }
    if let problem = Self.channelsProblem(grey, channels: 1) {
      throw TrainingPlanError(.contradiction, "\(path).grey\(problem)")
    }
    for (key, channels) in [("grey", 1), ("colour", 3)] where bits(channels: channels) > Self.largestBits {
      throw TrainingPlanError(
        .outOfRange,
        "\(path).\(key): \(bits(channels: channels)) bits per position for \(channels) channel(s); "
          + "allowed: at most \(Self.largestBits) (use fewer signals or levels)")
    }
  }
}

extension EncoderPlan {
  /// What is wrong with the first signal that images of so many channels do not have; nil if they have all.
  static func channelsProblem(_ signals: [SignalSpec], channels: Int) -> String? {
    for (i, signal) in signals.enumerated() {
      let rules = signal.source.rules
      guard let needed = rules.channelsNeeded, needed != channels else { continue }
      let allowed = SignalSource.of(channels: channels).map(\.rawValue).joined(separator: ", ")
      return
        "[\(i)].source: \(rules.name) needs images of \(needed) channels, not \(channels); allowed: \(allowed)"
    }
    return nil
  }
}

extension SignalSpec {
  /// Refuses a number of components that the source does not have for images of so many channels.
  fileprivate func checkComponents(channels: Int, at path: String) throws(TrainingPlanError) {
    let most = source.rules.mostComponents(window: window, channels: channels)
      .map { min($0, SignalSpec.mostComponents) }
    let allowed = most.map { $0 > 0 ? 1...$0 : 0...0 } ?? 0...0
    guard allowed.contains(components) else {
      throw .outOfRange(
        path, "\(components)", most == nil ? "0 with \(source.rawValue)" : "1...\(allowed.upperBound)")
    }
  }
}

extension SignalSpec: PlanSection {
  static var defaults: SignalSpec { SignalSpec(source: .mean, window: 0, levels: 1) }

  static var fields: [PlanField<SignalSpec>] {
    [
      .choice("source", \.source, required: true),
      .integer("window", \.window, 0...15),
      .integer("levels", \.levels, 1...64, required: true),
      .integer("components", \.components, 0...SignalSpec.mostComponents, omitted: 0),
    ]
  }
}

extension AugmentationPlan: PlanSection {
  static var defaults: AugmentationPlan { AugmentationPlan() }

  static var fields: [PlanField<AugmentationPlan>] {
    [.integer("shift", \.shift, 0...8), .flag("flip", \.flip)]
  }
}
