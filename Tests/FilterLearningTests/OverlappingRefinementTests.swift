// Learning with cells that overlap: counts, wishes on squares, votes, and the description of a round.

import BinaryNetworks
import CountingRounds
import ImageData
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct OverlappingRefinementTests {
  private func refinement(
    _ counts: CountKind, grid: Int, span: Int, learns: Bool = true, sides: [FeatureSide] = [.near, .far]
  ) throws -> TinyRefinement {
    let images = try TinyDatasets.stripes(20, classes: 3, width: 9, height: 8)
    return try TinyRefinement(images, filters: 5, window: 2, levels: 2, sides: sides) {
      ($0.counts, $0.grid, $0.span, $0.learnsFilters, $0.wishes) = (counts, grid, span, learns, 32_768)
    }
  }

  /// The folded head on the network's counts has the cells that were learned on.
  @Test(arguments: CountKind.allCases, [(3, 2), (5, 3), (4, 4)])
  func countsAreTheSameWhileLearningAndAfterwards(counts: CountKind, cells: (Int, Int)) throws {
    for learns in [true, false] {
      let refinement = try refinement(counts, grid: cells.0, span: cells.1, learns: learns)
      let state = refinement.learned(rounds: 1)
      let learner = RefineLearner(
        refinement.round(.learn), state: state, shard: refinement.shards[0], threads: 2)
      learner.forward(Array(0..<16), pass: nil)
      let network = refinement.network(state)
      let head = try #require(network.layers[0].head)
      let side = cells.0 - cells.1 + 1
      #expect(head.span == cells.1 && head.features == side * side * 10)
      let pass = ForwardPass(network: network)
      for i in 0..<16 {
        refinement.images.withPixels(of: i) { pass.run($0, scores: true, features: false) }
        let features = head.features
        #expect(pass.counts[0].array == Array(learner.batch.counts.array[i * features..<(i + 1) * features]))
      }
    }
  }

  /// A square wishes what all cells that contain it wish, and is drawn by the size of the sum.
  @Test(arguments: [(3, 2), (4, 3), (5, 1)]) func wishesAreSumsOverCells(grid: Int, span: Int) throws {
    let refinement = try refinement(.soft, grid: grid, span: span)
    let learner = RefineLearner(
      refinement.round(.learn), state: refinement.learned(rounds: 1), shard: refinement.shards[0], threads: 2)
    let (batch, head) = (learner.batch, learner.head)
    let chosen = Array(2..<18)
    learner.forward(chosen, pass: nil)
    head.normalise(batch.counts, images: 16)
    let scale: Int64 = 40_000
    let (_, size) = batch.scoreAndWish(chosen, head: head, scale: scale, step: 3)
    let (side, perCell, classes) = (grid - span + 1, 10, 3)
    let (residuals, wished, positive) = (batch.residuals.array, batch.wished.array, batch.positive.array)
    var (wrong, kept, sizes) = (0, 0, Int64(0))
    for (i, image) in chosen.enumerated() {
      let wishes = (0..<side * side * perCell).map { f -> Int64 in
        let sum = (0..<classes).reduce(Int64(0)) {
          $0 + Int64(residuals[i * classes + $1]) * Int64(head.weights[$1 * head.features + f])
        }
        return (sum * head.inverse[f]) >> 8
      }
      var random = SeededGenerator(
        seed: refinement.stack.seed ^ (1 << 40), 0x7769_7368, UInt64(image), 3)
      var (bits, own) = (UInt64(0), Int64(0))
      for f in 0..<grid * grid * perCell {
        if f % 4 == 0 { bits = random.next() }
        let (square, k) = (f / perCell, f % perCell)
        let cells = (0..<side * side).filter { cell in
          (0..<span).contains(square / grid - cell / side) && (0..<span).contains(square % grid - cell % side)
        }
        let wish = cells.reduce(Int64(0)) { $0 + wishes[$1 * perCell + k] }
        let isKept = abs(wish) << 16 > scale * Int64(bits & 0xffff)
        bits >>= 16
        own += abs(wish)
        let word = (i * grid * grid + square) * batch.markWords + k / 5
        let found = wished[word] >> UInt64(k % 5) & 1 == 1
        let isPositive = positive[word] >> UInt64(k % 5) & 1 == 1
        if found != isKept || isPositive != (isKept && wish > 0) { wrong += 1 }
        kept += isKept ? 1 : 0
      }
      sizes += own / Int64(grid * grid * perCell)
    }
    #expect(wrong == 0 && size == sizes / 16)
    let all = 16 * grid * grid * perCell
    #expect(kept > all / 20 && kept < all, "\(kept) of \(all) wishes")
  }

  /// A position counts once for how often a feature is on, however many cells contain it.
  @Test(arguments: [1, 2, 3]) func everyPositionIsOnOnce(span: Int) throws {
    let refinement = try refinement(.plain, grid: 3, span: span)
    let learner = RefineLearner(
      refinement.round(.learn), state: refinement.learned(rounds: 1), shard: refinement.shards[0], threads: 2)
    let bank = learner.filters.bank
    for chosen in [Array(0..<16), Array(4..<14)] {
      learner.forward(chosen, pass: nil)
      var expected = [Int64](repeating: 0, count: 10)
      for image in chosen {
        let distances = plainDistances(refinement.stack, bank, refinement.images, image)
        for (g, feature) in bank.features.enumerated() {
          for k in 0..<5 {
            expected[g * 5 + k] += Int64(
              distances[k].count {
                feature.side == .near ? $0 <= feature.thresholds[k] : $0 >= feature.thresholds[k]
              })
          }
        }
      }
      #expect(learner.batch.featuresOn(chosen.count) == expected)
    }
  }

  @Test func threadsChangeNothing() throws {
    let refinement = try refinement(.plain, grid: 4, span: 2)
    #expect(refinement.learned(threads: 1) == refinement.learned(threads: 3))
  }

  @Test func theRoundKnowsItsSpan() throws {
    let round = try refinement(.soft, grid: 5, span: 3).round(.learn)
    let settings = round.described()
    #expect(settings["refine.grid"] == [5] && settings["refine.span"] == [3])
    let again = try #require(
      try RoundRegistry.round(RoundSpec(kind: "refine", settings: settings)) as? RefineRound)
    #expect(again.settings == round.settings && again.described() == settings)
    #expect(round.blocks.count == 9)
    for span in [0, 6] as [Int64] {
      var wrong = settings
      wrong["refine.span"] = [span]
      let error = #expect(throws: RoundError.self) { try RefineRound(described: wrong) }
      #expect(error?.message == "a round's description says \(span) for 'refine.span', which is not in 1...5")
    }
    // Squares and the wishes on them take memory, in every thread.
    let plain = try refinement(.soft, grid: 3, span: 1).round(.learn)
    #expect(round.blocks.count == plain.blocks.count)
    #expect(round.memory.perThread - plain.memory.perThread == 4 * (25 + 5) * 10 + 8 * 25 * 10)
  }
}
