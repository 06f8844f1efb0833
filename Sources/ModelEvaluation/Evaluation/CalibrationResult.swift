// How true a model's shares are, as it is reported and recorded. The counting is EvaluationRound's.

import BinaryNetworks
package import FilterLearning

/// How good the shares of a temperature were on images.
public struct CalibrationResult: Hashable, Sendable, Codable {
  /// The temperature, see `Temperature`.
  public let temperature: Int
  /// The mean of −log2 of the right class's share, millionths of a bit.
  public let loss: Int
  /// The expected calibration error over 10 bins, parts per million.
  public let error: Int

  /// The mean of −log2 of the right class's share, in bits.
  public var lossBits: Double { Double(loss) / 1_000_000 }
  /// The expected calibration error, 0 to 1.
  public var errorShare: Double { Double(error) / 1_000_000 }

  package init(_ counts: CalibrationCounts) {
    (temperature, loss, error) = (counts.temperature.value, counts.meanLoss, counts.calibrationError)
  }
}
