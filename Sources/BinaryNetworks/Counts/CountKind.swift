// The kinds of counts a head can have. All that is true of one kind is in its own file beside this one.

import BitKernels
import Plumbing

/// What a head counts in a cell of its grid.
public enum CountKind: Hashable, Sendable, CaseIterable {
  /// Positions at which the feature is on.
  case plain
  /// How clearly the feature was present, summed over positions.
  case soft
  /// The square root of the soft count.
  case root

  /// What the kind means, everywhere.
  package var rules: any CountRules {
    switch self {
    case .plain: PlainCount()
    case .soft: SoftCount()
    case .root: RootCount()
    }
  }
}

extension CountKind: CodedChoice {
  package var fileCode: Int { rules.fileCode }
}

extension CountKind: RawRepresentable {
  /// The name in plans.
  public var rawValue: String { rules.name }

  /// The kind of a name; nil if there is none.
  public init?(rawValue: String) {
    guard let kind = Self.allCases.first(where: { $0.rules.name == rawValue }) else { return nil }
    self = kind
  }
}
