// Two models on the same images: who is right where, and whether that can be chance.

/// How two models answered the same images, counted.
public struct PairedResult: Hashable, Sendable, Codable {
  /// Images that both answered right, that only the first or only the second did, and that neither did.
  public let both: Int
  public let onlyFirst: Int
  public let onlySecond: Int
  public let neither: Int

  /// Counts.
  public init(both: Int, onlyFirst: Int, onlySecond: Int, neither: Int) {
    (self.both, self.onlyFirst, self.onlySecond, self.neither) = (both, onlyFirst, onlySecond, neither)
  }

  /// Counts answers.
  /// - Parameters:
  ///   - first: whether the first model is right, for every image.
  ///   - second: the same for the second model.
  /// - Precondition: as many of both.
  public init(_ first: [Bool], _ second: [Bool]) {
    precondition(first.count == second.count, "both models answer the same images")
    func count(_ one: Bool, _ other: Bool) -> Int { zip(first, second).count { $0 == one && $1 == other } }
    self.init(
      both: count(true, true), onlyFirst: count(true, false), onlySecond: count(false, true),
      neither: count(false, false))
  }

  /// Images.
  public var images: Int { both + onlyFirst + onlySecond + neither }

  /// By how much more of the images the second model answers right, −1 to 1; 0 without images.
  public var gain: Double { images == 0 ? 0 : Double(onlySecond - onlyFirst) / Double(images) }

  /// The exact McNemar test, a sign test on the images that only one of the models answered right: if both were equally
  /// good, how often such images would be shared out at least as unevenly.
  ///
  /// With n such images, of which the worse model has k, it is 2 · Σ C(n, i) / 2^n over i from 0 to k, and at most 1.
  public var pValue: Double {
    let (n, k) = (onlyFirst + onlySecond, min(onlyFirst, onlySecond))
    if 2 * k >= n { return 1 }
    // Terms and sum are kept in range by powers of two, which are put right at the end.
    var (term, sum, shift) = (1.0, 1.0, 0)
    for i in stride(from: 1, through: k, by: 1) {
      term *= Double(n - i + 1) / Double(i)
      sum += term
      if sum > 0x1p512 {
        term *= 0x1p-512
        sum *= 0x1p-512
        shift += 512
      }
    }
    return min(1, Double(sign: .plus, exponent: shift + 1 - n, significand: sum))
  }
}
