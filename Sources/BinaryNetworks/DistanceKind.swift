// The ways to take a patch's distance to a filter. The distances themselves are computed in FilterBank.swift.

import BitKernels
import Plumbing

/// How a patch's distance to a filter is taken.
public enum DistanceKind: String, Hashable, Sendable, CaseIterable {
  /// The Hamming distance.
  case plain
  /// The Hamming distance less the mean over the layer's filters at that position (plus half of D): a filter then
  /// competes with the others, whatever the patch's contrast (as in the triangle activation of Coates, Ng and Lee, 2011).
  case centred

  /// The oldest version of the model file that can express it.
  var fileVersion: UInt64 {
    switch self {
    case .plain: 1
    case .centred: 2
    }
  }
}

extension DistanceKind: CodedChoice {
  package var fileCode: Int {
    switch self {
    case .plain: 0
    case .centred: 1
    }
  }
}
