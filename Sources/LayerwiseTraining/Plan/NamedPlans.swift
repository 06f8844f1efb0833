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
      summary: "Two layers of 128 filters, small shifts: minutes",
      augmentation: AugmentationPlan(shift: 1), mergesPerPass: 10,
      layers: [first(128, passes: 4), later(128, passes: 4)])
  }

  private static var standard: TrainingPlan {
    TrainingPlan(
      name: "standard",
      summary: "Three layers of 128 filters, shifts and mirror images (not for digits, text or signs)",
      augmentation: AugmentationPlan(shift: 3, flip: true), mergesPerPass: 10,
      layers: [first(128, passes: 5), later(128, passes: 5), later(128, passes: 5)])
  }

  /// Width first: many large filters that only clustering finds, on whitened windows; then a layer that learns from them.
  private static var best: TrainingPlan {
    TrainingPlan(
      name: "best",
      summary: "Mirror images: 3,072 clusters of whitened 6×6 windows, then 128 refined filters",
      encoder: EncoderPlan(
        // 180 bits are three words, 324 bits six.
        grey: [SignalPlan(source: .patch, window: 6, levels: 5)],
        colour: [SignalPlan(source: .patch, window: 6, levels: 3)]),
      augmentation: AugmentationPlan(shift: 2, flip: true), mergesPerPass: 4,
      layers: [
        LayerPlan(
          filters: 3072, window: 1, learner: .cluster, distances: .centred,
          thresholds: [.quantile(0.1)],
          reduction: .or, cluster: ClusterPlan(rounds: 4, patchesPerImage: 8), refine: RefinePlan(batch: 256),
          // The wider a layer, the more its blocks of counts have in common, and the smaller the head's steps must be.
          head: HeadPlan(grid: 3, counts: .soft, rate: 0.03, passes: 4)),
        later(128, passes: 5),
      ])
  }

  /// A first layer: sparse features for the head, denser ones beside them for the next layer, halved by OR.
  private static func first(_ filters: Int, passes: Int) -> LayerPlan {
    refined(filters, passes: passes, thresholds: [.quantile(0.1), .quantile(0.35)], reduction: .or)
  }

  /// A layer on features: these are sparse already, and denser ones tell more of them.
  private static func later(_ filters: Int, passes: Int) -> LayerPlan {
    refined(filters, passes: passes, thresholds: [.quantile(0.25), .quantile(0.4)], reduction: .none)
  }

  /// A layer refined from patches, with masks and soft counts, and two passes that finish the head.
  private static func refined(
    _ filters: Int, passes: Int, thresholds: [ThresholdPlan], reduction: LayerPlan.Reduction
  ) -> LayerPlan {
    LayerPlan(
      filters: filters, learner: .refine, thresholds: thresholds, reduction: reduction,
      refine: RefinePlan(passes: passes, batch: 200, filterRate: 0.004, wishes: 0.3, maskLevel: 0.1),
      head: HeadPlan(counts: .soft, passes: 2))
  }
}
