// Refinement in a plan: its settings, and what a plan must know of it. Its rounds are training's matter.

/// Settings of refinement: split filters of the patches where the head wishes a feature on or off.
public struct RefinePlan: Hashable, Sendable {
  /// Passes over the training set: 1...1000.
  public var passes: Int

  /// Images whose votes are added before filters move: 16...1024. With more than two shards each takes fewer:
  /// batch / √(shards / 2), at least 16; with few images fewer, too, so that no image comes twice in a pass.
  public var batch: Int

  /// Step of a filter's accumulators, as a share of their largest size: 0.0001...1.
  public var filterRate: Double

  /// Half-width of the window around the threshold in which a position votes, in standard deviations of the
  /// filter's distance: 0.05...5.
  public var nearness: Double

  /// Mean share of wishes kept by stochastic rounding: 0.01...1.
  public var wishes: Double

  /// Momentum of the votes as a shift: each batch the old votes lose their 2^momentumShift-th part: 1...8.
  public var momentumShift: Int

  /// Accumulators smaller than this share of their largest size mask their bit out: 0...0.9; 0 = no masks.
  public var maskLevel: Double

  /// Creates settings; the default values are those of a plan file.
  public init(
    passes: Int = 4, batch: Int = 128, filterRate: Double = 0.01, nearness: Double = 0.35,
    wishes: Double = 0.1,
    momentumShift: Int = 3, maskLevel: Double = 0
  ) {
    self.passes = passes
    self.batch = batch
    self.filterRate = filterRate
    self.nearness = nearness
    self.wishes = wishes
    self.momentumShift = momentumShift
    self.maskLevel = maskLevel
  }

  /// ``filterRate`` in parts per million: 100...1,000,000.
  package var filterRatePartsPerMillion: Int { partsPerMillion(filterRate) }

  /// ``nearness`` in parts per million: 50,000...5,000,000.
  package var nearnessPartsPerMillion: Int { partsPerMillion(nearness) }

  /// ``wishes`` in parts per million: 10,000...1,000,000.
  package var wishesPartsPerMillion: Int { partsPerMillion(wishes) }

  /// ``maskLevel`` in parts per million: 0...900,000.
  package var maskLevelPartsPerMillion: Int { partsPerMillion(maskLevel) }
}

extension RefinePlan: PlanSection {
  static var defaults: RefinePlan { RefinePlan() }

  static var fields: [PlanField<RefinePlan>] {
    [
      .integer("passes", \.passes, 1...1000),
      .integer("batch", \.batch, 16...1024),
      .number("filterRate", \.filterRate, 0.0001...1),
      .number("nearness", \.nearness, 0.05...5),
      .number("wishes", \.wishes, 0.01...1),
      .integer("momentumShift", \.momentumShift, 1...8),
      .number("maskLevel", \.maskLevel, 0...0.9),
    ]
  }
}

extension RefinePlan: LearnerRules {
  static var defaultStart: LayerPlan.Start? { .patches }

  static func countsBits(_ layer: LayerPlan) -> Bool { start(of: layer).rules.countsBits(layer) }

  static func check(_ layer: LayerPlan, at path: String) throws(TrainingPlanError) {
    guard layer.mask > 0, !countsBits(layer) else { return }
    let counted = LayerPlan.Start.allCases.filter { $0.rules.countsBits(layer) }.map(\.rawValue)
    throw TrainingPlanError(
      .contradiction,
      "\(path).mask: \(shortest(layer.mask)) given with refinement from \(start(of: layer).rawValue), "
        + "which have no counts to mask by; allowed: 0 (set refine.maskLevel, or start "
        + "\(counted.joined(separator: " or ")))")
  }

  static func passes(_ layer: LayerPlan) -> (plain: Int, varied: Int) {
    (start(of: layer).rules.passes(layer).plain, layer.refine.passes)
  }

  private static func start(of layer: LayerPlan) -> LayerPlan.Start { layer.start ?? .patches }
}
