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

  private static var all: [TrainingPlan] { [tiny, quick, standard, best] }

  private static var tiny: TrainingPlan {
    TrainingPlan(
      name: "tiny", summary: "512 filters; for microcontrollers: 96 KiB of tables for ten classes",
      encoder: narrowWindows, augmentation: AugmentationPlan(shift: 1), mergesPerPass: 5,
      layers: [clustered(512, grid: 5, span: 2, headRate: 0.03, headPasses: 3, weightBits: 4)])
  }

  private static var quick: TrainingPlan {
    TrainingPlan(
      name: "quick", summary: "384 filters; minutes, and small models",
      encoder: windows, augmentation: AugmentationPlan(shift: 1), mergesPerPass: 5,
      layers: [clustered(384, headRate: 0.03, headPasses: 3)])
  }

  private static var standard: TrainingPlan {
    TrainingPlan(
      name: "standard", summary: "1,024 filters, mirror images (not for digits, text or signs)",
      encoder: windows, augmentation: AugmentationPlan(shift: 1, flip: true), mergesPerPass: 5,
      layers: [clustered(1024, headRate: 0.02, headPasses: 5)],
      exit: ExitPlan(early: true, mirror: true))
  }

  private static var best: TrainingPlan {
    TrainingPlan(
      name: "best", summary: "4,096 filters, mirror images (not for digits, text or signs)",
      encoder: windows, augmentation: AugmentationPlan(shift: 1, flip: true), mergesPerPass: 4,
      layers: [clustered(4096, headRate: 0.01, headPasses: 5)],
      exit: ExitPlan(early: true, mirror: true))
  }

  /// Windows of four sizes, each whitened, in units of its contrast, and told by its strongest principal components: 60 bits of a
  /// grey window, 63 of a colour window, so that a filter compares one word at a position.
  private static var windows: EncoderPlan {
    EncoderPlan(
      grey: [4, 5, 6, 8].map { SignalSpec(source: .components, window: $0, levels: 4, components: 15) },
      colour: [3, 4, 6, 8].map { SignalSpec(source: .components, window: $0, levels: 3, components: 21) })
  }

  /// The same with 32 bits of a window: one word of a small processor. Sixteen components in two levels tell more than ten in three.
  private static var narrowWindows: EncoderPlan {
    EncoderPlan(
      grey: [4, 5, 6, 8].map { SignalSpec(source: .components, window: $0, levels: 2, components: 15) },
      colour: [3, 4, 5, 6].map { SignalSpec(source: .components, window: $0, levels: 2, components: 16) })
  }

  /// One layer of clusters, a quarter of them for each size of window. What is counted is where a filter is among the nearest and
  /// the farthest tenth of the windows, on cells that overlap. The wider the layer, the more its counts have in common, and the
  /// smaller the head's steps must be.
  private static func clustered(
    _ filters: Int, grid: Int = 8, span: Int = 3, headRate: Double, headPasses: Int, weightBits: Int = 16
  ) -> LayerPlan {
    LayerPlan(
      filters: filters, window: 1, groups: 4, learner: .cluster, distances: .centred,
      thresholds: [ThresholdPlan(.quantile(0.1)), ThresholdPlan(.quantile(0.1), side: .far)],
      cluster: ClusterPlan(rounds: 4, patchesPerImage: 16, images: 10_000), refine: RefinePlan(batch: 256),
      head: HeadPlan(
        grid: grid, span: span, counts: .root, rate: headRate, passes: headPasses, weightBits: weightBits))
  }
}
