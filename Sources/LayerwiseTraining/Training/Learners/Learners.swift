// The one switch from a learner, and from a start, to its stages.

import FilterLearning
import TrainingPlans

extension LayerPlan.Learner {
  /// The stages in which it learns a layer, from nothing to filters and head.
  func stages(_ layer: LayerTask) -> [any LearningStage] {
    switch self {
    case .cluster: clusterStages(layer, mask: layer.mask) + headStages(layer)
    case .split: splitStages(layer, mask: layer.mask) + headStages(layer)
    case .refine: refineStages(layer)
    }
  }
}

extension LayerPlan.Start {
  /// The stages in which its filters are found; they have no masks.
  func stages(_ layer: LayerTask) -> [any LearningStage] {
    switch self {
    case .patches: patchStages(layer)
    case .cluster: clusterStages(layer, mask: .none)
    case .split: splitStages(layer, mask: .none)
    }
  }
}
