// Every filter of a bank compared with every other, bit by bit.

import BinaryNetworks
import Plumbing

/// Comparison of all pairs of filters of one bank.
struct FilterPairs {
  /// See `LayerInspection`.
  let agreement: PairStatistics
  let duplicatePairs: Int
  let duplicates: [FilterPair]
  let complementPairs: Int
  let complements: [FilterPair]

  /// Most pairs that are listed by name.
  static let listed = 100

  /// Compares the filters of a bank.
  /// - Complexity: K² / 2 · L words.
  init(_ bank: FilterBank, threads: Int) {
    let filters = FilterRows(bank)
    let rows = SharedBuffer(repeating: RowTotals(), count: bank.count)
    parallelFor(bank.count, threads: threads) { first, _ in
      var totals = RowTotals()
      for second in first + 1..<max(first + 1, bank.count) { totals.add(filters.compare(first, second)) }
      rows.withMutableSpan(first..<first + 1) { $0[0] = totals }
    }
    // Summed in the order of the rows, so that the doubles do not depend on the threads.
    var all = RowTotals()
    let totals = rows.array
    for row in totals { all.add(row) }
    agreement = PairStatistics(
      pairs: all.pairs, mean: all.sum / Double(max(1, all.pairs)), highest: all.highest,
      above90Percent: all.above)
    duplicatePairs = all.duplicates
    complementPairs = all.complements
    duplicates = filters.list(rowsWith: totals.map(\.duplicates)) { $0.isDuplicate }
    complements = filters.list(rowsWith: totals.map(\.complements)) { $0.isComplement }
  }
}

/// What is summed over the pairs of one filter with those after it.
private struct RowTotals {
  var pairs = 0
  var sum = 0.0
  var highest = 0.0
  var above = 0
  var duplicates = 0
  var complements = 0

  mutating func add(_ pair: PairComparison) {
    pairs += 1
    sum += pair.agreement
    highest = max(highest, pair.agreement)
    if pair.isAbove90Percent { above += 1 }
    if pair.isDuplicate { duplicates += 1 }
    if pair.isComplement { complements += 1 }
  }

  mutating func add(_ row: RowTotals) {
    pairs += row.pairs
    sum += row.sum
    highest = max(highest, row.highest)
    above += row.above
    duplicates += row.duplicates
    complements += row.complements
  }
}

/// Two filters compared.
private struct PairComparison {
  /// Bits that matter to both, and those of them in which the filters differ.
  var shared = 0
  var distance = 0
  var sameMask = true
  var sameThresholds = true

  var agreement: Double { shared == 0 ? 0 : Double(abs(shared - 2 * distance)) / Double(shared) }
  var isAbove90Percent: Bool { 10 * abs(shared - 2 * distance) > 9 * shared }
  var isDuplicate: Bool { sameMask && sameThresholds && distance == 0 }
  var isComplement: Bool { sameMask && shared > 0 && distance == shared }
}

/// The filters of a bank, one after the other: K × L words.
private struct FilterRows {
  let count: Int
  let words: Int
  let bits: [UInt64]
  let masks: [UInt64]
  let thresholds: [[UInt16]]

  init(_ bank: FilterBank) {
    count = bank.count
    words = bank.patchWords
    let valid = bank.validBits
    bits = (0..<bank.count).flatMap { bank.filter($0) }
    masks = (0..<bank.count).flatMap { k in zip(bank.mask(k), valid).map { $0 & $1 } }
    thresholds = bank.features.map(\.thresholds)
  }

  func compare(_ first: Int, _ second: Int) -> PairComparison {
    let (bits, masks) = (bits.span, masks.span)
    var pair = PairComparison()
    var differentMasks: UInt64 = 0
    for w in 0..<words {
      let (a, b) = (first * words + w, second * words + w)
      let both = masks[a] & masks[b]
      differentMasks |= masks[a] ^ masks[b]
      pair.shared += both.nonzeroBitCount
      pair.distance += ((bits[a] ^ bits[b]) & both).nonzeroBitCount
    }
    pair.sameMask = differentMasks == 0
    pair.sameThresholds = thresholds.allSatisfy { $0[first] == $0[second] }
    return pair
  }

  /// The first pairs that fulfil a condition; rows with none are skipped.
  func list(rowsWith found: [Int], _ condition: (PairComparison) -> Bool) -> [FilterPair] {
    var pairs: [FilterPair] = []
    for first in found.indices where found[first] > 0 {
      for second in first + 1..<count where condition(compare(first, second)) {
        pairs.append(FilterPair(first: first, second: second))
        if pairs.count == FilterPairs.listed { return pairs }
      }
    }
    return pairs
  }
}
