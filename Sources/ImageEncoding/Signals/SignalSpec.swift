// One signal of an encoding: its source with a window and a number of levels. The whole encoding is EncoderSpec.

/// One kind of number made of every pixel, and the bits it gets.
public struct SignalSpec: Hashable, Sendable, Codable {
  /// What the number is made of.
  public var source: SignalSource
  /// 0 for the number x itself; otherwise the side of a square of pixels around: those whose mean is taken off, or those
  /// that are weighed. Which sides there are depends on the source.
  public var window: Int
  /// Bits of the thermometer code: 1 to 64.
  public var levels: Int

  /// Signals of a source that can make any number of them, strongest first: 1 to 255; 0 for other sources.
  public var components: Int

  /// Creates a description; `EncoderSpec.validate` checks it.
  public init(source: SignalSource, window: Int, levels: Int, components: Int = 0) {
    self.source = source
    self.window = window
    self.levels = levels
    self.components = components
  }

  /// The source, window and levels, as in "channels/3/4", and the components, if there are some.
  public var name: String {
    "\(source.rawValue)/\(window)/\(levels)" + (components == 0 ? "" : "/\(components)")
  }

  /// Most components of a signal.
  public static let mostComponents = 255

  /// The number of signals for images of so many channels.
  public func signals(channels: Int) -> Int {
    components > 0 ? components : source.rules.signals(window: window, channels: channels)
  }

  /// Whether the signal weighs the pixels around by factors that are learned.
  public var needsWhitening: Bool { source.rules.whitening != nil }

  /// How many filters the signal needs for images of so many channels.
  public func whiteningFilters(channels: Int) -> Int { needsWhitening ? signals(channels: channels) : 0 }

  /// Factors of each of its filters.
  package func whiteningSize(channels: Int) -> Int { window * window * channels }

  /// What the signal is, in words.
  package var words: String { source.rules.words(window: window) }

  /// The side of the square of pixels whose levels the signals of one position are.
  package var side: Int { source.rules.side(window: window) }

  /// The smallest and largest value of signal `index` of this kind, for images of so many channels.
  func range(of index: Int, channels: Int) -> ClosedRange<Int> {
    source.rules.range(of: index, window: window, channels: channels)
  }

  /// Checks the description for images of so many channels.
  /// - Throws: `ImageEncodingError` naming what is out of limits.
  func validate(channels: Int) throws(ImageEncodingError) {
    let rules = source.rules
    func refusal(_ what: String, _ code: ImageEncodingError.Code = .badSpec) -> ImageEncodingError {
      ImageEncodingError(code: code, message: "signal \(name): \(what)")
    }
    guard rules.windows.contains(window) else {
      throw refusal("the window is \(window); allowed: \(rules.windows)")
    }
    guard !needsWhitening || whiteningSize(channels: channels) <= EncoderSpec.mostWhitened else {
      throw refusal(
        "whitening looks at up to \(EncoderSpec.mostWhitened) values, these images have "
          + "\(whiteningSize(channels: channels)) in the window; take a smaller one")
    }
    guard (1...64).contains(levels) else {
      throw refusal("the number of levels is \(levels); it is 1 to 64")
    }
    if let most = rules.mostComponents(window: window, channels: channels) {
      guard (1...min(most, Self.mostComponents)).contains(components) else {
        throw refusal("there are \(components) components; it is 1 to \(min(most, Self.mostComponents))")
      }
    } else if components != 0 {
      throw refusal("\(rules.name) has no components to choose")
    }
    if let needed = rules.channelsNeeded, needed != channels {
      let others = SignalSource.of(channels: channels).map(\.rawValue).joined(separator: ", ")
      throw refusal(
        "\(rules.name) needs images with \(needed) channels, these have \(channels); allowed: \(others)",
        .wrongChannels)
    }
  }
}
