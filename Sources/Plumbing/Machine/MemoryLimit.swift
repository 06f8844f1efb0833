// How much memory the process may use, and the one place where a need that depends on input is stated before it is met.
// What the machine allows is Machine.swift's; what can also do without memory has a MemoryBudget.

import Synchronization

/// A number of bytes that nothing may need more of at a time.
public struct MemoryLimit: Hashable, Sendable {
  /// The number of bytes.
  public let bytes: Int

  /// A limit of so many bytes, at least 0.
  public init(bytes: Int) { self.bytes = max(0, bytes) }

  /// A limit that nothing reaches.
  public static let none = MemoryLimit(bytes: .max)

  private static let chosen = Atomic<Int>(-1)
  @TaskLocal private static var scoped: MemoryLimit?

  /// The limit of this process: what was chosen, else what the machine allows.
  public static var current: MemoryLimit {
    if let scoped { return scoped }
    let bytes = chosen.load(ordering: .relaxed)
    return MemoryLimit(bytes: bytes < 0 ? Machine.memory : bytes)
  }

  /// Chooses the limit of this process.
  public static func choose(bytes: Int) { chosen.store(max(0, bytes), ordering: .relaxed) }

  /// Calls `body`, which sees this as the current limit on the threads of this task.
  public func apply<R>(to body: () throws -> R) rethrows -> R {
    try Self.$scoped.withValue(self, operation: body)
  }

  /// States a need before it is met.
  /// - Parameters:
  ///   - bytes: how much is needed.
  ///   - what: what needs it, for the error: "an image of this model".
  /// - Throws: `MemoryError` where that is beyond the limit.
  public func check(_ bytes: Int, for what: @autoclosure () -> String) throws(MemoryError) {
    guard bytes > self.bytes else { return }
    throw MemoryError(what: what(), needed: bytes, limit: self.bytes)
  }

  /// How many of `threads` threads can work if each needs so many bytes; at least one.
  public func workers(_ threads: Int, each bytes: Int) -> Int {
    max(1, min(threads, self.bytes / max(1, bytes)))
  }

  /// The product of numbers of which none is negative; `Int.max` where it is beyond 64 bits.
  public static func product(_ factors: Int...) -> Int {
    if factors.contains(0) { return 0 }
    return factors.reduce(1) { product, factor in
      let (next, isTooLarge) = product.multipliedReportingOverflow(by: factor)
      return isTooLarge ? .max : next
    }
  }

  /// The sum of numbers of which none is negative; `Int.max` where it is beyond 64 bits.
  public static func sum(_ terms: Int...) -> Int {
    terms.reduce(0) { sum, term in
      let (next, isTooLarge) = sum.addingReportingOverflow(term)
      return isTooLarge ? .max : next
    }
  }

  /// Bytes in the unit that reads best, rounded up to a tenth: "1.5 GiB".
  public static func amount(_ bytes: Int) -> String {
    for (shift, name) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where bytes >= 1 << shift {
      let unit = 1 << shift
      let tenths = bytes % unit == 0 ? 0 : (bytes % unit * 10 + unit - 1) / unit
      let whole = bytes / unit + tenths / 10
      return tenths % 10 == 0 ? "\(whole) \(name)" : "\(whole).\(tenths % 10) \(name)"
    }
    return "\(bytes) bytes"
  }
}

/// Something needs more memory than there is.
public struct MemoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What needs it, how much, how much there is, and what to do.
  public let message: String
  /// The message.
  public var description: String { message }

  init(what: String, needed: Int, limit: Int) {
    message =
      "\(what) needs \(needed == .max ? "more memory than there can be" : "about \(MemoryLimit.amount(needed))"), the "
      + "limit is \(MemoryLimit.amount(limit)); take something smaller, or raise TALLY_MEMORY_MIB if there is more"
  }
}
