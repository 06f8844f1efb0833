// The sources that signals are made of. All that is true of one source is in its own file beside this one.

import BitKernels
import Plumbing

/// What the numbers of a signal are made of.
public enum SignalSource: Hashable, Sendable, Codable, CaseIterable {
  /// Every channel by itself: as many signals as channels.
  case channels
  /// The sum over the channels: one signal.
  case mean
  /// Colour differences of an image with 3 channels: two signals, R - G and R + G - 2 B.
  case opponents
  /// Every channel with what its neighbourhood already says taken out (ZCA whitening): as many signals as channels.
  case whitened
  /// Every value of the window around the pixel, whitened against each other and divided by the window's contrast.
  case patch
  /// The strongest principal components of the window around the pixel, each divided by its deviation, in units of the window's
  /// contrast.
  case components

  /// What the source means, everywhere.
  package var rules: any SignalRules {
    switch self {
    case .channels: ChannelsSignal()
    case .mean: MeanSignal()
    case .opponents: OpponentsSignal()
    case .whitened: WhitenedSignal()
    case .patch: PatchSignal()
    case .components: ComponentsSignal()
    }
  }

  /// The sources that images of so many channels have.
  package static func of(channels: Int) -> [SignalSource] {
    allCases.filter { $0.rules.accepts(channels: channels) }
  }
}

extension SignalSource: CodedChoice {
  package var fileCode: Int { rules.fileCode }
}

extension SignalSource: RawRepresentable {
  /// The name in plans.
  public var rawValue: String { rules.name }

  /// The source of a name; nil if there is none.
  public init?(rawValue: String) {
    guard let source = Self.allCases.first(where: { $0.rules.name == rawValue }) else { return nil }
    self = source
  }
}
