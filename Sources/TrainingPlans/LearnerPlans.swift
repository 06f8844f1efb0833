// The settings of clustering, refinement and the head.
// Which of them a layer uses is decided in LayerPlan.swift.

/// Settings of clustering: k-means in Hamming space.
public struct ClusterPlan: Hashable, Sendable {
  /// Rounds of assigning patches and taking majorities: 1...1000.
  public var rounds: Int

  /// Patches drawn by the seed from every image: 1...4096.
  public var patchesPerImage: Int

  /// Creates settings; the default values are those of a plan file.
  public init(rounds: Int = 10, patchesPerImage: Int = 32) {
    self.rounds = rounds
    self.patchesPerImage = patchesPerImage
  }
}

/// Settings of refinement: split filters of the patches where the head wishes a feature on or off.
public struct RefinePlan: Hashable, Sendable {
  /// Passes over the training set: 1...1000.
  public var passes: Int

  /// Images whose votes are added before filters move: 16...1024. With more than two shards each takes fewer:
  /// batch / √(shards / 2), at least 16.
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
  public var filterRatePartsPerMillion: Int { partsPerMillion(filterRate) }

  /// ``nearness`` in parts per million: 50,000...5,000,000.
  public var nearnessPartsPerMillion: Int { partsPerMillion(nearness) }

  /// ``wishes`` in parts per million: 10,000...1,000,000.
  public var wishesPartsPerMillion: Int { partsPerMillion(wishes) }

  /// ``maskLevel`` in parts per million: 0...900,000.
  public var maskLevelPartsPerMillion: Int { partsPerMillion(maskLevel) }
}

/// Settings of a layer's head: linear integer scores of feature counts on a grid.
public struct HeadPlan: Hashable, Sendable {
  /// What is counted in a cell of the grid.
  public enum Counts: String, Hashable, Sendable, CaseIterable {
    /// The features that are on.
    case plain
    /// How far each distance is below its threshold.
    case soft
    /// The square root of the soft count.
    case root
  }

  /// Cells along each side of the grid: 1...16, and at most the sides of the layer's map.
  public var grid: Int

  /// What is counted in a cell.
  public var counts: Counts

  /// Step of the head, as a share of the second-order step: 0.001...4.
  public var rate: Double

  /// Damping of the second-order step, as a share of the counts' mean variance: 0.001...100.
  public var damping: Double

  /// Further passes that train the head alone, after the filters are done: 0...1000.
  public var passes: Int

  /// Whether the layer learns what the sum of the earlier layers' scores still gets wrong, instead of on its own.
  public var boost: Bool

  /// Creates settings; the default values are those of a plan file.
  public init(
    grid: Int = 4, counts: Counts = .soft, rate: Double = 0.2, damping: Double = 0.3, passes: Int = 0,
    boost: Bool = false
  ) {
    self.grid = grid
    self.counts = counts
    self.rate = rate
    self.damping = damping
    self.passes = passes
    self.boost = boost
  }

  /// ``rate`` in parts per million: 1,000...4,000,000.
  public var ratePartsPerMillion: Int { partsPerMillion(rate) }

  /// ``damping`` in parts per million: 1,000...100,000,000.
  public var dampingPartsPerMillion: Int { partsPerMillion(damping) }
}

extension ClusterPlan: PlanSection {
  static var defaults: ClusterPlan { ClusterPlan() }

  static var fields: [PlanField<ClusterPlan>] {
    [.integer("rounds", \.rounds, 1...1000), .integer("patchesPerImage", \.patchesPerImage, 1...4096)]
  }
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

extension HeadPlan: PlanSection {
  static var defaults: HeadPlan { HeadPlan() }

  static var fields: [PlanField<HeadPlan>] {
    [
      .integer("grid", \.grid, 1...16),
      .choice("counts", \.counts),
      .number("rate", \.rate, 0.001...4),
      .number("damping", \.damping, 0.001...100),
      .integer("passes", \.passes, 0...1000),
      .flag("boost", \.boost),
    ]
  }
}
