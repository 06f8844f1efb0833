// The steps of a mini-batch against plain loops.

import BinaryNetworks
import CountingRounds
import ImageData
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct RefineBatchTests {
  @Test(
    arguments: [
      (3, 3, .plain, [.near]), (65, 2, .plain, [.near]), (33, 5, .soft, [.near]), (33, 3, .root, [.near]),
      (3, 3, .plain, [.far]), (65, 2, .plain, [.far, .near, .far]), (33, 5, .soft, [.near, .far]),
      (5, 3, .root, [.near, .near, .far, .far]),
    ] as [(Int, Int, CountKind, [FeatureSide])])
  func marksCountsAndVotesAreThoseOfPlainLoops(
    filters: Int, window: Int, counts: CountKind, sides: [FeatureSide]
  ) throws {
    let images = try TinyDatasets.stripes(20, classes: 3, width: 9, height: 8)
    let refinement = try TinyRefinement(images, filters: filters, window: window, levels: 2, sides: sides) {
      ($0.counts, $0.wishes, $0.maskLevel) = (counts, 32_768, 1 << 16)
    }
    // A head that wants something.
    var state = refinement.learned(rounds: 1)
    // The first batch only sets the scale of the wishes.
    state["wishScale"] = [0]
    for threads in [1, 3] {
      let learner = RefineLearner(
        refinement.round(.learn), state: state, shard: refinement.shards[0], threads: threads)
      let batch = learner.batch
      let chosen = Array(2..<18)
      learner.forward(chosen, pass: nil)
      let marked = try expectForward(of: learner, chosen, refinement, images, state, counts)
      learner.head.normalise(batch.counts, images: 16)
      _ = learner.scoreAndWish(chosen, step: 0)
      #expect(batch.wished.array.allSatisfy { $0 == 0 } && learner.wishScale > 0)
      _ = learner.scoreAndWish(chosen, step: 1)
      let (wished, positive) = (batch.wished.array, batch.positive.array)
      let kept = wished.reduce(0) { $0 + $1.nonzeroBitCount }
      let all = 16 * 4 * sides.count * filters
      #expect(kept > all / 4 && kept < all, "\(kept) wishes")
      #expect(zip(wished, positive).allSatisfy { $1 & ~$0 == 0 })
      batch.vote(16)
      expectVotes(of: learner, chosen, refinement, images, marked)
    }
  }

  /// Counts and marks of a batch against plain loops.
  /// - Returns: for every image, every feature of every filter and every position whether the patch may vote.
  private func expectForward(
    of learner: RefineLearner, _ chosen: [Int], _ refinement: TinyRefinement, _ images: LabelledImages,
    _ state: Tally, _ counts: CountKind
  ) throws -> [[[Bool]]] {
    let (batch, bank) = (learner.batch, learner.filters.bank)
    let features = refinement.round(.learn).bank(from: state).features
    let (near, found) = (batch.near.array, batch.counts.array)
    let (positions, filters) = (batch.map.positions, bank.count)
    let perCell = features.count * filters
    var marked: [[[Bool]]] = []
    var wrongMarks = 0
    for (i, index) in chosen.enumerated() {
      let distances = plainDistances(refinement.stack, bank, images, index)
      var expected = [Int32](repeating: 0, count: 4 * perCell)
      marked.append([])
      for (g, feature) in features.enumerated() {
        for k in 0..<filters {
          let reach = max(1, Int(learner.filters.spread[k]) * refinement.settings.nearness >> 16)
          // How far each distance is on the feature's side.
          let inside = distances[k].map {
            ($0 - Int(feature.thresholds[k])) * (feature.side == .far ? 1 : -1)
          }
          marked[i].append(inside.map { counts == .plain ? abs($0) <= reach : $0 > 0 })
          for (p, h) in inside.enumerated() {
            expected[cell(p) * perCell + g * filters + k] +=
              counts == .plain ? (h >= 0 ? 1 : 0) : Int32(max(0, h))
            let isMarked = bit(near, (i * positions + p) * batch.markWords + g * batch.filterWords, k)
            if isMarked != marked[i][g * filters + k][p] { wrongMarks += 1 }
          }
        }
      }
      if counts == .root { expected = expected.map { Int32((Double($0) * 256).squareRoot()) } }
      #expect(Array(found[i * 4 * perCell..<(i + 1) * 4 * perCell]) == expected)
    }
    #expect(wrongMarks == 0)
    return marked
  }

  /// The votes of a batch that has voted against plain loops.
  private func expectVotes(
    of learner: RefineLearner, _ chosen: [Int], _ refinement: TinyRefinement, _ images: LabelledImages,
    _ marked: [[[Bool]]]
  ) {
    let (batch, bank) = (learner.batch, learner.filters.bank)
    let (wished, positive) = (batch.wished.array, batch.positive.array)
    var votes = [Int32](repeating: 0, count: bank.count * 64 * bank.patchWords)
    for (i, index) in chosen.enumerated() {
      let patches = plainPatches(refinement.stack, images, index)
      for (g, feature) in bank.features.enumerated() {
        for k in 0..<bank.count {
          for p in 0..<batch.map.positions where marked[i][g * bank.count + k][p] {
            let at = (i * 4 + cell(p)) * batch.markWords + g * batch.filterWords
            guard bit(wished, at, k) else { continue }
            // To be more on the far side, a filter wants to be less like the patch.
            let wantsLikeness = bit(positive, at, k) == (feature.side == .near)
            for (d, isSet) in patches[p].enumerated() {
              votes[k * patches[p].count + d] += isSet == wantsLikeness ? 1 : -1
            }
          }
        }
      }
    }
    var sums = [Int32](repeating: 0, count: votes.count)
    for counter in batch.workers.all.compactMap(\.counter) {
      for (i, vote) in counter.votes.array.enumerated() { sums[i] += vote }
    }
    #expect(sums == votes)
  }

  /// Bit k of the marks that begin at a word.
  private func bit(_ words: [UInt64], _ first: Int, _ k: Int) -> Bool {
    words[first + k / 64] >> UInt64(k % 64) & 1 == 1
  }

  /// The cell of a position on the 9 × 8 map, of 2 × 2 cells.
  private func cell(_ p: Int) -> Int { p / 9 * 2 / 8 * 2 + p % 9 * 2 / 9 }

  @Test func residualsAreLabelsLessProbabilities() throws {
    let images = try TinyDatasets.stripes(16, classes: 3)
    let refinement = try TinyRefinement(images, filters: 4)
    let learner = RefineLearner(
      refinement.round(.learn), state: refinement.learned(rounds: 2), shard: refinement.shards[0], threads: 2)
    let batch = learner.batch
    learner.forward(Array(0..<16), pass: nil)
    learner.head.normalise(batch.counts, images: 16)
    let correct = learner.scoreAndWish(Array(0..<16), step: 0)
    var right: Int64 = 0
    for i in 0..<16 {
      let scores = learner.head.scores(image: i)
      let label = Int(images.labels[i])
      if highest(scores) == label { right += 1 }
      let expected = softmax(scores, scoreBits: 20, bits: 12).enumerated().map {
        Int16(($0 == label ? 4096 : 0) - $1)
      }
      #expect(batch.residuals.withSpan(3 * i..<3 * i + 3) { r in (0..<3).map { r[$0] } } == expected)
    }
    #expect(correct == right)
  }

  @Test func withoutVotesFiltersComeToRest() throws {
    let images = try TinyDatasets.stripes(16, classes: 2)
    for shift in [1, 3, 8] {
      let refinement = try TinyRefinement(images, filters: 2, window: 1) { $0.momentumShift = shift }
      var state = refinement.prepared()
      var generator = SeededGenerator(seed: 3)
      state["momentum"] = state["momentum"].map { _ in Int64(generator.below(2_001) - 1_000) }
      var moved = RefineFilters(refinement.round(.learn), state: state, threads: 1)
      for _ in 0..<1_000 { moved.move(by: [], left: 1 << 16) }
      let valid = bits(FilterBank.validBits(window: 1, input: moved.bank.input))
      for (i, m) in moved.momenta.enumerated() where valid[i % valid.count] { #expect(m == 0) }
      let before = moved.accumulators
      for _ in 0..<10 { moved.move(by: [], left: 1 << 16) }
      #expect(moved.accumulators == before)
    }
  }

  @Test func hugeVotesKeepTheirSign() throws {
    let images = try TinyDatasets.stripes(16, classes: 2)
    let refinement = try TinyRefinement(images, filters: 1, window: 1)
    var state = refinement.prepared()
    let last = Int64(1 << 30)
    state["momentum"] = state["momentum"].indices.map { $0 % 2 == 0 ? -last : last }
    var moved = RefineFilters(refinement.round(.learn), state: state, threads: 1)
    for most in [1 << 22, 1 << 23, 1 << 24, 1 << 30] as [Int32] {
      let before = moved.momenta
      let votes = SharedBuffer(before.indices.map { $0 % 2 == 0 ? most : -most })
      moved.move(by: [votes], left: 1 << 16)
      for (d, m) in moved.momenta.enumerated().prefix(3) {
        #expect(d % 2 == 0 ? m > before[d] : m < before[d], "votes of \(most)")
        #expect(abs(m) <= 1 << 30)
      }
    }
  }
}

@Suite struct RefineEdgeTests {
  /// Where a filter often meets exactly its own patch, its threshold can be 0, and where it never meets its complement, that
  /// of a far feature beyond all distances.
  @Test(arguments: [true, false], CountKind.allCases)
  func countsAreTheSameWhileLearningAndAfterwards(learns: Bool, counts: CountKind) throws {
    let images = try TinyDatasets.stripes(16, classes: 2)
    // Patches of three bits: many are a filter's own, or one bit off.
    let refinement = try TinyRefinement(images, filters: 3, window: 1, sides: [.near, .far]) {
      ($0.learnsFilters, $0.counts, $0.onRates) = (learns, counts, [0, 0])
    }
    var state = refinement.prepared()
    state["threshold"] = [0, 0, 512, 3 << 8, 4 << 8, 512]
    state = refinement.run(.learn, state)
    let learner = RefineLearner(
      refinement.round(.learn), state: state, shard: refinement.shards[0], threads: 1)
    let batch = learner.batch
    learner.forward(Array(0..<16), pass: nil)
    let pass = ForwardPass(network: refinement.network(state))
    for i in 0..<16 {
      images.withPixels(of: i) { pass.run($0, scores: true, features: false) }
      #expect(pass.counts[0].array == Array(batch.counts.array[i * 24..<(i + 1) * 24]))
    }
  }

  @Test func deviationsStayWhereNothingWasSampled() throws {
    // One row, and no image whose turn it is: rows are sampled where row + image is a multiple of four.
    let images = try TinyDatasets.stripes(16, classes: 2, width: 9, height: 1)
    var refinement = try TinyRefinement(images, filters: 3) { $0.grid = 1 }
    let state = refinement.prepared()
    refinement.shards = [ImageShard(images: images, indices: [1, 2, 3, 5, 6, 7])]
    #expect(refinement.run(.learn, state)["spread"] == state["spread"])
    refinement.shards = [ImageShard(images: images, indices: [0, 4, 8, 12])]
    #expect(refinement.run(.learn, state)["spread"] != state["spread"])
  }
}
