// From scores to shares: how sure a model is. Which temperature does it is learned by EvaluationRound.

/// What scores are divided by before they become shares: share[c] = 2^(score[c] / T) / Σ 2^(score / T).
///
/// A model's own scores are mostly too sure of themselves, as every layer's head adds to them. The temperature with the
/// least loss on images that were kept out of learning makes a share say how often such an answer is right.
public struct Temperature: Hashable, Sendable, Comparable {
  /// How much more of a score, in units of its 16 fractional bits, doubles the odds.
  public let value: Int

  /// The temperatures there are.
  public static let range = 1...Int(Int32.max)

  /// A temperature; nil outside `range`.
  public init?(_ value: Int) {
    guard Self.range.contains(value) else { return nil }
    self.value = value
  }

  private init(candidate value: Int) { self.value = value }

  /// The temperatures that are tried, ascending: eight an octave, 2^12 to 2^22. Half a step, 4 %, from the best one the
  /// loss is the same in any digit that matters.
  public static let candidates: [Temperature] = {
    // round(2^12 · 2^(i/8))
    let octave = [4096, 4467, 4871, 5312, 5793, 6317, 6889, 7512]
    return (0..<10).flatMap { up in octave.map { Temperature(candidate: $0 << up) } }
      + [Temperature(candidate: 1 << 22)]
  }()

  /// Fractional bits of shares.
  public static let shareBits = BinaryPowers.powerBits
  /// Fractional bits of losses.
  public static let lossBits = BinaryPowers.exponentBits
  /// The largest loss of an image: 1,024 bits. It bounds sums: those of 2^36 images stay inside 64 bits.
  public static let mostLoss: Int64 = 1024 << Int64(lossBits)

  public static func < (a: Temperature, b: Temperature) -> Bool { a.value < b.value }

  /// How many octaves a score is below the highest one, 16 fractional bits. Differences are cut at 2^46, which with the
  /// largest temperature is still 2^15 octaves: more than either shares or losses can tell.
  private func octaves(_ score: Int64, below highest: Int64) -> Int64 {
    let (difference, isTooLarge) = highest.subtractingReportingOverflow(score)
    let cut = min(isTooLarge ? .max : difference, 1 << 46)
    return (cut << Int64(BinaryPowers.exponentBits)) / Int64(value)
  }

  /// The shares of all classes in units of 2^−30, rounded to the nearest. A higher score has no smaller share; the sum
  /// is 2^30, but for half a unit a class.
  /// - Precondition: there are 1 to 65,536 scores.
  public func shares(_ scores: [Int64]) -> [Int64] {
    // Sum of at most 2^16 powers of at most 2^30; a power shifted by 30 bits is at most 2^60.
    precondition((1...ModelFile.mostClasses).contains(scores.count))
    let highest = scores.max() ?? 0
    let powers = scores.map { BinaryPowers.negative(octaves($0, below: highest)) }
    let sum = powers.reduce(0, +)
    return powers.map { (($0 << Int64(Self.shareBits)) + sum / 2) / sum }
  }

  /// What the scores of an image of class `label` come to: the loss −log2 share[label], 16 fractional bits, at most
  /// `mostLoss`; and the highest share, as `shares` gives it.
  /// - Precondition: there are 1 to 65,536 scores, and `label` is one of them.
  public func outcome(_ scores: [Int64], label: Int) -> (loss: Int64, highestShare: Int64) {
    precondition((1...ModelFile.mostClasses).contains(scores.count))
    let highest = scores.max() ?? 0
    var sum: Int64 = 0
    for score in scores { sum += BinaryPowers.negative(octaves(score, below: highest)) }
    let loss = octaves(scores[label], below: highest) + BinaryPowers.logarithm(sum)
    // The highest power is 1, so the sum is at least 2^30, as the logarithm needs.
    return (min(loss, Self.mostLoss), ((1 << Int64(2 * Self.shareBits)) + sum / 2) / sum)
  }
}
