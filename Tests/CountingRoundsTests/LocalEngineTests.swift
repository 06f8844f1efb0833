// The local engine: neither threads nor shards show in what a counting round gives.

import CountingRounds
import Plumbing
import Testing

/// Counts numbers by remainder, with a state that scales them; reduce keeps what it saw.
private struct RemainderRound: CountingRound {
  func map(_ shard: [Int], state: Tally, threads: Int) -> Tally {
    let sums = SharedBuffer<Int64>(repeating: 0, count: 5 * max(1, threads))
    parallelFor(shard.count, threads: threads) { item, worker in
      sums.withMutableSpan(5 * worker..<5 * worker + 5) { $0[shard[item] % 5] += Int64(shard[item]) }
    }
    let all = sums.array
    let scale = state[number: "scale"]
    return Tally([
      "sum": (0..<5).map { r in scale * stride(from: r, to: all.count, by: 5).reduce(0) { $0 + all[$1] } },
      "shards": [1],
    ])
  }

  func reduce(state: Tally, total: Tally, threads: Int) -> Tally {
    var next = total
    next["scale"] = [state[number: "scale"] + 1]
    return next
  }
}

@Suite struct LocalEngineTests {
  private func shards(_ count: Int) -> [[Int]] {
    (0..<count).map { s in Array(1000 * s / count..<1000 * (s + 1) / count) }
  }

  @Test(arguments: [1, 2, 3, 7]) func threadsAndShardsDoNotShow(threads: Int) throws {
    let expected = (0..<5).map { r in
      3 * (0..<1000).filter { $0 % 5 == r }.reduce(Int64(0)) { $0 + Int64($1) }
    }
    for count in 1...9 {
      let engine = LocalEngine(shards: shards(count), threads: threads)
      let state = engine.run(RemainderRound(), state: Tally(["scale": [3]]))
      #expect(state == Tally(["sum": expected, "shards": [Int64(count)], "scale": [4]]), "\(count) shards")
    }
  }

  @Test func noThreadsAreOne() {
    #expect(LocalEngine(shards: [[1]], threads: 0).threads == 1)
    #expect(LocalEngine(shards: [[1]], threads: -3).threads == 1)
  }
}
