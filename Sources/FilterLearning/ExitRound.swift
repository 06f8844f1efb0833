// From which lead on a layer's answer is as good as the last one: counted on images that were kept out of training.

package import BinaryNetworks
package import CountingRounds
package import ImageData
import Plumbing

/// Counts, by how far the first class leads the second after a layer, how many answers are right there and in the end.
///
/// Images that an earlier layer answers are left out. State after the round: "exits", for each range of leads of `LeadScale`: images,
/// right answers after the layer, right answers of the whole network.
package struct ExitRound: CountingRound {
  let network: Network
  let layer: Int

  /// A round about the answers after a layer of a network; the network's own exits after that layer and later are not looked at.
  package init(network: Network, layer: Int) {
    self.network = network
    self.layer = layer
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let counted = shard.counting(answersOf: network, width: 3 * LeadScale.ranges, threads: threads) {
      pass, pixels, label, counts in
      let sums = pass.scores(of: pixels).sums
      if (0..<layer).contains(where: { network.answers(sums[$0], after: $0) }) { return }
      let last = network.answer(sums, effort: .full) { pass.mirroredScores(pixels) }
      let at = 3 * LeadScale.range(of: lead(of: sums[layer]))
      counts[at] += 1
      counts[at + 1] += highest(sums[layer]) == label ? 1 : 0
      counts[at + 2] += highest(last.scores) == label ? 1 : 0
    }
    return Tally(["exits": counted])
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }

  /// The smallest lead from which on at most `loss` right answers are lost, beginning with the largest leads, and how many are; nil if
  /// that is so for no image. A loss below 0 is a gain.
  package static func choice(_ state: Tally, loss most: Int) -> (lead: Int64, loss: Int)? {
    let counts = state["exits"]
    var (loss, choice): (Int, (lead: Int64, loss: Int)?) = (0, nil)
    for range in (0..<LeadScale.ranges).reversed() where counts[3 * range] > 0 {
      loss += Int(counts[3 * range + 2] - counts[3 * range + 1])
      guard loss <= most else { return choice }
      choice = (LeadScale.least(range), loss)
    }
    return choice
  }
}

extension ForwardPass {
  /// For every layer the scores of an image, nil without a head, and those summed up to it.
  func scores(of pixels: Span<UInt8>) -> (alone: [[Int64]?], sums: [[Int64]]) {
    run(pixels, scores: true, features: false)
    var (sum, sums) = ([Int64](repeating: 0, count: network.classNames.count), [[Int64]]())
    let alone = layers.indices.map { index in
      let scores = addScores(ofLayer: index, to: &sum)
      sums.append(sum)
      return scores
    }
    return (alone, sums)
  }
}

/// Leads in ranges an eighth of an octave wide: 0 to 7 alone, then those with the same highest four bits.
enum LeadScale {
  /// Ranges of all leads from 0 to 2⁶³ − 1.
  static let ranges = 8 + 60 * 8

  /// The range that a lead is in.
  static func range(of lead: Int64) -> Int {
    let value = UInt64(max(0, lead))
    if value < 8 { return Int(value) }
    let down = 60 - value.leadingZeroBitCount
    return 8 + 8 * down + Int(value >> UInt64(down)) - 8
  }

  /// The least lead of a range.
  static func least(_ range: Int) -> Int64 {
    range < 8 ? Int64(range) : Int64(8 + range % 8) << Int64(range / 8 - 1)
  }
}

extension ExitRound: PortableImageRound {
  package static var name: RoundName { .exits }

  package func described() -> Tally {
    Tally(["network": network.settings, "layer": [Int64(layer)]])
  }

  package init(described: Tally) throws(RoundError) {
    let settings = Settings(described)
    let network = try settings.network("network")
    guard !network.layers.isEmpty else { throw RoundError("a round's description has no layers") }
    self.init(network: network, layer: try settings.number("layer", in: 0...network.layers.count - 1))
  }
}
