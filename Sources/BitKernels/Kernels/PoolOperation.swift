// The ways of making one bit of four.

import CTallyKernels

/// How 2x2 pooling makes one bit of four.
package enum PoolOperation: Hashable, Sendable {
  /// Any of the four.
  case or
  /// At least two of the four.
  case majority

  var code: Int32 {
    switch self {
    case .or: Int32(TK_POOL_OR)
    case .majority: Int32(TK_POOL_MAJORITY)
    }
  }
}
