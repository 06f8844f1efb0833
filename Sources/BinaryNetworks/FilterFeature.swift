// What a layer reads off its filters' distances. A distance is expensive, features of it are cheap: it may be unusually small, or
// unusually large, by one measure or another.

import Plumbing

/// The side of its threshold on which a feature is on.
public enum FeatureSide: String, Hashable, Sendable, CaseIterable, Codable {
  /// At most the threshold: the patch looks like the filter.
  case near
  /// At least the threshold: the patch looks like the filter's complement.
  case far
}

extension FeatureSide: CodedChoice {
  package var fileCode: Int {
    switch self {
    case .near: 0
    case .far: 1
    }
  }
}

/// Who gets a feature.
public enum FeatureUse: String, Hashable, Sendable, CaseIterable, Codable {
  /// The layer's head counts it, and the next layer gets its bits.
  case both
  /// The head alone.
  case head
  /// The next layer alone.
  case next

  /// Whether the head counts the feature.
  package var isCounted: Bool { self != .next }
  /// Whether the next layer gets its bits.
  package var isHandedOn: Bool { self != .head }
}

extension FeatureUse: CodedChoice {
  package var fileCode: Int {
    switch self {
    case .both: 0
    case .head: 1
    case .next: 2
    }
  }
}

/// A feature that every filter of a layer has, with a threshold for each.
public struct FilterFeature: Hashable, Sendable {
  /// Where it is on.
  public var side: FeatureSide
  /// Who gets it.
  public var use: FeatureUse
  /// K thresholds.
  public var thresholds: [UInt16]

  /// A feature.
  public init(_ thresholds: [UInt16], side: FeatureSide = .near, use: FeatureUse = .both) {
    self.side = side
    self.use = use
    self.thresholds = thresholds
  }

  /// Whether the head counts it.
  public var isCounted: Bool { use.isCounted }
  /// Whether the next layer gets its bits.
  public var isHandedOn: Bool { use.isHandedOn }

  /// Most features of a layer.
  public static let most = 8
}

/// The thresholds of several features as kernels take them.
package struct FeatureThresholds: Hashable, Sendable {
  /// K thresholds for each of the features.
  package let values: [UInt16]
  /// Bit g says that feature g is on the far side.
  package let far: UInt32
  /// No distance is larger.
  package let largestDistance: UInt16

  package init(_ features: [FilterFeature], largestDistance: Int) {
    values = features.flatMap(\.thresholds)
    far = features.enumerated().reduce(0) { $0 | ($1.element.side == .far ? 1 << UInt32($1.offset) : 0) }
    self.largestDistance = UInt16(largestDistance)
  }
}
