// Refinement as a round: the state, what shards return, how they are averaged.
// What a shard does with its mini-batches is in RefineLearner.swift.

package import BinaryNetworks
package import CountingRounds
package import ImageData
import Plumbing

/// Learns a layer's filters and head from what its own classifier still gets wrong (the split filter whose sets A and B
/// are the patches where the head wishes the feature on, or off).
///
/// The accumulators and their flips follow Bop (Helwegen et al., arXiv 1906.02107); in floats the votes would be the
/// straight-through gradient of one binary layer (Hubara et al., arXiv 1602.02830).
///
/// State, all integers:
/// accumulator (K × 64·words, 20 fractional bits, 12 with more than one shard); momentum (the same shape, 8 bits; empty
/// with more than one shard);
/// threshold (G · K, 8 bits); spread (K, 8 bits);
/// weight (classes × F, 28 bits), weightMomentum (24 bits), bias (classes, 20 bits); mean, variance of the counts
/// (F, 8 bits); covariance of the normalised counts (blocks, 16 bits), inverse; wishScale; round.
///
/// What is merged, and how, decides what a round costs on a network: see RefineMerge.swift.
package struct RefineRound: CountingRound {
  /// What a round is for, with its number on the wire: the first two set the stage once a layer.
  package enum Phase: Int64, Hashable, Sendable {
    /// Mean and variance of the counts.
    case moments = 0
    /// Covariance of the normalised counts.
    case covariance = 1
    /// Mini-batches.
    case learn = 2
  }

  let stack: FrozenStack
  let settings: RefineSettings
  let start: FilterBank
  let phase: Phase
  /// Images in all shards.
  let trainingImages: Int
  /// Sets the stages of one layer apart in what they draw.
  let salt: UInt64

  /// A round over `trainingImages` images. `start` gives shapes, and the filters where they are not learned.
  package init(
    stack: FrozenStack, settings: RefineSettings, start: FilterBank, phase: Phase, trainingImages: Int,
    salt: UInt64
  ) {
    self.stack = stack
    self.settings = settings
    self.start = start
    self.phase = phase
    self.trainingImages = trainingImages
    self.salt = salt
  }

  /// Images that the moments and covariance phases look at.
  static let stageImages = 2_048
  /// Rounds of phase `learn` in all.
  package var learningRounds: Int { settings.passes * settings.mergesPerPass }
  /// Mini-batches of a shard in one round.
  var batchesPerRound: Int {
    max(1, trainingImages / settings.shards / settings.batch / settings.mergesPerPass)
  }
  /// Images of all shards in one round of phase `learn`.
  package var imagesPerRound: Int { batchesPerRound * settings.batch * settings.shards }
  /// G · K, the counts of a cell.
  var countsPerCell: Int { start.features.count * start.count }
  var blocks: [Range<Int>] { CountBlocks.ranges(counts: countsPerCell, cells: settings.layout.cells) }

  /// The state before the first round.
  /// - Parameters:
  ///   - thresholds: of the starting filters, K for each counted feature.
  ///   - spreads: standard deviations of their distances, 8 fractional bits.
  package func initialState(thresholds: [UInt16], spreads: [Int64]) -> Tally {
    let features = settings.layout.cells * countsPerCell
    let width = 64 * start.patchWords
    var generator = SeededGenerator(seed: stack.seed, 0x7265_6669, UInt64(stack.network.layers.count), salt)
    var accumulator = [Int64](repeating: 0, count: settings.learnsFilters ? start.count * width : 0)
    if settings.learnsFilters {
      for k in 0..<start.count {
        let filter = start.filter(k)
        for d in 0..<width {
          // A random confidence of up to 0.3, so that a few votes turn the bits that say little.
          let size = Int64(generator.below(3 << 20) / 10) + 1
          accumulator[k * width + d] = filter[d / 64] >> UInt64(d % 64) & 1 == 1 ? size : -size
        }
      }
    }
    return Tally([
      "accumulator": stored(accumulator),
      "momentum": Array(repeating: 0, count: mergesMomenta ? accumulator.count : 0),
      "threshold": thresholds.map { Int64($0) << 8 },
      "spread": spreads,
      "weight": Array(repeating: 0, count: settings.classes * features),
      "weightMomentum": Array(repeating: 0, count: settings.classes * features),
      "bias": Array(repeating: 0, count: settings.classes),
      "mean": Array(repeating: 0, count: features),
      "variance": Array(repeating: 256, count: features),
      "covariance": [], "inverse": [], "wishScale": [0], "round": [0],
    ])
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let learner = RefineLearner(self, state: state, shard: shard, threads: threads)
    switch phase {
    case .moments: return learner.moments()
    case .covariance: return learner.covariance()
    case .learn: return learner.learn()
    }
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally {
    var next = state
    switch phase {
    case .moments:
      let n = total[number: "images"]
      (next["mean"], next["variance"]) = moments(n: n, sums: total["sum"], squares: total["square"])
    case .covariance:
      setCovariance(of: &next, total, threads: threads)
    case .learn:
      for name in averaged { next[name] = mean(total[name], shards: total[number: "shards"]) }
      // Few images of few rows may have no sample at all: then the deviations stay.
      let n = total[number: "distances"]
      if settings.learnsFilters, n > 0 {
        next["spread"] = (0..<start.count).map {
          spread(n: n, sum: total["distance"][$0], squares: total["distanceSquare"][$0])
        }
      }
      if total.contains("covarianceSum") { setCovariance(of: &next, total, threads: threads) }
      next[number: "round"] += 1
      next["seen"] = total["seen"]
      next["correct"] = total["correct"]
    }
    return next
  }

  private func setCovariance(of state: inout Tally, _ total: Tally, threads: Int) {
    let n = max(1, total[number: "covarianceImages"])
    let fresh = total["covarianceSum"].map { $0 / n }
    let old = state["covariance"]
    let covariance = old.isEmpty ? fresh : fresh.indices.map { (fresh[$0] + old[$0]) / 2 }
    state["covariance"] = covariance
    let blocks = self.blocks
    let offsets = CountBlocks.offsets(blocks)
    let damping = settings.damping
    let inverse = SharedBuffer<Int64>(repeating: 0, count: covariance.count)
    parallelFor(blocks.count, threads: threads) { b, _ in
      let n = blocks[b].count
      let range = offsets[b]..<offsets[b] + n * n
      let solved = HeadSolve.inverse(covariance: Array(covariance[range]), n: n, damping: damping)
      inverse.withMutableSpan(range) { out in
        for i in 0..<n * n { out[i] = solved[i] }
      }
    }
    state["inverse"] = inverse.array
  }

  /// The bank the state describes: the learned filters and thresholds, or those it started from.
  package func bank(from state: Tally) -> FilterBank {
    var bank = start
    setThresholds(state["threshold"], of: &bank)
    guard settings.learnsFilters else { return bank }
    let packed = AccumulatorPacking(settings: settings, bank: start)
    packed.pack(accumulators(in: state), into: &bank)
    return bank
  }

  /// Gives a bank thresholds with 8 fractional bits, K for each counted feature, as the layer applies them while it is learned and
  /// afterwards.
  func setThresholds(_ fixed: [Int64], of bank: inout FilterBank) {
    let whole = fixed.map { UInt16(max(0, min(65_535, ($0 + 128) >> 8))) }
    for g in bank.features.indices {
      bank.features[g].thresholds = Array(whole[g * bank.count..<(g + 1) * bank.count])
    }
  }

  /// The head the state describes, folded into integer weights on plain integer counts.
  /// - Parameter bits: what a weight may take, with its sign: 2 to 16.
  package func head(from state: Tally, bits: Int = 16) -> LinearHead {
    HeadFolding.head(from: state, settings: settings, bits: bits)
  }
}

/// Mean and variance with 8 fractional bits; the variance at least 0.05, so that rare counts are not blown up.
func moments(n: Int64, sums: [Int64], squares: [Int64]) -> (mean: [Int64], variance: [Int64]) {
  let mean = sums.map { ($0 << 8) / max(1, n) }
  let variance = sums.indices.map { f -> Int64 in
    // n·Σx² − (Σx)², counts up to 2^20 and n up to 2^20 images: 2^80 at most, hence 128 bits.
    let spread = Int128(n) * Int128(squares[f]) - Int128(sums[f]) * Int128(sums[f])
    return max(13, Int64(clamping: spread * 256 / Int128(max(1, n * n))))
  }
  return (mean, variance)
}

/// The groups of counts whose correlations the head knows: those of one cell, in blocks of at most 128.
enum CountBlocks {
  /// Most counts of a block.
  static let most = 128

  static func ranges(counts: Int, cells: Int) -> [Range<Int>] {
    let parts = (counts + most - 1) / most
    return (0..<cells).flatMap { cell in
      (0..<parts).map { part in
        cell * counts + counts * part / parts..<cell * counts + counts * (part + 1) / parts
      }
    }
  }

  /// Where each block's matrix begins in the flat array.
  static func offsets(_ blocks: [Range<Int>]) -> [Int] {
    var offset = 0
    return blocks.map { block in
      defer { offset += block.count * block.count }
      return offset
    }
  }
}
