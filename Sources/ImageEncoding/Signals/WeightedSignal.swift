// Signals that weigh the channels of a pixel, perhaps less the mean around it: what they have in common.

/// A source whose signals are fixed sums of a pixel's channels; the rest follows from the coefficients.
///
/// Without a window a signal is x = Σ coefficient · channel. With an odd window w it is w · w · x minus the sum of x over
/// the w · w pixels around (edge pixels repeated outwards): x minus its local mean, kept an integer.
protocol WeightedSignal: SignalRules {
  /// The factors of the channels in signal `index`.
  func coefficients(of index: Int, channels: Int) -> [Int32]
  /// How many signals there are.
  func signals(channels: Int) -> Int
  /// What it is, in words, without a window.
  var noun: String { get }
  /// What a difference of one between pixels comes to in x.
  func unit(channels: Int) -> Int
}

extension WeightedSignal {
  var windows: SignalWindows { .odd(isOptional: true) }
  var plannedWindows: SignalWindows { windows }

  func signals(window: Int, channels: Int) -> Int { signals(channels: channels) }

  /// With a window: w · w · x − Σ = the sum over the other w · w − 1 pixels of (x − theirs), each difference within
  /// ±(largest − smallest).
  func range(of index: Int, window: Int, channels: Int) -> ClosedRange<Int> {
    let factors = coefficients(of: index, channels: channels).map { Int($0) }
    let lowest = 255 * factors.reduce(0) { $0 + min(0, $1) }
    let highest = 255 * factors.reduce(0) { $0 + max(0, $1) }
    if window == 0 { return lowest...highest }
    let reach = (window * window - 1) * (highest - lowest)
    return -reach...reach
  }

  var mostBins: Int { 1 << 16 }
  var whitening: WhiteningRule? { nil }

  func values(window: Int, channels: Int, factors: [[Int16]]) -> [SignalValues] {
    (0..<signals(channels: channels)).map {
      .weighted(coefficients: coefficients(of: $0, channels: channels), window: window)
    }
  }

  func words(window: Int) -> String {
    window == 0 ? noun : "\(noun), less its \(window)×\(window) mean"
  }
  func pixelUnit(window: Int, channels: Int) -> Int? {
    max(1, window * window) * unit(channels: channels)
  }
  func side(window: Int) -> Int { 1 }
}
