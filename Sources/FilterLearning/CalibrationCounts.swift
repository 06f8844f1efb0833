// How well shares foretell what is right: counts for one temperature, and the choice among several.

package import BinaryNetworks
package import CountingRounds

/// Sums over images that say how good the shares of a temperature are.
///
/// In a tally they are 31 numbers in a row: the loss, then for each of 10 bins of the highest share, 0 to 10 %, …, 90 to
/// 100 %: images, those of them that are right, and the sum of their highest shares.
package struct CalibrationCounts: Hashable, Sendable {
  /// The temperature.
  package let temperature: Temperature
  private let counts: ArraySlice<Int64>

  static let bins = 10
  static let width = 1 + 3 * bins

  /// Adds an image. Of 2^33 images a sum of shares stays inside 64 bits, of 2^36 a sum of losses.
  static func add(
    _ scores: [Int64], label: Int, _ temperature: Temperature, to counts: inout MutableSpan<Int64>,
    at start: Int
  ) {
    let answer = highest(scores)
    let (loss, share) = temperature.outcome(scores, label: label)
    let bin = min(bins - 1, Int((share * Int64(bins)) >> Int64(Temperature.shareBits)))
    counts[start] += loss
    counts[start + 1 + 3 * bin] += 1
    counts[start + 2 + 3 * bin] += answer == label ? 1 : 0
    counts[start + 3 + 3 * bin] += share
  }

  /// The counts of all temperatures after an `EvaluationRound` with them; none where the state has none.
  package static func all(_ temperatures: [Temperature], in state: Tally) -> [CalibrationCounts] {
    guard let numbers = state.arrays["calibration"], numbers.count == width * temperatures.count else {
      return []
    }
    return temperatures.enumerated().map { i, temperature in
      CalibrationCounts(temperature: temperature, counts: numbers[i * width..<(i + 1) * width])
    }
  }

  /// The counts with the least loss; of equals those of the largest temperature.
  package static func best(_ all: [CalibrationCounts]) -> CalibrationCounts? {
    all.min { ($0.loss, $1.temperature) < ($1.loss, $0.temperature) }
  }

  /// Images counted.
  package var images: Int128 { column(0).reduce(0) { $0 + Int128($1) } }

  /// Sum over the images of −log2 of the share of their class, 16 fractional bits.
  package var loss: Int64 { counts[counts.startIndex] }

  /// The mean loss in millionths of a bit, rounded down; 0 without images.
  package var meanLoss: Int { scaled(Int128(loss), bits: Temperature.lossBits) }

  /// The expected calibration error in parts per million, rounded down: over the bins, by how much the sum of shares
  /// misses the number of right answers, as a part of all images.
  package var calibrationError: Int {
    var error: Int128 = 0
    for (right, share) in zip(column(1), column(2)) {
      error += abs((Int128(right) << Int128(Temperature.shareBits)) - Int128(share))
    }
    return scaled(error, bits: Temperature.shareBits)
  }

  /// One number of every bin: images, right answers or shares.
  private func column(_ which: Int) -> [Int64] {
    (0..<Self.bins).map { counts[counts.startIndex + 1 + 3 * $0 + which] }
  }

  /// A sum's mean over the images in millionths.
  private func scaled(_ sum: Int128, bits: Int) -> Int {
    images == 0 ? 0 : Int(clamping: sum * 1_000_000 / (images << Int128(bits)))
  }
}
