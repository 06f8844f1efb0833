// The bins that a signal's values fall into, for counting them. The counts are in EncodingHistogram.

/// Where the counts of one signal are.
///
/// A signal's values fall into bins of 2^shift neighbouring values, shift being the smallest with as few bins as the source
/// allows: 0, so that every value has a bin of its own, unless the window or the number of channels is very large.
struct SignalBins: Hashable, Sendable {
  /// The smallest and largest value.
  let range: ClosedRange<Int>
  let shift: Int

  init(range: ClosedRange<Int>, most: Int) {
    self.range = range
    var shift = 0
    while (range.upperBound - range.lowerBound) >> shift >= most { shift += 1 }
    self.shift = shift
  }

  var count: Int { ((range.upperBound - range.lowerBound) >> shift) + 1 }

  /// The largest value in a bin.
  func last(_ bin: Int) -> Int { min(range.upperBound, range.lowerBound + ((bin + 1) << shift) - 1) }
}

extension EncoderSpec {
  /// The bins of every signal, in the order of their bits.
  func bins(channels: Int) -> [SignalBins] {
    signals.flatMap { signal in
      (0..<signal.signals(channels: channels)).map {
        SignalBins(range: signal.range(of: $0, channels: channels), most: signal.source.rules.mostBins)
      }
    }
  }

  /// The number of thresholds of every signal, in the order of their bits.
  func levels(channels: Int) -> [Int] {
    signals.flatMap { [Int](repeating: $0.levels, count: $0.signals(channels: channels)) }
  }

  /// The bins of all signals at all levels of the pyramid.
  func binCount(channels: Int, pyramidLevels: Int) -> Int {
    pyramidLevels * bins(channels: channels).reduce(0) { $0 + $1.count }
  }
}
