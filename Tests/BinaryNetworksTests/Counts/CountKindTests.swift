// Every kind of count against plain loops, and its names and codes, which are for ever.

import BitKernels
import Plumbing
import Testing

@testable import BinaryNetworks

/// What a position adds to a feature's sum, by the definition.
private func referenceAmount(_ kind: CountKind, _ side: FeatureSide, _ distance: Int, _ threshold: Int) -> Int
{
  let inside = side == .near ? threshold - distance : distance - threshold
  return kind == .plain ? (inside >= 0 ? 1 : 0) : max(0, inside)
}

/// What the head weighs of a sum, by the definition.
private func referenceCount(_ kind: CountKind, _ sum: Int) -> Int {
  switch kind {
  case .plain, .soft: return sum
  case .root:
    // Larger sums than 2^24 − 1 have no larger root.
    var root = 0
    while (root + 1) * (root + 1) <= 256 * min(sum, 0xff_ffff) { root += 1 }
    return root
  }
}

@Suite struct CountKindTests {
  @Test func namesCodesAndVersionsNeverChange() {
    let golden: [(CountKind, String, Int, UInt64)] = [
      (.plain, "plain", 0, 1), (.soft, "soft", 1, 1), (.root, "root", 2, 4),
    ]
    #expect(golden.map(\.0) == CountKind.allCases)
    for (kind, name, code, version) in golden {
      #expect(kind.rawValue == name && kind.fileCode == code && kind.rules.fileVersion == version)
      #expect(CountKind(rawValue: name) == kind && CountKind(fileCode: code) == kind)
      #expect(kind.rules.fileVersion <= ModelFile.version)
    }
    #expect(CountKind.fileCodes == 0...2)
    #expect(CountKind(fileCode: 3) == nil && CountKind(fileCode: -1) == nil)
    #expect(CountKind(rawValue: "Plain") == nil && CountKind(rawValue: "") == nil)
  }

  @Test(arguments: CountKind.allCases) func sumsAreThoseOfPlainLoops(kind: CountKind) {
    for (filters, positions) in [(1, 1), (31, 7), (33, 64), (64, 3), (65, 20)] {
      var random = SeededGenerator(seed: 0x636f_756e, UInt64(filters))
      let stride = (filters + 31) / 32 * 32
      let distances = (0..<positions * stride).map { _ in UInt16(random.below(600)) }
      let features = (0..<1 + random.below(5)).map { _ in
        FilterFeature(
          (0..<filters).map { _ in UInt16(random.below(600)) }, side: FeatureSide.allCases[random.below(2)])
      }
      var sums = (0..<features.count * filters).map { _ in Int32(random.below(9)) }
      let expected = sums.indices.map { i in
        let (feature, k) = (features[i / filters], i % filters)
        return (0..<positions).reduce(Int(sums[i])) {
          $0
            + referenceAmount(
              kind, feature.side, Int(distances[$1 * stride + k]), Int(feature.thresholds[k]))
        }
      }
      var span = sums.mutableSpan
      kind.rules.add(
        distances.span, positions: positions, filters: filters, stride: stride,
        FeatureThresholds(features, largestDistance: 600), to: &span)
      #expect(sums.map { Int($0) } == expected, "\(filters) filters, \(positions) positions")
    }
  }

  @Test(arguments: CountKind.allCases, FeatureSide.allCases)
  func amountsStayWithinTheirBound(kind: CountKind, side: FeatureSide) {
    let rules = kind.rules
    for threshold in [0, 1, 2, 300, 65_535] {
      let amounts = [0, 1, 2, 299, 300, 301, 65_535].map { distance in
        let amount = Int(rules.amount(distance: UInt16(distance), threshold: UInt16(threshold), side: side))
        #expect(amount == referenceAmount(kind, side, distance, threshold), "\(distance) at \(threshold)")
        return amount
      }
      // Distances of 0 and 65,535 are as near and as far as there is: the bound is reached.
      let reach = side == .near ? threshold : 65_535 - threshold
      #expect(amounts.max() == rules.largestAmount(reach: reach), "threshold \(threshold)")
    }
  }

  @Test(arguments: CountKind.allCases) func finishedCountsStayWithinTheirBound(kind: CountKind) {
    let sums = Array(0...300) + [4095, 4096, 65_535, 65_536, 1 << 24]
    var counts = sums.map { Int32($0) }
    var span = counts.mutableSpan
    kind.rules.finish(&span)
    for (sum, count) in zip(sums, counts) {
      #expect(Int(count) == referenceCount(kind, sum), "sum \(sum)")
      #expect(Int(count) <= kind.rules.largestCount(sum: sum), "sum \(sum)")
    }
    #expect(kind.rules.largestCount(sum: 0) == 0)
    let largest = kind.rules.largestCount(sum: Int(Int32.max))
    var last = [Int32.max]
    var lastSpan = last.mutableSpan
    kind.rules.finish(&lastSpan)
    #expect(Int(last[0]) <= largest)
  }

  /// A patch votes where one bit more or less changes what its position adds, and around the threshold of a plain count.
  @Test(arguments: CountKind.allCases, FeatureSide.allCases)
  func patchesVoteWhereVotesCount(kind: CountKind, side: FeatureSide) {
    for (threshold, reach) in [(0, 1), (1, 1), (40, 7), (65_535, 9), (3, 100)] {
      let votes = kind.rules.votes(threshold: UInt16(threshold), side: side, reach: reach)
      for distance in [
        0, 1, 2, 3, 32, 33, 34, 39, 40, 41, 46, 47, 48, 102, 104, 65_525, 65_526, 65_534, 65_535,
      ] {
        let expected =
          switch kind {
          case .plain: abs(distance - threshold) <= reach
          case .soft, .root: side == .near ? distance < max(1, threshold) : distance > min(65_534, threshold)
          }
        #expect(votes.contains(UInt16(distance)) == expected, "\(distance) at \(threshold) ± \(reach)")
      }
    }
  }

  /// Where presence is read from the counts, one position that is on makes a count of one; where from the votes, a
  /// position adds something exactly if its patch votes.
  @Test(arguments: CountKind.allCases, FeatureSide.allCases)
  func presenceIsReadOffTheRightNumbers(kind: CountKind, side: FeatureSide) {
    let rules = kind.rules
    for distance: UInt16 in 0...12 {
      let amount = rules.amount(distance: distance, threshold: 6, side: side)
      switch rules.presence {
      case .counts: #expect(amount == ((side == .near ? distance <= 6 : distance >= 6) ? 1 : 0))
      case .votes: #expect((amount > 0) == rules.votes(threshold: 6, side: side, reach: 2).contains(distance))
      }
    }
  }

  @Test func reportsSayWhatWasCounted() {
    #expect(CountKind.plain.rules.evidence("1,234") == "fired at 1,234 positions")
    #expect(CountKind.soft.rules.evidence("12") == "margins of 12 in all")
    #expect(CountKind.root.rules.evidence("12") == "margins of 12 in all")
  }
}
