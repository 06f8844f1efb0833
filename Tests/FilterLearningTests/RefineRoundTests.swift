// Refinement as a round: threads and shards do not show, a state can be put down, learning learns.

import BinaryNetworks
import BitKernels
import CountingRounds
import ImageData
import Testing

@testable import FilterLearning

@Suite struct RefineRoundTests {
  @Test(arguments: CountKind.allCases) func learningRaisesAccuracy(counts: CountKind) throws {
    let images = try TinyDatasets.stripes(160, classes: 4, channels: 1, noise: 60)
    let judges = try TinyDatasets.stripes(120, classes: 4, channels: 1, noise: 60, seed: 99)
    let refinement = try TinyRefinement(images, filters: 8) {
      $0.passes = 8
      $0.counts = counts
    }
    let state = refinement.learned(threads: 2)
    let accuracy = refinement.accuracy(state, on: judges)
    #expect(accuracy > 850_000, "\(accuracy) ppm with chance at 250,000")
    // The head alone, on the random filters it started from, does worse.
    var alone = refinement
    alone.settings.learnsFilters = false
    let start = refinement.prepared()
    alone.start = refinement.round(.learn).bank(from: start)
    let headOnly = alone.accuracy(alone.learned(threads: 2), on: judges)
    #expect(accuracy > headOnly + 30_000, "\(accuracy) ppm against \(headOnly) with filters that stay")
    #expect(refinement.accuracy(start, on: judges) < 400_000, "the start knows nothing")
  }

  @Test(arguments: [
    (1, 3, false), (33, 1, false), (64, 2, false), (65, 5, false), (130, 3, false), (7, 3, true),
  ])
  func threadsDoNotShow(filters: Int, window: Int, behindALayer: Bool) throws {
    let images = try TinyDatasets.stripes(
      33, classes: filters == 64 ? 2 : 3, width: 9, height: 7, channels: behindALayer ? 1 : 3)
    for (counts, mask) in [(CountKind.plain, -1), (.soft, 1 << 17)] {
      let refinement = try TinyRefinement(
        images, filters: filters, window: window, behindALayer: behindALayer,
        augmentation: Augmentation(shift: 1, flip: true)
      ) {
        ($0.counts, $0.maskLevel, $0.passes) = (counts, mask, 1)
      }
      let state = refinement.learned()
      let bank = refinement.round(.learn).bank(from: state)
      #expect((bank.masks != nil) == (mask >= 0))
      for threads in [2, 3, 7] {
        #expect(refinement.learned(threads: threads) == state, "\(threads) threads")
      }
      #expect(
        state["covariance"].count
          == CountBlocks.ranges(counts: filters, cells: 4).reduce(0) { $0 + $1.count * $1.count })
    }
  }

  @Test func aStatePutDownIsTakenUp() throws {
    let images = try TinyDatasets.stripes(70, classes: 3)
    let refinement = try TinyRefinement(images, filters: 5, shards: 2) {
      ($0.passes, $0.mergesPerPass, $0.maskLevel) = (2, 2, 1 << 16)
    }
    let whole = refinement.learned()
    var state = refinement.prepared()
    for _ in 0..<refinement.round(.learn).learningRounds {
      state = try Tally(encoded: state.encoded())
      state = refinement.run(.learn, state, threads: 2)
    }
    #expect(state == whole)
    #expect(whole[number: "round"] == 4)
    #expect(whole[number: "seen"] == Int64(refinement.round(.learn).imagesPerRound))
  }

  @Test func reduceAveragesWhateverTheOrderOfShards() throws {
    let images = try TinyDatasets.stripes(60, classes: 3)
    var refinement = try TinyRefinement(images, filters: 6, shards: 5)
    // The first batch only sets the scale of the wishes: filters move from the second round on.
    let state = refinement.learned(rounds: 1)
    let round = refinement.round(.learn)
    let parts = refinement.shards.map { round.map($0, state: state, threads: 1) }
    let next = refinement.run(.learn, state)
    for name in [
      "accumulator", "threshold", "weight", "weightMomentum", "bias", "mean", "variance",
    ] {
      for i in next[name].indices {
        let mean = parts.reduce(Int64(0)) { $0 + $1[name][i] } / 5
        #expect(abs(next[name][i] - mean) <= 1, "\(name)")
      }
      #expect(parts[0][name] != parts[1][name], "\(name) is the same on two shards")
    }
    #expect(next[number: "correct"] == parts.reduce(0) { $0 + $1[number: "correct"] })
    refinement.shards.reverse()
    #expect(refinement.run(.learn, state, threads: 2) == next)
    refinement.shards.swapAt(1, 4)
    #expect(refinement.run(.learn, state, threads: 7) == next)
  }

  /// With many shards a round is short of what would only cost bytes: momenta, and the covariance in most rounds. With few
  /// images in a round that is not measured, either.
  @Test func manyShardsSendLess() throws {
    for (shards, count) in [(1, 400), (1, 80), (2, 80)] {
      let images = try TinyDatasets.stripes(count, classes: 3)
      let refinement = try TinyRefinement(images, filters: 6, shards: shards) {
        ($0.passes, $0.mergesPerPass) = (2, 2)
      }
      let round = refinement.round(.learn)
      var state = refinement.prepared()
      for index in 0..<4 {
        let tally = round.map(refinement.shards[0], state: state, threads: 1)
        #expect(tally.contains("momentum") == (shards == 1))
        #expect(tally.contains("covarianceSum") == (count == 400 || index % 2 == 0))
        let next = refinement.run(.learn, state)
        let measured = next["covariance"] != state["covariance"]
        #expect(measured == tally.contains("covarianceSum"), "\(shards) shards, round \(index)")
        #expect((next["inverse"] != state["inverse"]) == measured)
        #expect((next["momentum"] == []) == (shards > 1))
        state = next
      }
    }
  }

  /// The sign of an accumulator is its filter's bit: it stays when accumulators are made shorter for their way.
  @Test func shortAccumulatorsKeepTheirSigns() throws {
    let images = try TinyDatasets.stripes(12, classes: 3)
    let values: [Int64] = [-1 << 20, -70_000, -257, -256, -255, -1, 1, 255, 256, 70_000, (1 << 20) - 1]
    let alone = try TinyRefinement(images, filters: 2).round(.learn)
    #expect(alone.accumulators(in: Tally(["accumulator": alone.stored(values)])) == values.map { Int32($0) })
    let among = try TinyRefinement(images, filters: 2, shards: 3).round(.learn)
    let short = among.accumulators(in: Tally(["accumulator": among.stored(values)]))
    for (value, short) in zip(values, short) {
      #expect((short > 0) == (value > 0) && abs(Int64(short) - value) <= 128, "\(value)")
    }
    #expect(among.stored(short.map { Int64($0) }) == among.stored(values))
  }

  @Test func meansAreRoundedTheSameWayOnBothSidesOfZero() throws {
    let round = try TinyRefinement(try TinyDatasets.stripes(12, classes: 3), filters: 2).round(.learn)
    #expect(
      round.mean([-7, -6, -5, -3, -2, -1, 0, 1, 2, 3, 5, 6, 7], shards: 4) == [
        -2, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 2, 2,
      ])
    #expect(round.mean([-9, 0, 1 << 40], shards: 1) == [-9, 0, 1 << 40])
  }

  @Test func momentsAndCovarianceAreThoseOfOneShard() throws {
    let images = try TinyDatasets.stripes(45, classes: 3)
    var refinement = try TinyRefinement(images, filters: 6)
    let state = refinement.prepared()
    for count in 2...9 {
      refinement.shards = images.shards(count)
      #expect(refinement.prepared(threads: count % 3 + 1) == state, "\(count) shards")
    }
  }

  @Test func filtersStayWhereOnlyTheHeadLearns() throws {
    let images = try TinyDatasets.stripes(60, classes: 3)
    let refinement = try TinyRefinement(images, filters: 6) { $0.learnsFilters = false }
    let start = refinement.prepared()
    let state = refinement.learned()
    #expect(state["threshold"] == start["threshold"] && state["accumulator"] == [])
    #expect(refinement.round(.learn).bank(from: state).filters == refinement.start.filters)
    #expect(state["weight"] != start["weight"])
  }

  @Test(arguments: [
    // width, height, images, classes, filters, window, batch, shards
    [1, 1, 40, 2, 3, 3, 256, 1], [1, 1, 3, 3, 1, 1, 16, 3], [2, 1, 7, 2, 130, 2, 64, 7],
    [9, 3, 5, 5, 4, 7, 16, 2],
    [3, 9, 60, 60, 2, 5, 16, 4],
  ])
  func oddSizesAreNoObstacle(sizes: [Int]) throws {
    let images = try TinyDatasets.stripes(sizes[2], classes: sizes[3], width: sizes[0], height: sizes[1])
    for counts in CountKind.allCases {
      for learns in [true, false] {
        let refinement = try TinyRefinement(images, filters: sizes[4], window: sizes[5], shards: sizes[7]) {
          ($0.batch, $0.counts, $0.grid, $0.learnsFilters) = (sizes[6], counts, 1, learns)
        }
        let state = refinement.learned()
        #expect(refinement.learned(threads: 3) == state)
        let accuracy = refinement.accuracy(state, on: images)
        #expect(accuracy >= 1_000_000 / sizes[3], "\(counts), \(learns): \(accuracy) ppm, less than chance")
      }
    }
  }
}
