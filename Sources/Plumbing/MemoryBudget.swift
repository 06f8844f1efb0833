// How many bytes of memory may be spent on what could also be had otherwise: from a file, or by computing it again.

import Synchronization

/// A number of bytes that several holders of memory share: what one takes is not there for the next.
///
/// Results never depend on it, only speed and memory do.
public final class MemoryBudget: Sendable {
  private let left: Mutex<Int>

  /// A budget of so many bytes, at least 0.
  public init(bytes: Int) { left = Mutex(max(0, bytes)) }

  /// A budget that is never used up.
  public static var unlimited: MemoryBudget { MemoryBudget(bytes: .max / 2) }

  /// The bytes that are left.
  public var bytes: Int { left.withLock { $0 } }

  /// Takes bytes if that many are left.
  /// - Returns: whether they were taken.
  public func take(_ bytes: Int) -> Bool {
    left.withLock { left in
      guard bytes <= left else { return false }
      left -= bytes
      return true
    }
  }

  /// Gives back bytes that were taken.
  public func give(back bytes: Int) { left.withLock { $0 += bytes } }
}
