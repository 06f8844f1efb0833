// What comes out of a network for one image: scores, their ranking, calibrated shares.

/// What a model says of one image.
public struct Prediction: Hashable, Sendable {
  /// Summed class scores, 16 fractional bits (65,536 is a factor e in the odds).
  public let scores: [Int64]
  /// What makes shares of them; nil if the model has none.
  public let temperature: Temperature?

  /// The share of every class, in millionths: of answers with this share so many are right. Nil without a temperature.
  public var shares: [Int]? { temperature.map { Self.millionths($0.shares(scores)) } }

  /// A prediction from scores.
  public init(scores: [Int64], temperature: Temperature?) {
    self.scores = scores
    self.temperature = temperature
  }

  /// Shares in millionths, rounded to the nearest.
  private static func millionths(_ shares: [Int64]) -> [Int] {
    let half: Int64 = 1 << Int64(Temperature.shareBits - 1)
    return shares.map { Int(($0 * 1_000_000 + half) >> Int64(Temperature.shareBits)) }
  }

  /// Class indices from the highest to the lowest score; of equals the first comes first.
  public var ranking: [Int] { scores.indices.sorted { (scores[$0], -$0) > (scores[$1], -$1) } }
}
