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
    passes.plain > 1 || !varied && head.passes + passes.varied > 1
  }
}
