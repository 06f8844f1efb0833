// What refinement's shards hand in, what of it is averaged, and how fine it travels. With one shard nothing is left out.

import CountingRounds

/// With more than one shard a round leaves out what costs bytes and adds little:
///
/// - Momenta of the votes stay at home. They remember some ten mini-batches, so every shard starts a round without, and the mean
///   over shards is what smooths.
/// - Accumulators travel with 12 fractional bits, which is 1/40 of a usual step.
/// - The covariance of the counts moves slowly: it is measured in the first round of every pass; so it is with few images.
extension RefineRound {
  /// Names of the arrays that shards change and reduce averages.
  var averaged: [String] {
    let all = [
      "accumulator", "threshold", "weight", "weightMomentum", "bias", "mean", "variance", "wishScale",
    ]
    return mergesMomenta ? all + ["momentum"] : all
  }

  /// Whether momenta go from round to round.
  var mergesMomenta: Bool { settings.shards == 1 }

  /// Whether a round measures the covariance of the counts: with one shard every round of enough images for a block of counts, and
  /// else the first round of every pass. Fewer images than counts say little of these, and an inverse takes as long.
  func measuresCovariance(round: Int) -> Bool {
    round % settings.mergesPerPass == 0 || settings.shards == 1 && imagesPerRound >= CountBlocks.most
  }

  /// Fractional bits of accumulators that do not travel.
  private var droppedBits: Int64 { settings.shards == 1 ? 0 : 8 }

  /// Accumulators as states and tallies hold them: the interval that each lies in, so that signs stay.
  func stored(_ accumulator: [Int64]) -> [Int64] { accumulator.map { $0 >> droppedBits } }

  /// Accumulators with 20 fractional bits: the middle of what `stored` left.
  func accumulators(in state: Tally) -> [Int32] {
    let middle = (Int64(1) << droppedBits) >> 1
    return state["accumulator"].map { Int32($0 << droppedBits + middle) }
  }

  /// Sums over shards divided by their number, halves rounded up on both sides of zero: an average must not drift.
  func mean(_ sums: [Int64], shards: Int64) -> [Int64] {
    sums.map { sum in
      let twice = 2 * sum + shards
      let quotient = twice / (2 * shards)
      return quotient * 2 * shards > twice ? quotient - 1 : quotient
    }
  }
}
