// How far an accuracy that was measured on some images may be from that on all images like them.

/// A 95 % confidence interval of an accuracy, by Wilson's score method, which holds for few images and near 0 and 1, too.
///
/// With k of n answers right, p = k / n and z = 1.96 its ends are
/// (p + z² / 2n ± z √(p (1 − p) / n + z² / 4n²)) / (1 + z² / n).
public struct AccuracyInterval: Hashable, Sendable {
  /// Its ends, 0 to 1.
  public let lowest, highest: Double

  /// The interval of `correct` right answers for `images` images; all of 0 to 1 without images.
  public init(correct: Int, images: Int) {
    guard images > 0 else {
      (lowest, highest) = (0, 1)
      return
    }
    let (n, z) = (Double(images), 1.959964)
    let share = Double(correct) / n
    let middle = share + z * z / (2 * n)
    let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    lowest = correct == 0 ? 0 : (middle - half) / (1 + z * z / n)
    highest = correct == images ? 1 : (middle + half) / (1 + z * z / n)
  }
}
