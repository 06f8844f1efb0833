// From a signal's value to the number of its thresholds that it exceeds, by table.

/// One signal's thresholds as a table over its bins.
///
/// The thermometer code of a value v is one bit `v > t` for each of the ascending thresholds t, lowest bit first.
/// It is all ones up to the number of thresholds below v, so that number is the whole code.
struct Thermometer: Sendable {
  let lowest: Int32
  let shift: Int32
  /// For every bin, how many thresholds are below its first value.
  let below: [UInt8]
  let thresholds: [Int32]

  init(bins: SignalBins, thresholds: [Int32]) {
    lowest = Int32(bins.range.lowerBound)
    shift = Int32(bins.shift)
    self.thresholds = thresholds
    var below = [UInt8](repeating: 0, count: bins.count)
    var passed = 0
    for bin in below.indices {
      let first = bins.range.lowerBound + bin << bins.shift
      while passed < thresholds.count && Int(thresholds[passed]) < first { passed += 1 }
      below[bin] = UInt8(passed)
    }
    self.below = below
  }
}
