// Who learns a layer's filters, and the one switch from a learner to its rules. The rules of each are in a file of its own
// (ClusterPlan.swift, SplitRules.swift, RefinePlan.swift, PatchRules.swift), the rounds it takes are training's matter.

extension LayerPlan {
  /// Who learns the filters.
  public enum Learner: String, Hashable, Sendable, CaseIterable {
    /// Unsupervised: centroids of patches under the Hamming distance.
    case cluster
    /// Supervised, one count: split filters of two sets of classes.
    case split
    /// Supervised, many rounds: filters moved to where the head wishes them.
    case refine

    /// What a plan must know of the learner.
    var rules: any LearnerRules.Type {
      switch self {
      case .cluster: ClusterPlan.self
      case .split: SplitRules.self
      case .refine: RefinePlan.self
      }
    }
  }

  /// What a learner can start from.
  public enum Start: String, Hashable, Sendable, CaseIterable {
    /// Patches drawn from the training images by the seed.
    case patches
    /// Filters learned by `cluster`.
    case cluster
    /// Filters learned by `split`.
    case split

    /// What a plan must know of the start.
    var rules: any LearnerRules.Type {
      switch self {
      case .patches: PatchRules.self
      case .cluster: ClusterPlan.self
      case .split: SplitRules.self
      }
    }
  }
}

/// What a plan must know of a learner, or of a start, beyond its settings.
protocol LearnerRules {
  /// What it starts from unless `start` says something else; nil if it takes no `start`.
  static var defaultStart: LayerPlan.Start? { get }

  /// Whether its filters come of counts of bits, by which `mask` can choose.
  static func countsBits(_ layer: LayerPlan) -> Bool

  /// Refuses what a layer asks of it and it cannot do; `path` is the layer's.
  static func check(_ layer: LayerPlan, at path: String) throws(TrainingPlanError)

  /// How often it looks at images as they are, and at images that may be varied.
  static func passes(_ layer: LayerPlan) -> (plain: Int, varied: Int)
}

extension LayerPlan {
  /// How often learning the layer's filters looks at images as they are, and at images that may be varied.
  package var passes: (plain: Int, varied: Int) { learner.rules.passes(self) }
}
