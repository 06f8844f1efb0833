// The plans that come with Tally, as values to read and change. Everything not written here is a default.

import BinaryNetworks
import ImageEncoding

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
      summary: "256 clusters of 6×6 pixels, then 128 refined filters; small shifts: minutes",
      encoder: windows(greyLevels: 3),
      augmentation: AugmentationPlan(shift: 1), mergesPerPass: 10,
      layers: [
        clustered(256, counts: .soft, headRate: 0.1, headPasses: 3), refined(128, passes: 4, maskLevel: 0),
      ])
  }

  private static var standard: TrainingPlan {
    TrainingPlan(
      name: "standard",
      summary: "1,024 clusters, 128 refined filters, mirror images (not for digits, text or signs)",
      encoder: windows(greyLevels: 5),
      augmentation: AugmentationPlan(shift: 1, flip: true), mergesPerPass: 5,
      layers: [
        clustered(1024, counts: .root, headRate: 0.05, headPasses: 4),
        refined(128, passes: 5, maskLevel: 0.1),
      ])
  }

  private static var best: TrainingPlan {
    TrainingPlan(
      name: "best",
      summary: "3,072 clusters, 128 refined filters, mirror images (not for digits, text or signs)",
      encoder: windows(greyLevels: 5),
      augmentation: AugmentationPlan(shift: 1, flip: true), mergesPerPass: 4,
      layers: [
        clustered(3072, counts: .root, headRate: 0.025, headPasses: 6),
        refined(128, passes: 3, maskLevel: 0.1),
      ])
  }

  /// Windows of 6×6 pixels, whitened and in units of their contrast: 108 or 180 bits are two or three words, 324 bits
  /// of a colour image six.
  private static func windows(greyLevels: Int) -> EncoderPlan {
    EncoderPlan(
      grey: [SignalSpec(source: .patch, window: 6, levels: greyLevels)],
      colour: [SignalSpec(source: .patch, window: 6, levels: 3)])
  }

  /// Width first: filters that only clustering finds, on whole windows, halved by OR. The wider a layer, the more its
  /// blocks of counts have in common, and the smaller the head's steps must be. Roots of counts pay
  /// where there are many: 256 clusters gain nothing on grey images.
  private static func clustered(
    _ filters: Int, counts: CountKind, headRate: Double, headPasses: Int
  ) -> LayerPlan {
    LayerPlan(
      filters: filters, window: 1, learner: .cluster, distances: .centred, thresholds: [.quantile(0.1)],
      reduction: .or, cluster: ClusterPlan(rounds: 4, patchesPerImage: 8), refine: RefinePlan(batch: 256),
      head: HeadPlan(grid: 5, counts: counts, rate: headRate, passes: headPasses))
  }

  /// A layer on features that learns from what its head still gets wrong. These are sparse already, and denser features
  /// tell more of them; two passes finish the head.
  private static func refined(_ filters: Int, passes: Int, maskLevel: Double) -> LayerPlan {
    LayerPlan(
      filters: filters, learner: .refine, thresholds: [.quantile(0.25), .quantile(0.4, use: .next)],
      reduction: .none,
      refine: RefinePlan(passes: passes, batch: 200, filterRate: 0.004, wishes: 0.3, maskLevel: maskLevel),
      head: HeadPlan(counts: .soft, passes: 2))
  }
}
