// The one mechanism by which everything is learned: state → map over shards → sum → reduce → next state.

/// A learning round: what every shard does with the state, and what becomes of the sum.
///
/// `map` must depend on nothing but its shard and the state, and give the same tally for any number of threads.
package protocol CountingRound: Sendable {
  /// A logical part of the data: images and labels, nothing derived.
  associatedtype Shard: Sendable

  /// Counts over one shard. `threads` says how many threads the map may use, never what it computes.
  func map(_ shard: Shard, state: Tally, threads: Int) -> Tally

  /// The next state from the current one and the sum of all shards' tallies.
  func reduce(state: Tally, total: Tally, threads: Int) -> Tally
}

/// Runs rounds over the shards it holds.
package protocol Engine<Shard>: Sendable {
  /// What the engine's shards are.
  associatedtype Shard: Sendable

  /// Maps every shard, adds the tallies and reduces.
  /// - Throws: what keeps the engine from reaching a shard; a partial sum is never reduced.
  func run<R: CountingRound>(_ round: R, state: Tally) throws -> Tally where R.Shard == Shard
}
