// What the arrays of states and tallies must be like before anything is computed with them: they may come from elsewhere.
// Which arrays a round expects is said beside the round.

/// What is known of one array.
package struct ArrayRule: Sendable {
  /// Its name.
  let name: String
  /// How many values it has.
  let count: Int
  /// Whether it may be empty as well.
  let orEmpty: Bool
  /// Where every value lies.
  let range: ClosedRange<Int64>
  /// The sizes of so many values in a row, and of those after them, add up to at most this; nil where nothing adds them.
  let rows: (length: Int, most: Int64)?
  /// Bits that may be set, again and again for every so many values; nil where values are no bits.
  let bits: [UInt64]?

  /// Values in a range.
  package init(_ name: String, _ count: Int, in range: ClosedRange<Int64>, orEmpty: Bool = false) {
    (self.name, self.count, self.range, self.orEmpty) = (name, count, range, orEmpty)
    (rows, bits) = (nil, nil)
  }

  /// Counts, at least 0, that can be added up in rows of `length`, by default all of them.
  package init(
    counts name: String, _ count: Int, rows length: Int? = nil, most: Int64 = largestSum,
    orEmpty: Bool = false
  ) {
    (self.name, self.count, self.orEmpty) = (name, count, orEmpty)
    (range, rows, bits) = (0...most, (max(1, length ?? count), most), nil)
  }

  /// Words whose set bits lie where `bits` has some, which repeat.
  package init(bits name: String, _ count: Int, _ bits: [UInt64]) {
    (self.name, self.count, self.bits) = (name, count, bits)
    (range, rows, orEmpty) = (.min ... .max, nil, false)
  }

  /// Twice as much still fits 64 bits.
  package static let largestSum: Int64 = 1 << 61

  /// What is wrong with values; nil if nothing.
  func problem(_ values: [Int64]) -> String? {
    if orEmpty, values.isEmpty { return nil }
    guard values.count == count else { return "'\(name)' has \(values.count) values, not \(count)" }
    if let wrong = values.first(where: { !range.contains($0) }) {
      return "'\(name)' has the value \(wrong), which is not in \(range)"
    }
    if let rows {
      var (sum, left) = (Int64(0), rows.length)
      for value in values {
        if left == 0 { (sum, left) = (0, rows.length) }
        // Both are at most `most`, which is at most 2^61.
        sum += value
        left -= 1
        if sum > rows.most { return "'\(name)' adds up to more than \(rows.most)" }
      }
    }
    if let bits, !bits.isEmpty {
      for (i, value) in values.enumerated() where UInt64(bitPattern: value) & ~bits[i % bits.count] != 0 {
        return "'\(name)' has bits set that stand for nothing"
      }
    }
    return nil
  }
}

extension Tally {
  /// Checks arrays by their rules; others are not looked at.
  /// - Parameter what: what this is, for the error: "the state of a round".
  /// - Throws: `RoundError` for an array that is missing or not like its rule.
  package func check(_ rules: [ArrayRule], _ what: String) throws(RoundError) {
    for rule in rules {
      guard let values = arrays[rule.name] else {
        throw RoundError("\(what) has no '\(rule.name)'; take the same Tally at both ends")
      }
      if let problem = rule.problem(values) { throw RoundError("\(what) is wrong: \(problem)") }
    }
  }

  /// Adds another tally with arrays of the same names and lengths.
  /// - Returns: whether every sum fits 64 bits; if not, this one is as it was.
  package mutating func addChecked(_ other: Tally) -> Bool {
    var sums = arrays
    for (name, values) in other.arrays {
      guard var sum = sums.removeValue(forKey: name) else { return false }
      for i in values.indices {
        let (value, isTooLarge) = sum[i].addingReportingOverflow(values[i])
        if isTooLarge { return false }
        sum[i] = value
      }
      sums[name] = sum
    }
    self = Tally(sums)
    return true
  }
}
