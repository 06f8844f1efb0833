// The signals of the source `whitened`.

/// Every channel with what its neighbourhood already says taken out (ZCA whitening). The factors of the pixels around are
/// learned from the training images, see ``WhiteningStatistics``.
struct WhitenedSignal: SignalRules {
  let name = "whitened"
  let fileCode = 3
  let fileVersion: UInt64 = 2

  let windows = SignalWindows.odd(isOptional: false)
  var plannedWindows: SignalWindows { windows }
  let channelsNeeded: Int? = nil

  func signals(window: Int, channels: Int) -> Int { channels }
  /// The factors' sizes add up to at most `WhiteningFilters.size`.
  func range(of index: Int, window: Int, channels: Int) -> ClosedRange<Int> {
    -255 * WhiteningFilters.size...255 * WhiteningFilters.size
  }
  let mostBins = 1 << 16
  var whitening: WhiteningRule? {
    { WhiteningSolve.filters($0, window: $1, channels: $2) }
  }
  func values(window: Int, channels: Int, factors: [[Int16]]) -> [SignalValues] {
    factors.map { .filtered(factors: $0, window: window) }
  }

  func words(window: Int) -> String { "every channel, whitened by \(window)×\(window) pixels" }
  func pixelUnit(window: Int, channels: Int) -> Int? { window * window }
  func side(window: Int) -> Int { 1 }
  let appearance = SignalAppearance.channels
}
