// Rounds that another process can run: described as bytes here, made again there.
// Which rounds there are is the registry's matter, FilterLearning/RoundRegistry.swift.

import Plumbing

/// A round that can be described and made again from its description.
package protocol PortableRound: CountingRound {
  /// The name it is described under; never changed once it has been used.
  static var kind: String { get }

  /// Everything that `map` depends on besides shard and state.
  func described() -> Tally

  /// Makes the round again, for mapping.
  /// - Throws: `RoundError` when settings are missing or outside their limits.
  init(described: Tally) throws(RoundError)

  /// What the round needs of memory to map a shard.
  var memory: RoundMemory { get }

  /// Checks a state that came from elsewhere, in full form, before `map` reads it.
  /// - Throws: `RoundError` when an array is missing or outside what a training can come to.
  func check(state: Tally) throws(RoundError)

  /// Checks the sum of `shards` shards' tallies that came from elsewhere, in full form, before `reduce` reads it.
  /// - Throws: as for a state.
  func check(total: Tally, shards: Int) throws(RoundError)

  /// What travels of a state: the part that `map` reads, in its shortest form; and that form undone.
  func sent(state: Tally) -> Tally
  func received(state: Tally) -> Tally

  /// What travels of a tally, in a form that adds as the tally does; and that form undone.
  func sent(tally: Tally) -> Tally
  func received(tally: Tally) -> Tally
}

extension PortableRound {
  package func sent(state: Tally) -> Tally { state }
  package func received(state: Tally) -> Tally { state }
  package func sent(tally: Tally) -> Tally { tally }
  package func received(tally: Tally) -> Tally { tally }

  /// The round's description.
  package var spec: RoundSpec { RoundSpec(kind: Self.kind, settings: described()) }
}

/// Bytes that mapping a shard needs, about.
package struct RoundMemory: Hashable, Sendable {
  /// Whatever the number of threads, tallies included.
  package var shared: Int
  /// For each thread.
  package var perThread: Int

  /// A need.
  package init(shared: Int, perThread: Int) { (self.shared, self.perThread) = (shared, perThread) }

  /// How many threads there is room for, at most `threads`.
  /// - Throws: `RoundError` when there is none for a single one.
  package func threads(_ threads: Int, for kind: String) throws(RoundError) -> Int {
    let limit = MemoryLimit.current
    do {
      try limit.check(MemoryLimit.sum(shared, perThread), for: "a round of kind '\(kind)'")
    } catch { throw RoundError(error.message) }
    return MemoryLimit(bytes: limit.bytes - shared).workers(threads, each: perThread)
  }
}

/// A round could not be described, sent or run elsewhere.
package struct RoundError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what is wrong, where, what to do.
  package let message: String
  package var description: String { message }

  /// An error with this message.
  package init(_ message: String) { self.message = message }
}

/// The description of a round.
package struct RoundSpec: Hashable, Sendable {
  /// The round's name.
  package let kind: String
  /// What it was made with.
  package let settings: Tally

  /// A description.
  package init(kind: String, settings: Tally) {
    self.kind = kind
    self.settings = settings
  }
}
