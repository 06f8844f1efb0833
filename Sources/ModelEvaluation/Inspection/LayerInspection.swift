// What an inspection says of one layer: sizes, thresholds, how alike its filters and features are.
// Values only; they are measured in FilterPairs.swift and FeatureMeasurement.swift.

public import BinaryNetworks

/// Bytes of the parts of a layer: bits packed without gaps, thresholds and weights 2 bytes each, biases 8.
public struct LayerBytes: Hashable, Sendable, Codable {
  /// Filter bits.
  public let filters: Int
  /// Mask bits; 0 for a layer without masks.
  public let masks: Int
  /// Thresholds.
  public let thresholds: Int
  /// Weights and biases of the head; 0 for a layer without head.
  public let head: Int

  /// All parts together.
  public var total: Int { filters + masks + thresholds + head }
}

/// Smallest and largest threshold of a layer's filters.
public struct ThresholdRange: Hashable, Sendable, Codable {
  /// Smallest threshold, in bits of distance.
  public let lowest: Int
  /// Largest threshold, in bits of distance.
  public let highest: Int
  /// On which side of them the feature is on.
  public let side: FeatureSide
  /// Who gets the feature.
  public let use: FeatureUse
}

/// Two filters of a layer, `first` < `second`.
public struct FilterPair: Hashable, Sendable, Codable {
  /// Index of the filter that comes first.
  public let first: Int
  /// Index of the other.
  public let second: Int
}

/// How alike the members of many pairs are: 0 for not at all, 1 for one saying all about the other.
public struct PairStatistics: Hashable, Sendable, Codable {
  /// Pairs that were compared.
  public let pairs: Int
  /// Mean over the pairs, 0 if there are none.
  public let mean: Double
  /// Largest of the pairs, 0 if there are none.
  public let highest: Double
  /// Pairs above 0.9.
  public let above90Percent: Int
}

/// How often the features of one threshold are on, over all positions of the images looked at.
public struct FeatureStatistics: Hashable, Sendable, Codable {
  /// Positions looked at, over all images.
  public let positions: Int
  /// Fraction of the positions at which each filter's feature is on, 0 to 1.
  public let onRates: [Double]
  /// Smallest, middle (the upper one of two) and largest on-rate.
  public let lowest: Double
  public let median: Double
  public let highest: Double
  /// Features on at less than 0.1 % of the positions.
  public let dead: Int
  /// Features on at more than 99.9 % of the positions.
  public let stuck: Int

  /// Statistics of how often each of K features was on at `positions` positions.
  /// - Precondition: there is at least one feature.
  init(onCounts: [Int], positions: Int) {
    self.positions = positions
    onRates = onCounts.map { Double($0) / Double(max(1, positions)) }
    let sorted = onRates.sorted()
    lowest = sorted[0]
    median = sorted[sorted.count / 2]
    highest = sorted[sorted.count - 1]
    // In integers, so that a rate of exactly 0.1 % is not dead whatever the division rounds to.
    dead = onCounts.count { 1000 * $0 < positions }
    stuck = onCounts.count { 1000 * $0 > 999 * positions }
  }
}

/// What an inspection says of one layer.
public struct LayerInspection: Hashable, Sendable, Codable {
  /// Index of the layer, from 0.
  public let layer: Int
  /// K, the number of filters.
  public let filters: Int
  /// Side of the window.
  public let window: Int
  /// D, the bits of a patch.
  public let patchBits: Int
  /// Positions down and across of the map the layer looks at.
  public let mapHeight: Int
  public let mapWidth: Int
  /// Bytes of its parts.
  public let bytes: LayerBytes
  /// Fraction of the filters' bits that matter, 0 to 1; 1 without masks.
  public let unmasked: Double
  /// Range of the thresholds, one entry for each threshold a filter has.
  public let thresholds: [ThresholdRange]
  /// Pairs of filters with the same mask, thresholds and bits (those that matter).
  public let duplicatePairs: Int
  /// The first of them, 100 at most.
  public let duplicates: [FilterPair]
  /// Pairs of filters with the same mask whose bits (those that matter) are all opposite.
  public let complementPairs: Int
  /// The first of them, 100 at most.
  public let complements: [FilterPair]
  /// Agreement of the filters' bits: |1 − 2 · distance / D| over the D bits that matter to both, for every pair.
  public let filterAgreement: PairStatistics
  /// How often the features are on, one entry for each threshold; empty if no images were looked at.
  public let features: [FeatureStatistics]
  /// Absolute phi correlation, at sampled positions, of the first features, for every pair of
  /// features that are neither always on nor always off there; nil if no images were looked at.
  public let featureCorrelation: PairStatistics?
}
