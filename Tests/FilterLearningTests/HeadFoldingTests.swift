// The folded head against the learner's own scores.

import BinaryNetworks
import BitKernels
import CountingRounds
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct HeadFoldingTests {
  @Test(arguments: [(8, CountKind.plain, 2), (8, .soft, 2), (65, .soft, 3), (33, .plain, 1), (33, .root, 2)])
  func foldedScoresAreTheLearners(filters: Int, counts: CountKind, grid: Int) throws {
    let images = try TinyDatasets.stripes(96, classes: 3, noise: 60)
    let refinement = try TinyRefinement(images, filters: filters) {
      ($0.counts, $0.grid, $0.passes, $0.batch) = (counts, grid, 4, 32)
    }
    let state = refinement.learned(threads: 2)
    let head = refinement.round(.learn).head(from: state)
    let learner = RefineLearner(
      refinement.round(.learn), state: state, shard: refinement.shards[0], threads: 1)
    let batch = learner.batch
    learner.forward(Array(0..<32), pass: nil)
    learner.head.normalise(batch.counts, images: 32)
    let features = head.features
    let inverse = NormalisedCounts.inverses(variance: state["variance"])
    var clear = 0
    for i in 0..<32 {
      let row = Array(batch.counts.array[i * features..<(i + 1) * features])
      let own = learner.head.scores(image: i).map { Double($0) / Double(1 << 20) }
      let folded = head.scores(row.span).map { Double($0) / 65_536 }
      var bounds: [Double] = []
      for c in 0..<3 {
        // What the learner rounds: z to 1/256 and at ±8 deviations, weights to 12 bits; what folding rounds: weights
        // to half a unit. All told:
        var bound = 2.0 / 65_536
        for f in 0..<features {
          let weight = abs(Double(state["weight"][c * features + f])) / Double(1 << 28)
          let exact = (Double(row[f]) - Double(state["mean"][f]) / 256) * Double(inverse[f]) / 65_536
          let cut = max(0, abs(exact) - 2_047.0 / 256)
          bound += weight * (1.0 / 256 + cut) + min(abs(exact), 8) / 8_192
          bound +=
            abs(Double(row[f]) - Double(state["mean"][f]) / 256) * 0.5 / Double(1 << min(62, head.scale))
        }
        #expect(abs(own[c] - folded[c]) <= bound, "class \(c): \(own[c]) and \(folded[c]), bound \(bound)")
        bounds.append(bound)
      }
      // Where the classes lie further apart than both can be off, they rank alike.
      let order = (0..<3).sorted { own[$0] > own[$1] }
      if own[order[0]] - own[order[1]] > bounds[order[0]] + bounds[order[1]] {
        clear += 1
        #expect(folded.firstIndex(of: folded.max() ?? 0) == order[0])
      }
    }
    #expect(clear > 16, "only \(clear) of 32 images are clear enough to compare")
  }

  @Test func theScaleIsTheLargestThatFits() throws {
    let images = try TinyDatasets.stripes(48, classes: 3)
    let refinement = try TinyRefinement(images, filters: 4)
    var state = refinement.learned()
    for shift in [0, 6, 12] {
      let head = refinement.round(.learn).head(from: state)
      let largest = head.weights.map { abs(Int($0)) }.max() ?? 0
      #expect(
        largest <= 32_767 && (head.scale == 40 || largest >= 16_000),
        "scale \(head.scale), largest \(largest)")
      state["weight"] = state["weight"].map { $0 >> Int64(shift) }
    }
    state["weight"] = state["weight"].map { _ in 0 }
    #expect(refinement.round(.learn).head(from: state).weights.allSatisfy { $0 == 0 })
    // As large as weights and inverses get.
    state["weight"] = state["weight"].indices.map { $0 % 2 == 0 ? 0x7fff_0000 : -0x7fff_0000 }
    state["variance"] = state["variance"].map { _ in 13 }
    let head = refinement.round(.learn).head(from: state)
    #expect(head.weights.allSatisfy { abs(Int($0)) > 16_000 && abs(Int($0)) <= 32_767 })
  }

  @Test func variancesOfAnySizeHaveAnInverse() {
    for shift in 4...62 {
      let power = Int64(1) << Int64(shift)
      for variance in [power, power - 1, power + 1] {
        let deviation = Double(variance).squareRoot() * 16
        let found = Double(NormalisedCounts.inverses(variance: [variance])[0])
        let exact = Double(1 << 24) / deviation
        let bound = 1 + found / max(1, deviation - 1)
        #expect(abs(found - exact) <= bound, "variance \(variance): \(found)")
      }
    }
    #expect(NormalisedCounts.inverses(variance: [13])[0] < 1 << 19)
  }

  @Test func largeSoftCountsAreNormalised() throws {
    // Light and dark images of 2^16 positions and margins of up to hundreds: the variance is beyond 2^46.
    let n: Int64 = 64
    let (low, high) = (Int64(0), Int64(1) << 25)
    let (mean, variance) = moments(n: n, sums: [n / 2 * (low + high)], squares: [n / 2 * high * high])
    #expect(mean == [1 << 32] && variance == [1 << 56])
    let inverse = NormalisedCounts.inverses(variance: variance)
    #expect(inverse == [0] || inverse == [1])
  }

  /// With fewer bits the weights of a filter's feature are multiples of a step, which stay within them, and weights move the further from
  /// those of 16 bits the fewer there are.
  @Test(arguments: [2, 5, 8, 12, 16]) func weightsFitTheirBits(bits: Int) throws {
    let images = try TinyDatasets.stripes(96, classes: 3, noise: 60)
    let refinement = try TinyRefinement(images, filters: 16) {
      ($0.counts, $0.grid, $0.passes, $0.batch) = (.root, 2, 4, 32)
    }
    let round = refinement.round(.learn)
    let state = refinement.learned(threads: 2)
    let limit = 1 << (bits - 1)
    let narrow = round.head(from: state, bits: bits)
    let perCell = narrow.features / narrow.cells
    for feature in 0..<perCell {
      let weights = stride(from: feature, to: narrow.weights.count, by: perCell).map {
        abs(Int(narrow.weights[$0]))
      }
      let step = (1...32_767).last { step in weights.allSatisfy { $0 % step == 0 } } ?? 1
      #expect(weights.allSatisfy { $0 / step < limit }, "feature \(feature)")
    }
    func error(_ bits: Int) -> Double {
      let (head, whole) = (round.head(from: state, bits: bits), round.head(from: state))
      let (unit, wholeUnit) = (Double(1 << head.scale), Double(1 << whole.scale))
      return zip(head.weights, whole.weights).reduce(0) {
        $0 + (Double($1.0) / unit - Double($1.1) / wholeUnit)
          * (Double($1.0) / unit - Double($1.1) / wholeUnit)
      }
    }
    if bits == 16 { #expect(error(16) == 0) } else { #expect(error(bits) > 4 * error(bits + 3)) }
  }

  /// Steps are rounded, but no multiple of one is beyond 16 bits, wherever the largest weight lies.
  @Test func multiplesOfStepsFitSixteenBits() throws {
    let images = try TinyDatasets.stripes(96, classes: 3, noise: 60)
    let refinement = try TinyRefinement(images, filters: 8) {
      ($0.counts, $0.grid, $0.passes, $0.batch) = (.root, 2, 2, 32)
    }
    let (round, state) = (refinement.round(.learn), refinement.learned(threads: 2))
    for part in Int64(33)...64 {
      var scaled = state
      scaled["weight"] = state["weight"].map { $0 * part / 64 }
      for bits in 2...15 {
        let largest = round.head(from: scaled, bits: bits).weights.map { abs(Int($0)) }.max() ?? 0
        #expect((4_000...32_767).contains(largest), "\(part)/64 of the weights with \(bits) bits")
      }
    }
  }
}
