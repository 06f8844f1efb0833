// The plans that come with Tally, as values to read and change. Everything not written here is a default.

extension TrainingPlan {
  /// Names of the plans that come with Tally, from fastest to most accurate.
  public static var names: [String] { all.map(\.name) }

  /// A plan that comes with Tally.
  /// - Throws: `unknownPlan` for a name that is not in ``names``.
  public static func named(_ name: String) throws(TrainingPlanError) -> TrainingPlan {
    if let plan = all.first(where: { $0.name == name }) { return plan }
    let guess = nearest(to: name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
    throw TrainingPlanError(
      .unknownPlan, "no plan is named \(excerpt(name))\(guess); allowed: \(names.joined(separator: ", "))")
  }

  private static var all: [TrainingPlan] { [quick, standard, best] }

  private static var quick: TrainingPlan {
    TrainingPlan(
      name: "quick",
      summary: "Two layers of 128 filters: a first result in minutes",
      augmentation: AugmentationPlan(shift: 1),
      layers: [refined(128, passes: 2, reduction: .or), refined(128, passes: 2)])
  }

  private static var standard: TrainingPlan {
    TrainingPlan(
      name: "standard",
      summary: "Three layers of 128 filters",
      augmentation: AugmentationPlan(shift: 3, flip: true),
      layers: [
        refined(128, passes: 8, reduction: .or), refined(128, passes: 8), refined(128, passes: 8),
      ])
  }

  private static var best: TrainingPlan {
    TrainingPlan(
      name: "best",
      summary: "Four layers of 256 filters: the most accurate, in hours",
      augmentation: AugmentationPlan(shift: 3, flip: true),
      layers: [
        refined(256, passes: 16, reduction: .or), refined(256, passes: 16), refined(256, passes: 16),
        refined(256, passes: 16),
      ])
  }

  /// A layer refined from patches: sparse features for the head, denser ones beside them for the next layer,
  /// masks, soft counts.
  private static func refined(
    _ filters: Int, passes: Int, reduction: LayerPlan.Reduction = .none
  ) -> LayerPlan {
    LayerPlan(
      filters: filters, learner: .refine, thresholds: [.quantile(0.1), .quantile(0.35)], reduction: reduction,
      refine: RefinePlan(passes: passes, maskLevel: 0.2), head: HeadPlan(counts: .soft))
  }
}
