// How what a feature adds to a score is shared out over the positions it was counted at.

/// Gives every position its part of what features add, in proportion to the amounts counted there.
///
/// Parts are whole numbers that add up to the whole. Where the head weighs the sum of the amounts itself, a part is weight ·
/// amount; of anything else made of the sum, each position gets the share of its amount.
struct PositionShares {
  private let values: [Int64]
  private let sums: [Int32]
  private var seen: [Int64]

  /// Shares of what every feature adds, `values`, over amounts that add up to `sums`.
  init(values: [Int64], sums: [Int32]) {
    self.values = values
    self.sums = sums
    seen = Array(repeating: 0, count: sums.count)
  }

  /// The part of the next position, which counted `amount` for feature `f`.
  mutating func next(_ amount: Int32, feature f: Int) -> Int64 {
    if amount == 0 { return 0 }
    let (value, sum) = (Int128(values[f]), Int128(sums[f]))
    let before = floorDivide(value * Int128(seen[f]), sum)
    seen[f] += Int64(amount)
    return Int64(floorDivide(value * Int128(seen[f]), sum) - before)
  }
}

/// a / b rounded down; b is positive.
func floorDivide(_ a: Int128, _ b: Int128) -> Int128 {
  let quotient = a / b
  return quotient * b > a ? quotient - 1 : quotient
}
