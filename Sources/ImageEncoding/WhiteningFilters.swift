// The factors of whitened signals: which pixels around a pixel count how much. How they are found is in
// WhiteningStatistics and WhiteningSolve; the kernels that apply them are Kernels.filterPixels and Kernels.patchValues.

import BitKernels

/// What an encoder knows of its whitened signals.
///
/// One filter for every level of the pyramid and every signal of a `SignalSpec` that needs filters: window x window x channels
/// factors in row order, channels innermost.
public struct WhiteningFilters: Hashable, Sendable {
  /// For every level of the pyramid, for every signal made by whitening in the order of their bits, its factors.
  public let factors: [[[Int16]]]

  /// The sizes of a filter's factors add up to at most this.
  public static let size = PatchFilters.largestSum

  /// Filters of no signal at all.
  public static let none = WhiteningFilters(factors: [])

  /// Filters as they are; `ImageEncoder` checks that they fit its signals.
  public init(factors: [[[Int16]]]) { self.factors = factors }

  /// The problem if these are not the filters of an encoding, in words.
  func problem(spec: EncoderSpec, channels: Int, pyramidLevels: Int) -> String? {
    let windows = spec.whitenedWindows(channels: channels)
    if windows.isEmpty {
      return factors.allSatisfy(\.isEmpty) ? nil : "whitening filters without whitened signals"
    }
    guard factors.count == pyramidLevels else {
      return "whitening filters for \(factors.count) pyramid levels, but there are \(pyramidLevels)"
    }
    for (level, filters) in factors.enumerated() {
      guard filters.count == windows.count else {
        return
          "pyramid level \(level) has \(filters.count) whitening filters for \(windows.count) whitened signals"
      }
      for (filter, window) in zip(filters, windows) {
        guard filter.count == window * window * channels else {
          return
            "pyramid level \(level): a whitening filter of \(filter.count) factors for a window of \(window)"
        }
        guard filter.reduce(0, { $0 + Int($1.magnitude) }) <= Self.size else {
          return "pyramid level \(level): the factors of a whitening filter add up to more than \(Self.size)"
        }
      }
    }
    return nil
  }

  /// How every signal of an encoding is computed at every level, see `values(spec:level:channels:)`. Without factors all levels
  /// are alike and share their coefficients.
  func values(spec: EncoderSpec, levels: Int, channels: Int) -> [[[SignalValues]]] {
    let first = values(spec: spec, level: 0, channels: channels)
    return (0..<levels).map { level in
      level == 0 || !spec.isWhitened ? first : values(spec: spec, level: level, channels: channels)
    }
  }

  /// How every signal of an encoding is computed at a level, in the order of the bits: those of every `SignalSpec`.
  /// - Precondition: these are the filters of the encoding.
  func values(spec: EncoderSpec, level: Int, channels: Int) -> [[SignalValues]] {
    var next = 0
    return spec.signals.map { signal in
      let count = signal.whiteningFilters(channels: channels)
      defer { next += count }
      return signal.source.rules.values(
        window: signal.window, channels: channels,
        factors: count == 0 ? [] : Array(factors[level][next..<next + count]))
    }
  }
}

extension EncoderSpec {
  /// The windows of the signals that need filters, in the order of their bits.
  func whitenedWindows(channels: Int) -> [Int] {
    signals.flatMap { [Int](repeating: $0.window, count: $0.whiteningFilters(channels: channels)) }
  }

  /// Whether some signals need filters.
  public var isWhitened: Bool { signals.contains(where: \.needsWhitening) }
}
