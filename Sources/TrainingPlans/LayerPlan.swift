// The settings of one layer: its shape and who learns its filters.
// What a plan must know of a learner is in Learner.swift.

public import BinaryNetworks

/// One layer: a filter bank applied at every position, how it is learned, and what it hands on.
public struct LayerPlan: Hashable, Sendable {
  /// Filters: 1...4096.
  public var filters: Int

  /// Side of the patch, in positions: 1...7. Positions outside the map are zero bits.
  public var window: Int

  /// Groups of filters, each of which sees one channel group of the input alone: 1...16. More than one have a window of 1, learner
  /// cluster, as many filters each, and as many channel groups of the same number of bits: signals of source `components`.
  public var groups: Int

  /// The encoder's signals that the layer looks at, ascending numbers from 0: with them it looks at the whole image, beside the layers
  /// before it, and what it hands on is for those after it. Nil: it looks at the features of the layer before, or, as the first one, at
  /// all signals. Its scores add to those of the layers before.
  public var signals: [Int]?

  /// Who learns the filters.
  public var learner: Learner

  /// What refinement starts from; only with `learner` refine, where nil means patches.
  /// See ``refinementStart``.
  public var start: Start?

  /// What thresholds and soft counts look at.
  public var distances: DistanceKind

  /// The features made of every filter's distance, 1 to 8, no two the same: thresholds, their sides, and who gets them. The head
  /// counts at least one; the next layer, if there is one, gets at least one.
  public var thresholds: [ThresholdPlan]

  /// Fraction of a filter's bits that counting (`cluster`, `split`, also as a start) masks out: 0...0.9;
  /// 0 = no masks.
  /// Patches have no counts to go by: to mask what refinement makes of them see ``RefinePlan/maskLevel``.
  public var mask: Double

  /// How the map shrinks after this layer.
  public var reduction: Reduction

  /// Settings of clustering, used by `learner` cluster and by `start` cluster.
  public var cluster: ClusterPlan

  /// Settings of refinement, used by `learner` refine.
  public var refine: RefinePlan

  /// Settings of the layer's head.
  public var head: HeadPlan

  /// Creates a layer; the default values are those of a plan file.
  public init(
    filters: Int, window: Int = 3, groups: Int = 1, signals: [Int]? = nil, learner: Learner = .refine,
    start: Start? = nil,
    distances: DistanceKind = .plain,
    thresholds: [ThresholdPlan] = [.quantile(0.1), .quantile(0.35, use: .next)],
    mask: Double = 0,
    reduction: Reduction = .none, cluster: ClusterPlan = ClusterPlan(), refine: RefinePlan = RefinePlan(),
    head: HeadPlan = HeadPlan()
  ) {
    self.filters = filters
    self.window = window
    self.groups = groups
    self.signals = signals
    self.learner = learner
    self.start = start
    self.distances = distances
    self.thresholds = thresholds
    self.mask = mask
    self.reduction = reduction
    self.cluster = cluster
    self.refine = refine
    self.head = head
  }

  /// What refinement starts from, the default filled in; nil for the other learners.
  public var refinementStart: Start? { learner.rules.defaultStart.map { start ?? $0 } }

  /// ``mask`` in parts per million: 0...900,000.
  package var maskPartsPerMillion: Int { partsPerMillion(mask) }
}

extension LayerPlan: PlanSection {
  static var defaults: LayerPlan { LayerPlan(filters: 1) }

  static var fields: [PlanField<LayerPlan>] {
    [
      .integer("filters", \.filters, 1...4096, required: true),
      .integer("window", \.window, 1...7),
      .integer("groups", \.groups, 1...16, omitted: 1),
      .numbers("signals", \.signals, 0...EncoderPlan.mostSignals - 1),
      .choice("learner", \.learner),
      .optionalChoice("start", \.start),
      .choice("distances", \.distances),
      .thresholds("thresholds", \.thresholds),
      .number("mask", \.mask, 0...0.9),
      .choice("reduction", \.reduction),
      .section("cluster", \.cluster),
      .section("refine", \.refine),
      .section("head", \.head),
    ]
  }

  func checkTogether(at path: String) throws(TrainingPlanError) {
    if let start, learner.rules.defaultStart == nil {
      let takers = Learner.allCases.filter { $0.rules.defaultStart != nil }.map(\.rawValue)
      throw TrainingPlanError(
        .contradiction,
        "\(path).start: \(start.rawValue) given with learner \(learner.rawValue); "
          + "allowed: only with learner \(takers.joined(separator: " or "))"
      )
    }
    try learner.rules.check(self, at: path)
    if groups > 1 {
      let problem =
        learner != .cluster
        ? "learner \(learner.rawValue); allowed: cluster"
        : window != 1
          ? "a window of \(window); allowed: 1"
          : filters % groups != 0 ? "\(filters) filters; allowed: a multiple of \(groups)" : nil
      if let problem {
        throw TrainingPlanError(.contradiction, "\(path).groups: \(groups) groups given with \(problem)")
      }
    }
    if head.boost, signals != nil {
      throw TrainingPlanError(
        .contradiction, "\(path).head.boost: true given with signals; allowed: false")
    }
    for (i, feature) in thresholds.enumerated() {
      guard let other = thresholds[..<i].first(where: feature.isSame) else { continue }
      throw TrainingPlanError(
        .contradiction,
        "\(path).thresholds: \(other) and \(feature) make the same feature twice; leave one out")
    }
    guard thresholds.contains(where: \.isCounted) else {
      throw TrainingPlanError(
        .contradiction, "\(path).thresholds: none is for the head, which must count something")
    }
  }

  /// The features that the head counts.
  package var countedFeatures: Int { thresholds.count { $0.isCounted } }
  /// The features that the next layer gets.
  package var handedFeatures: Int { thresholds.count { $0.isHandedOn } }
}
