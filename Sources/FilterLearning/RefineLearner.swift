// A shard's local work in refinement: mini-batches from the broadcast state to what is returned.
// The steps of a mini-batch are in RefineBatch.swift, the head's in HeadLearner.swift.

import BinaryNetworks
import CountingRounds
import ImageData
import Plumbing

/// The working copy of a refinement state on one shard, and its only writer: mini-batches, filters and head get values of it
/// and return values.
final class RefineLearner {
  private let round: RefineRound
  private let shard: ImageShard
  private(set) var filters: RefineFilters
  let head: HeadLearner
  let batch: RefineBatch
  /// The size at which a wish is kept for sure.
  private(set) var wishScale: Int64
  private let roundIndex: Int
  private var settings: RefineSettings { round.settings }

  init(_ round: RefineRound, state: Tally, shard: ImageShard, threads: Int) {
    self.round = round
    self.shard = shard
    filters = RefineFilters(round, state: state, threads: threads)
    head = HeadLearner(round.settings, blocks: round.blocks, state: state, threads: threads)
    batch = RefineBatch(round, bank: filters.bank, shard: shard, threads: threads)
    wishScale = state[number: "wishScale"]
    roundIndex = Int(state[number: "round"])
  }

  /// Sums and squares of the counts over every n-th image, as many as the phase wants.
  func moments() -> Tally {
    var sums = [Int64](repeating: 0, count: head.features)
    var squares = sums
    let seen = forEachStageBatch { counts, images in
      let (sum, square) = head.sums(counts, images: images)
      for f in sums.indices {
        sums[f] += sum[f]
        squares[f] += square[f]
      }
    }
    return Tally(["images": [Int64(seen)], "sum": sums, "square": squares])
  }

  /// Covariance of the normalised counts over the same images.
  func covariance() -> Tally {
    let seen = forEachStageBatch { counts, images in
      head.normalise(counts, images: images)
      head.addCovariance()
    }
    return Tally(["covarianceSum": head.covarianceSum(), "covarianceImages": [Int64(seen)]])
  }

  /// One round's mini-batches.
  func learn() -> Tally {
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
      forward(images, pass: round.salt << 32 | UInt64(pass))
      head.track(batch.counts, images: images.count)
      head.normalise(batch.counts, images: images.count)
      correct += scoreAndWish(images, step: step)
      // Every other batch is enough for the covariance, which moves slowly.
      if measures, b % 2 == 0 {
        head.addCovariance()
        covarianceImages += Int64(images.count)
      }
      head.update(residuals: batch.residuals, images: images.count, left: left)
      if settings.learnsFilters { moveFilters(images: images.count, left: left) }
    }
    return tally(correct: correct, covarianceImages: covarianceImages)
  }

  /// Runs a mini-batch through the filters as they are now.
  func forward(_ images: [Int], pass: UInt64?) {
    batch.forward(images, pass: pass, bank: filters.bank, near: filters.near)
  }

  /// Residuals and wishes of a mini-batch; gives the number of images classified correctly.
  func scoreAndWish(_ images: [Int], step: Int) -> Int64 {
    let (correct, size) = batch.scoreAndWish(images, head: head, scale: wishScale, step: step)
    if settings.learnsFilters {
      // The scale is mean size / share wanted, smoothed over batches.
      let wanted = max(1, (size << 16) / Int64(settings.wishes))
      wishScale = wishScale == 0 ? wanted : wishScale + (wanted - wishScale) / 8
    }
    return correct
  }

  /// Has the mini-batch vote, and moves thresholds and filters.
  private func moveFilters(images: Int, left: Int64) {
    batch.vote(images)
    if settings.onRates.contains(where: { $0 > 0 }) {
      filters.moveThresholds(on: batch.featuresOn(images), positions: images * batch.map.positions)
    }
    filters.move(by: batch.votes, left: left)
  }

  private func tally(correct: Int64, covarianceImages: Int64) -> Tally {
    let samples = batch.samples()
    var tally = Tally([
      "shards": [1], "seen": [Int64(settings.batch * round.batchesPerRound)], "correct": [correct],
      "accumulator": round.stored(filters.accumulators.map { Int64($0) }),
      "threshold": filters.threshold,
      "wishScale": [wishScale], "distances": [samples.count], "distance": samples.sums,
      "distanceSquare": samples.squares,
    ])
    if round.mergesMomenta { tally["momentum"] = filters.momenta.map { Int64($0) } }
    if round.measuresCovariance(round: roundIndex) {
      tally["covarianceSum"] = head.covarianceSum()
      tally["covarianceImages"] = [covarianceImages]
    }
    tally.add(head.tally())
    return tally
  }

  /// Calls `body` with the counts of every n-th image, as many as the statistics of the head are taken from, batch by
  /// batch and as they are; gives their number.
  private func forEachStageBatch(_ body: (SharedBuffer<Int32>, Int) -> Void) -> Int {
    let every = max(1, round.trainingImages / RefineRound.stageImages)
    let chosen = stride(from: 0, to: shard.indices.count, by: every).map { shard.indices[$0] }
    for from in stride(from: 0, to: chosen.count, by: settings.batch) {
      let images = Array(chosen[from..<min(from + settings.batch, chosen.count)])
      forward(images, pass: nil)
      body(batch.counts, images.count)
    }
    return chosen.count
  }
}
