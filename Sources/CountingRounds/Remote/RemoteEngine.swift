// The engine that has its rounds run by another process, which sums the tallies of all shards in its own way.

import Plumbing
import Synchronization

/// The way to a process that runs rounds: asks and waits for the sum.
package final class RoundLink: Sendable {
  private struct State {
    var channel: FrameChannel
    var next: UInt64
  }
  private let state: Mutex<State>
  private let onReport: @Sendable (String) -> Void

  /// A link.
  /// - Parameters:
  ///   - channel: the two pipes to whoever runs the rounds.
  ///   - session: sets the rounds of this link apart from those of any other, so that a late answer is known as one.
  ///   - onReport: told of what rounds cost, a JSON text each.
  package init(
    _ channel: sending FrameChannel, session: UInt32, onReport: @escaping @Sendable (String) -> Void
  ) {
    state = Mutex(State(channel: channel, next: UInt64(session) << 32))
    self.onReport = onReport
  }

  /// Runs a round over shards 0 ..< `shards`.
  /// - Throws: `RoundError` when there is no answer, or not that to the question.
  func run(
    _ spec: RoundSpec, state tally: Tally, digest: UInt64, part: RoundRequest.Part, shards: Int
  ) throws(RoundError) -> Tally {
    let all = [0...max(0, shards - 1)]
    let report = onReport
    return try state.withLock { state throws(RoundError) in
      let round = state.next
      state.next += 1
      let request = RoundRequest(
        round: round, digest: digest, part: part, shards: all, spec: spec, state: tally)
      try state.channel.send(Frame(.round, request.encoded()))
      while let frame = try state.channel.receive() {
        switch frame.kind {
        case .report: report(frame.text)
        case .failure: throw RoundError(frame.reason)
        case .tally:
          let sum = try PartialTally(encoded: frame.payload)
          guard sum.round == round, sum.shards == all else {
            throw RoundError(
              "the answer to round \(round) is of round \(sum.round) with shards \(sum.shards), not all of it"
            )
          }
          return sum.tally
        default: throw RoundError("an answer to a round cannot be of kind \(frame.kind)")
        }
      }
      throw RoundError("\(state.channel.peer) has ended")
    }
  }

  /// Says that nothing more will be asked, and waits for the last report.
  package func end() throws(RoundError) {
    let report = onReport
    try state.withLock { state throws(RoundError) in
      try state.channel.send(Frame(.end))
      while let frame = try state.channel.receive() {
        if frame.kind == .report { report(frame.text) }
      }
    }
  }
}

/// Runs rounds through a link, over shards that only the process at its other end has.
package struct RemoteEngine<Shard: Sendable>: Engine {
  private let link: RoundLink
  private let digest: UInt64
  private let part: RoundRequest.Part
  private let shards: Int
  private let threads: Int

  /// An engine over one part of all shards of a data set; `threads` are for the reduce, which is run here.
  package init(_ link: RoundLink, digest: UInt64, part: RoundRequest.Part, shards: Int, threads: Int) {
    (self.link, self.digest, self.part, self.shards, self.threads) = (link, digest, part, shards, threads)
  }

  package func run<R: CountingRound>(_ round: R, state: Tally) throws -> Tally where R.Shard == Shard {
    guard let portable = round as? any PortableRound else {
      throw RoundError("\(R.self) cannot be run by another process")
    }
    let total = try link.run(
      portable.spec, state: portable.sent(state: state), digest: digest, part: part, shards: shards)
    let received = portable.received(tally: total)
    try portable.check(total: received, shards: shards)
    return round.reduce(state: state, total: received, threads: threads)
  }
}
