// When it pays to keep a layer's inputs, and how much memory there is for it.

public import Plumbing
public import TrainingPlans

extension TrainingPlan {
  /// The memory that `cacheMiB` stands for.
  public var cacheBudget: MemoryBudget { MemoryBudget(bytes: cacheMiB << 20) }
}

extension LayerPlan {
  /// Whether learning the layer looks at the same inputs again and again: the steps of clustering, and passes over
  /// images that are not varied. One or two looks, at a sample, are not worth the memory.
  func repeatsInputs(varied: Bool) -> Bool {
    let clusters = learner == .cluster || learner == .refine && refinementStart == .cluster
    let passes = head.passes + (learner == .refine ? refine.passes : 0)
    return clusters && cluster.rounds > 1 || !varied && passes > 1
  }
}
