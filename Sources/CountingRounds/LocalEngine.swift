// The engine that runs all shards in this process.

import Plumbing
import Synchronization

/// Runs rounds on the threads of this process.
///
/// With at least twice as many shards as threads each thread maps whole shards; otherwise shards are mapped one
/// after the other and the threads work inside them. The result is the same.
package struct LocalEngine<Shard: Sendable>: Engine {
  /// The logical shards.
  package let shards: [Shard]
  /// Threads to use.
  package let threads: Int

  /// An engine over the given shards.
  package init(shards: [Shard], threads: Int) {
    self.shards = shards
    self.threads = max(1, threads)
  }

  package func run<R: CountingRound>(_ round: R, state: Tally) -> Tally where R.Shard == Shard {
    let apart = shards.count >= 2 * threads && threads > 1
    let total = Mutex(Tally())
    parallelFor(shards.count, threads: apart ? threads : 1) { item, _ in
      let tally = round.map(shards[item], state: state, threads: apart ? 1 : threads)
      total.withLock { $0.add(tally) }
    }
    return round.reduce(state: state, total: total.withLock { $0 }, threads: threads)
  }
}
