// A training's way to rounds that another process runs: first its shards' manifest, then round after round.

import CountingRounds
package import ImageData

/// The rounds of one training, run by the process at the other end of a pair of pipes.
package final class RemoteRounds: Sendable {
  /// The shards the other process has.
  package let manifest: ShardManifest
  private let link: RoundLink

  /// Waits for the other process's manifest.
  /// - Parameters:
  ///   - input: the descriptor to read from; it is closed when this is let go.
  ///   - output: the descriptor to write to.
  ///   - peer: what the other process is called in errors.
  ///   - session: a number that no other training has.
  ///   - onReport: told of what rounds cost, a JSON text each.
  /// - Throws: `RoundError` with the other process's own words if it has some; `DatasetError` for a bad manifest.
  package init(
    input: Int32, output: Int32, peer: String, session: UInt32,
    onReport: @escaping @Sendable (String) -> Void
  ) throws {
    let channel = FrameChannel(input: input, output: output, peer: peer)
    guard let first = try channel.receive() else {
      throw RoundError("\(peer) ended before it said which shards it has")
    }
    switch first.kind {
    case .manifest: manifest = try ShardManifest(encoded: first.payload, path: ShardManifest.fileName)
    case .failure: throw RoundError(first.reason)
    default: throw RoundError("\(peer) began with a message of kind \(first.kind)")
    }
    link = RoundLink(channel, session: session, onReport: onReport)
  }

  /// An engine over one part of the shards.
  func engine(_ part: RoundRequest.Part, threads: Int) -> RemoteEngine<ImageShard> {
    RemoteEngine(
      link, digest: manifest.dataDigest, part: part, shards: manifest.shards.count, threads: threads)
  }

  /// Says that nothing more will be asked, and waits for the last report.
  /// - Throws: `RoundError`.
  package func end() throws { try link.end() }
}
