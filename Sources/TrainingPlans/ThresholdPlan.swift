// How a filter's threshold is chosen. Choosing it, from a histogram of distances, is FilterLearning's.

/// How the threshold under which a distance counts as a feature is chosen.
///
/// In a plan file: `"half"`, `"median"` or `"quantile 0.1"`.
public enum ThresholdPlan: Hashable, Sendable, CustomStringConvertible {
  /// Half of the bits of the patch that are not masked out.
  case half
  /// The median of the filter's distances over the training set.
  case median
  /// The quantile at this fraction of positions, 0.001...0.999: about that fraction of features is on.
  case quantile(Double)

  /// The fraction of features meant to be on, in parts per million (median: 500,000); nil for half.
  package var quantilePartsPerMillion: Int? {
    switch self {
    case .half: nil
    case .median: 500_000
    case .quantile(let share): partsPerMillion(share)
    }
  }

  /// The threshold as a plan file writes it.
  public var description: String {
    switch self {
    case .half: "half"
    case .median: "median"
    case .quantile(let share): "quantile \(shortest(share))"
    }
  }

  static let allowed = "\"half\", \"median\" or \"quantile Q\" with Q in 0.001...0.999"

  /// Reads what `description` writes; `path` names the setting in errors.
  init(text: String, at path: String) throws(TrainingPlanError) {
    let words = text.split(separator: " ")
    if words == ["half"] {
      self = .half
    } else if words == ["median"] {
      self = .median
    } else if words.count == 2, words[0] == "quantile", let share = decimal(words[1]) {
      guard (0.001...0.999).contains(share) else {
        throw .outOfRange(path, "quantile \(shortest(share))", "quantile 0.001...0.999")
      }
      self = .quantile(share)
    } else {
      throw .outOfRange(path, excerpt(text), Self.allowed)
    }
  }
}
