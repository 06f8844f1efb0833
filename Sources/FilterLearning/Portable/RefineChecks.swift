// What refinement expects of states and sums that come from elsewhere, and what mapping it needs of memory.
// The ranges are those within which its arithmetic fits 64 bits; see RefineRound.swift for what the arrays are.

import BinaryNetworks
import BitKernels
package import CountingRounds
import Plumbing

extension RefineRound {
  /// F, the counts of an image.
  private var features: Int { settings.layout.cells * countsPerCell }
  /// Accumulators of all filters.
  private var accumulatorCount: Int { settings.learnsFilters ? start.count * 64 * start.patchWords : 0 }
  /// Values of all covariance blocks.
  private var covarianceCount: Int { blocks.reduce(0) { $0 + $1.count * $1.count } }

  package var images: ExpectedImages {
    var images = stack.expected
    images.least = trainingImages
    return images
  }

  package var memory: RoundMemory {
    let (f, c, b) = (features, settings.classes, settings.batch)
    let grid = settings.layout
    let input = stack.input
    let positions = input.height * input.width
    let marks = start.features.count * wordCount(bits: start.count)
    let width = 64 * start.patchWords
    let map = (input.height + start.window) * (input.width + start.window) * input.layout.words
    // Counts, both normalised forms, residuals and earlier scores of a mini-batch; weights of several kinds, also as a
    // tally; covariances and their inverses in blocks of at most 128.
    let batch = MemoryLimit.sum(MemoryLimit.product(b, f, 4 + 2 + 2), MemoryLimit.product(b, c, 2 + 2 + 8))
    let head = MemoryLimit.sum(
      MemoryLimit.product(c, f, 6 * 8), MemoryLimit.product(f, min(countsPerCell, 128), 6 * 8))
    var shared = MemoryLimit.sum(batch, head, MemoryLimit.product(2, 8, b, grid.squares, marks))
    // Sums of squares, and the wishes on them.
    let kept = MemoryLimit.sum(
      4 * grid.kept(perCell: countsPerCell), grid.overlaps ? 8 * grid.squares * countsPerCell : 0)
    var own = MemoryLimit.sum(stack.bytesPerThread, 4 * 8 * start.filters.count, 2 * 8 * map, 4 * f, kept)
    if settings.learnsFilters {
      shared = MemoryLimit.sum(
        shared, MemoryLimit.product(8, b, map + positions * marks),
        MemoryLimit.product(start.count, width, 6 * 8))
      // Votes, and rows of 64 positions of marks, signs and bits before they are counted.
      own = MemoryLimit.sum(own, 4 * start.count * width, 64 * 8 * (2 * 64 * marks + width))
    }
    return RoundMemory(shared: shared, perThread: own)
  }

  /// Where the arrays lie that shards change and reduce averages; times the number of shards that is the range of sums.
  private func averagedRules(times shards: Int64) -> [ArrayRule] {
    func most(_ value: Int64) -> Int64 {
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: shards)
      return isTooLarge ? ArrayRule.largestSum : min(product, ArrayRule.largestSum)
    }
    func around(_ value: Int64) -> ClosedRange<Int64> { -most(value)...most(value) }
    // Accumulators lie within ±2^20, less the bits that do not travel.
    let accumulator = stored([1 << 20])[0]
    let (k, c, f) = (start.count, settings.classes, features)
    var rules = [
      ArrayRule("accumulator", accumulatorCount, in: around(accumulator)),
      ArrayRule("threshold", k * start.features.count, in: around(1 << 44)),
      ArrayRule("weight", c * f, in: around(0x7fff_0000)),
      ArrayRule("weightMomentum", c * f, in: around(1 << 44)),
      ArrayRule("bias", c, in: around(1 << 44)),
      ArrayRule("mean", f, in: 0...most(1 << 40)),
      ArrayRule("variance", f, in: 0...most(1 << 60)),
      ArrayRule("wishScale", 1, in: 0...most(1 << 46)),
    ]
    if mergesMomenta { rules.append(ArrayRule("momentum", accumulatorCount, in: around(1 << 30))) }
    return rules
  }

  package func check(state: Tally) throws(RoundError) {
    let needsInverse = phase == .learn
    try state.check(
      averagedRules(times: 1) + [
        ArrayRule("spread", start.count, in: 0...1 << 24),
        // What two 16-bit halves of it can hold.
        ArrayRule("inverse", covarianceCount, in: -(4_096 << 11)...4_095 << 11, orEmpty: !needsInverse),
        ArrayRule("round", 1, in: 0...Int64(max(0, learningRounds - (needsInverse ? 1 : 0)))),
      ], "the state of a refinement")
  }

  /// Checks a state in full, as a checkpoint has it.
  package func check(saved state: Tally) throws(RoundError) {
    try check(state: state)
    let most = Int64(1) << 60
    try state.check(
      [ArrayRule("covariance", covarianceCount, in: -most...most, orEmpty: phase != .learn)],
      "the state of a refinement")
    for name in ["seen", "correct"] where state.contains(name) {
      try state.check([ArrayRule(name, 1, in: 0...1 << 40)], "the state of a refinement")
    }
  }

  package func check(total: Tally, shards: Int) throws(RoundError) {
    let what = "a sum of refinements"
    let covariance = ArrayRule(
      "covarianceSum", covarianceCount, in: -ArrayRule.largestSum...ArrayRule.largestSum)
    switch phase {
    case .moments:
      try total.check(
        [
          ArrayRule("images", 1, in: 0...1 << 31), ArrayRule("sum", features, in: 0...1 << 56),
          ArrayRule("square", features, in: 0...1 << 62),
        ], what)
      try checkSpread("sum", "square", n: total[number: "images"], total, largest: 1 << 25)
    case .covariance:
      try total.check([covariance, ArrayRule("covarianceImages", 1, in: 0...1 << 31)], what)
    case .learn:
      let k = start.count
      try total.check(
        averagedRules(times: Int64(shards)) + [
          ArrayRule("shards", 1, in: Int64(shards)...Int64(shards)),
          ArrayRule("seen", 1, in: 0...1 << 40), ArrayRule("correct", 1, in: 0...1 << 40),
          ArrayRule("distances", 1, in: 0...1 << 40), ArrayRule("distance", k, in: 0...1 << 57),
          ArrayRule("distanceSquare", k, in: 0...1 << 62),
        ], what)
      try checkSpread("distance", "distanceSquare", n: total[number: "distances"], total, largest: 1 << 16)
      guard total.contains("covarianceSum") else { return }
      try total.check([covariance, ArrayRule("covarianceImages", 1, in: 0...1 << 31)], what)
    }
  }

  /// Checks that sums and sums of squares are those of `n` numbers of at most `largest`: no variance is negative.
  private func checkSpread(
    _ sums: String, _ squares: String, n: Int64, _ total: Tally, largest: Int64
  ) throws(RoundError) {
    for (sum, square) in zip(total[sums], total[squares]) {
      let isRight =
        Int128(n) * Int128(square) >= Int128(sum) * Int128(sum)
        && Int128(square) <= Int128(n) * Int128(largest) * Int128(largest)
      guard isRight else {
        throw RoundError(
          "a sum of refinements is wrong: '\(sums)' and '\(squares)' are not of the same numbers")
      }
    }
  }
}
