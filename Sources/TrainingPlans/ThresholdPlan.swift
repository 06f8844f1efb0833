// A feature that a layer makes of its filters' distances: where its thresholds lie, on which side of them it is on, and who gets it.
// Choosing the thresholds, from a histogram of distances, is FilterLearning's.

public import BinaryNetworks

/// How the threshold of a feature is chosen, on which side of it the feature is on, and who gets it.
///
/// In a plan file: `"half"`, `"median"` or `"quantile 0.1"`; with `far` in front for the far side, and with `for head` or `for next` behind
/// where not both the head and the next layer get it, such as `"far quantile 0.1 for head"`.
public struct ThresholdPlan: Hashable, Sendable, CustomStringConvertible {
  /// How a threshold is chosen.
  public enum Rule: Hashable, Sendable {
    /// Half of the bits of the patch that are not masked out.
    case half
    /// The median of the filter's distances over the training set.
    case median
    /// The quantile at this fraction of positions, 0.001...0.999: about that fraction of features is on.
    case quantile(Double)
  }

  /// How the threshold is chosen.
  public var rule: Rule
  /// Where the feature is on: at distances up to the threshold (near), or from it on (far).
  public var side: FeatureSide
  /// Who gets the feature.
  public var use: FeatureUse

  /// A feature.
  public init(_ rule: Rule, side: FeatureSide = .near, use: FeatureUse = .both) {
    self.rule = rule
    self.side = side
    self.use = use
  }

  /// Half of the bits of the patch, near.
  public static let half = ThresholdPlan(.half)
  /// The median, near.
  public static let median = ThresholdPlan(.median)
  /// A quantile: about this fraction of features is on, 0.001...0.999.
  public static func quantile(
    _ share: Double, _ side: FeatureSide = .near, use: FeatureUse = .both
  ) -> ThresholdPlan {
    ThresholdPlan(.quantile(share), side: side, use: use)
  }

  /// Whether the head counts the feature.
  public var isCounted: Bool { use.isCounted }
  /// Whether the next layer gets it.
  public var isHandedOn: Bool { use.isHandedOn }

  /// The fraction of features meant to be on, in parts per million (median: 500,000); nil for half.
  package var quantilePartsPerMillion: Int? {
    switch rule {
    case .half: nil
    case .median: 500_000
    case .quantile(let share): partsPerMillion(share)
    }
  }

  /// Whether another feature is the same but for who gets it.
  func isSame(as other: ThresholdPlan) -> Bool {
    side == other.side && quantilePartsPerMillion == other.quantilePartsPerMillion
  }

  /// The feature as a plan file writes it.
  public var description: String {
    let words =
      switch rule {
      case .half: "half"
      case .median: "median"
      case .quantile(let share): "quantile \(shortest(share))"
      }
    return (side == .far ? "far " : "") + words + (use == .both ? "" : " for \(use.rawValue)")
  }

  static let allowed =
    "\"half\", \"median\" or \"quantile Q\" with Q in 0.001...0.999, \"far\" before it, \"for head\" or \"for next\" behind it"

  /// Reads what `description` writes; `path` names the setting in errors.
  init(text: String, at path: String) throws(TrainingPlanError) {
    var words = text.split(separator: " ")[...]
    side = .near
    use = .both
    if words.first == "far" {
      side = .far
      words = words.dropFirst()
    }
    if words.count > 2, words[words.endIndex - 2] == "for",
      let use = FeatureUse(rawValue: String(words.last ?? "")),
      use != .both
    {
      self.use = use
      words = words.dropLast(2)
    }
    if words == ["half"] {
      rule = .half
    } else if words == ["median"] {
      rule = .median
    } else if words.count == 2, words.first == "quantile", let share = words.last.flatMap({ decimal($0) }) {
      guard (0.001...0.999).contains(share) else {
        throw .outOfRange(path, "quantile \(shortest(share))", "quantile 0.001...0.999")
      }
      rule = .quantile(share)
    } else {
      throw .outOfRange(path, excerpt(text), Self.allowed)
    }
  }
}
