// A shard's local work in refinement: mini-batches from the broadcast state to what is returned.
// The steps of a mini-batch are in RefineBatch.swift, the head's in HeadLearner.swift.

import BinaryNetworks
import CountingRounds
import ImageData
import Plumbing

/// The working copy of a refinement state on one shard.
final class RefineLearner {
  let round: RefineRound
  let settings: RefineSettings
  let threads: Int
  /// Filters as they are now.
  var bank: FilterBank
  /// K × 64·words accumulators (20 fractional bits) and momenta (8 fractional bits).
  let accumulator: SharedBuffer<Int32>
  let momentum: SharedBuffer<Int32>
  /// Thresholds with 8 fractional bits, standard deviations with 8.
  var threshold: [Int64]
  let spread: [Int64]
  let head: HeadLearner
  var wishScale: Int64
  let roundIndex: Int
  private let initial: Tally

  init(_ round: RefineRound, state: Tally, threads: Int) {
    self.round = round
    self.threads = threads
    settings = round.settings
    initial = state
    bank = round.bank(from: state)
    accumulator = SharedBuffer(round.accumulators(in: state))
    momentum =
      round.mergesMomenta
      ? SharedBuffer(state["momentum"].map { Int32($0) })
      : SharedBuffer(repeating: 0, count: state["accumulator"].count)
    // Filters that learn have a threshold of at least 1: below it there is nothing for soft counts to tell.
    threshold = settings.learnsFilters ? state["threshold"].map { max(256, $0) } : state["threshold"]
    spread = state["spread"]
    wishScale = state[number: "wishScale"]
    roundIndex = Int(state[number: "round"])
    head = HeadLearner(settings, blocks: round.blocks, state: state, threads: threads)
  }

  /// Sums and squares of the counts over every n-th image, as many as the phase wants.
  func moments(_ shard: ImageShard) -> Tally {
    var sums = [Int64](repeating: 0, count: head.features)
    var squares = sums
    let seen = forEachStageBatch(shard) { counts, images in
      let (sum, square) = head.sums(counts, images: images)
      for f in sums.indices {
        sums[f] += sum[f]
        squares[f] += square[f]
      }
    }
    return Tally(["images": [Int64(seen)], "sum": sums, "square": squares])
  }

  /// Covariance of the normalised counts over the same images.
  func covariance(_ shard: ImageShard) -> Tally {
    let seen = forEachStageBatch(shard) { counts, images in
      head.normalise(counts, images: images)
      head.addCovariance(images: images)
    }
    return Tally(["covarianceSum": head.covarianceSum.array, "covarianceImages": [Int64(seen)]])
  }

  /// One round's mini-batches.
  func learn(_ shard: ImageShard) -> Tally {
    let batch = RefineBatch(self, shard: shard, size: settings.batch)
    let pass = roundIndex / settings.mergesPerPass
    let first = roundIndex % settings.mergesPerPass * round.batchesPerRound
    var order = shard.indices
    var generator = SeededGenerator(
      seed: round.stack.seed, 0x6f72_6465, round.salt, UInt64(pass), UInt64(shard.indices.first ?? 0))
    generator.shuffle(&order)
    let total = round.learningRounds * round.batchesPerRound
    var correct: Int64 = 0
    var covarianceImages: Int64 = 0
    let measures = round.measuresCovariance(round: roundIndex)
    for b in 0..<round.batchesPerRound where !order.isEmpty {
      let from = (first + b) * settings.batch
      let images = (0..<settings.batch).map { order[(from + $0) % order.count] }
      let step = roundIndex * round.batchesPerRound + b
      // What is left of the rates, 16 fractional bits, falling linearly.
      let left = Int64((total - step) << 16) / Int64(total)
      batch.forward(images, pass: round.salt << 32 | UInt64(pass))
      head.track(batch.counts, images: images.count)
      head.normalise(batch.counts, images: images.count)
      correct += batch.scoreAndWish(images, step: step)
      // Every other batch is enough for the covariance, which moves slowly.
      if measures, b % 2 == 0 {
        head.addCovariance(images: images.count)
        covarianceImages += Int64(images.count)
      }
      head.update(residuals: batch.residuals, images: images.count, left: left)
      if settings.learnsFilters {
        batch.vote(images.count)
        batch.updateFilters(left: left)
      }
    }
    return tally(batch, correct: correct, covarianceImages: covarianceImages)
  }

  private func tally(_ batch: RefineBatch, correct: Int64, covarianceImages: Int64) -> Tally {
    let samples = batch.samples()
    var tally = Tally([
      "shards": [1], "seen": [Int64(settings.batch * round.batchesPerRound)], "correct": [correct],
      "accumulator": round.stored(accumulator.array.map { Int64($0) }), "threshold": threshold,
      "wishScale": [wishScale], "distances": [samples.count], "distance": samples.sums,
      "distanceSquare": samples.squares,
    ])
    if round.mergesMomenta { tally["momentum"] = momentum.array.map { Int64($0) } }
    if round.measuresCovariance(round: roundIndex) {
      tally["covarianceSum"] = head.covarianceSum.array
      tally["covarianceImages"] = [covarianceImages]
    }
    tally.add(head.tally())
    return tally
  }

  /// Calls `body` with the counts of every n-th image, as many as the statistics of the head are taken from, batch by
  /// batch and as they are; gives their number.
  private func forEachStageBatch(_ shard: ImageShard, _ body: (SharedBuffer<Int32>, Int) -> Void) -> Int {
    let every = max(1, round.trainingImages / RefineRound.stageImages)
    let chosen = stride(from: 0, to: shard.indices.count, by: every).map { shard.indices[$0] }
    let batch = RefineBatch(self, shard: shard, size: settings.batch)
    for from in stride(from: 0, to: chosen.count, by: settings.batch) {
      let images = Array(chosen[from..<min(from + settings.batch, chosen.count)])
      batch.forward(images, pass: nil)
      body(batch.counts, images.count)
    }
    return chosen.count
  }
}

extension SharedBuffer {
  /// A buffer with the elements of an array.
  convenience init(_ values: [Element]) where Element: FixedWidthInteger {
    self.init(repeating: 0, count: values.count)
    withMutableSpan(0..<values.count) { out in
      for i in values.indices { out[i] = values[i] }
    }
  }
}
