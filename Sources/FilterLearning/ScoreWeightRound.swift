// How much the scores of earlier layers count beside those of the last one: counted on images that were kept out of training.

package import BinaryNetworks
package import CountingRounds
package import ImageData
import Plumbing

/// Counts how many answers are right for each of a few weights of the earlier layers' scores beside the last layer's.
///
/// State after the round: "weights", for each of `ScoreWeight.candidates` the right answers.
package struct ScoreWeightRound: CountingRound {
  let network: Network

  /// A round about the last layer of a network.
  /// - Precondition: it has at least two layers.
  package init(network: Network) {
    precondition(network.layers.count > 1, "there are no scores to weigh")
    self.network = network
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let candidates = ScoreWeight.candidates
    let last = network.layers.count - 1
    let counted = shard.counting(answersOf: network, width: candidates.count, threads: threads) {
      pass, pixels, label, counts in
      let (alone, sums) = pass.scores(of: pixels)
      let own = alone[last] ?? sums[last].map { _ in 0 }
      for (i, weight) in candidates.enumerated() {
        let sum = zip(sums[last - 1], own).map { weight.sum($0, $1) }
        counts[i] += highest(sum) == label ? 1 : 0
      }
    }
    return Tally(["weights": counted])
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }

  /// The weight with the most right answers; of equals the one nearest to 1, and of these the one for which earlier scores count less.
  package static func choice(_ state: Tally) -> ScoreWeight {
    // The first of the best: candidates begin with 1 and go away from it.
    let most = state["weights"].max() ?? 0
    let best = state["weights"].firstIndex(of: most) ?? 0
    return ScoreWeight.candidates[best]
  }
}

extension ScoreWeightRound: PortableImageRound {
  package static var name: RoundName { .weights }

  package func described() -> Tally { Tally(["network": network.settings]) }

  package init(described: Tally) throws(RoundError) {
    let network = try Settings(described).network("network")
    guard network.layers.count > 1 else {
      throw RoundError("a round's description has a network of one layer, whose scores are not weighed")
    }
    self.init(network: network)
  }
}
