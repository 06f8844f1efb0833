// What rounds expect of states and sums that come from elsewhere, and what mapping them needs of memory.
// Those of refinement are in RefineChecks.swift.

import BinaryNetworks
import BitKernels
package import CountingRounds
import ImageData
import ImageEncoding
import Plumbing

extension FrozenStack {
  /// Bytes that each thread needs to bring images in front of the layer.
  var bytesPerThread: Int {
    let input = input
    let map = (input.height + window) * (input.width + window) * input.layout.words
    return MemoryLimit.sum(network.bytesPerPass, 2 * 8 * map, network.shape.pixels)
  }

  /// One word per patch word, ones where a channel lives.
  var validBits: [UInt64] { FilterBank.validBits(window: window, input: input.layout) }

  /// What the images must be like.
  var expected: ExpectedImages { ExpectedImages(shape: network.shape, classes: network.classNames.count) }
}

extension WhiteningRound {
  package var memory: RoundMemory {
    let counts = 8 * empty.counts.count
    let rows = empty.spec.signals.map {
      $0.needsWhitening ? $0.whiteningSize(channels: empty.shape.channels) : 0
    }
    return RoundMemory(
      shared: 2 * counts, perThread: counts + 2 * 64 * (rows.max() ?? 0) + 3 * empty.shape.pixels)
  }
  package var images: ExpectedImages { ExpectedImages(shape: empty.shape, classes: nil) }
  package func check(state: Tally) throws(RoundError) {}

  /// Samples, sums and products: what they give is looked at where it is solved.
  package func check(total: Tally, shards: Int) throws(RoundError) {
    let most = ArrayRule.largestSum
    try total.check([ArrayRule("sums", empty.counts.count, in: -most...most)], "a sum of neighbouring pixels")
  }
}

extension EncodingRound {
  package var memory: RoundMemory {
    RoundMemory(
      shared: 2 * 8 * empty.counts.count,
      perThread: MemoryLimit.sum(
        8 * empty.counts.count, MemoryLimit.product(2, empty.spec.workspaceBytes(shape: empty.shape)),
        3 * empty.shape.pixels))
  }
  package var images: ExpectedImages { ExpectedImages(shape: empty.shape, classes: nil) }
  package func check(state: Tally) throws(RoundError) {}
  package func check(total: Tally, shards: Int) throws(RoundError) {
    try total.check([ArrayRule(counts: "histogram", empty.counts.count)], "a histogram of values")
  }
}

extension PatchPoolRound {
  /// Most patches of a pool: 16 for each of the most filters there can be.
  static let mostSlots = 16 * 4096

  package var memory: RoundMemory {
    // How large the pool is, only the state says.
    RoundMemory(shared: 0, perThread: stack.bytesPerThread)
  }
  package var images: ExpectedImages { stack.expected }

  package func check(state: Tally) throws(RoundError) {
    let slots = state.arrays["image"]?.count ?? 0
    guard slots <= Self.mostSlots else {
      throw RoundError("the state of a pool has \(slots) places; there are at most \(Self.mostSlots)")
    }
    let positions = Int64(stack.input.height * stack.input.width)
    try state.check(
      [
        ArrayRule("image", slots, in: 0...Int64(UInt32.max)),
        ArrayRule("position", slots, in: 0...positions - 1),
      ], "the state of a pool")
    do {
      try MemoryLimit.current.check(
        MemoryLimit.product(3, 8, slots, stack.patchWords), for: "a pool of \(slots) patches")
    } catch { throw RoundError(error.message) }
  }

  package func check(total: Tally, shards: Int) throws(RoundError) {
    let count = total.arrays["patch"]?.count ?? 0
    try total.check(
      [ArrayRule(bits: "patch", count / stack.patchWords * stack.patchWords, stack.validBits)],
      "a pool of patches")
  }
}

extension ClusterRound {
  package var memory: RoundMemory {
    let words = clusters * stack.patchWords
    let counts = 8 * 64 * words
    // Filters, buckets of at least 16 patches, fresh counts of 4 bytes, all counts, and those as a tally.
    let own = 4 * 8 * words + max(1 << 18, 16 * 8 * words) + counts / 2 + 2 * counts
    return RoundMemory(shared: 2 * counts, perThread: MemoryLimit.sum(stack.bytesPerThread, own))
  }
  package var images: ExpectedImages { stack.expected }

  package func check(state: Tally) throws(RoundError) {
    try state.check(
      [ArrayRule(bits: "centroid", clusters * stack.patchWords, stack.validBits)], "the state of a clustering"
    )
  }

  package func check(total: Tally, shards: Int) throws(RoundError) {
    try total.check(
      [
        ArrayRule(counts: "count", clusters),
        ArrayRule(counts: "ones", clusters * 64 * stack.patchWords),
        ArrayRule("distortion", 1, in: 0...Int64.max),
      ], "a sum of clusters")
  }

  /// Checks a state in full, as a checkpoint has it.
  package func check(saved state: Tally) throws(RoundError) {
    try check(state: state)
    let pool = state.arrays["pool"]?.count ?? 0
    try state.check(
      [
        ArrayRule(
          bits: "pool", max(1, pool / stack.patchWords) * stack.patchWords, stack.validBits),
        ArrayRule("step", 1, in: 0...1_000_000), ArrayRule("changed", 1, in: 0...Int64(clusters)),
      ], "the state of a clustering")
  }
}

extension SplitRound {
  private var cells: Int { grid * grid }
  private var answerCount: Int {
    stack.network.layers.contains { $0.head != nil } ? classes * classes : 0
  }

  package var memory: RoundMemory {
    let width = 64 * stack.patchWords
    let ones = MemoryLimit.product(8, classes, cells, width)
    let counter = MemoryLimit.product(4 + 8 + 8, cells, width)
    return RoundMemory(
      shared: MemoryLimit.sum(MemoryLimit.product(2, ones), MemoryLimit.product(3, 8, classes, classes)),
      perThread: MemoryLimit.sum(stack.bytesPerThread, counter, 64 * 8 * width))
  }
  package var images: ExpectedImages { stack.expected }
  package func check(state: Tally) throws(RoundError) {}

  package func check(total: Tally, shards: Int) throws(RoundError) {
    try total.check(
      [
        ArrayRule(counts: "ones", MemoryLimit.product(classes, cells, 64 * stack.patchWords)),
        ArrayRule(counts: "count", classes * cells), ArrayRule(counts: "answers", answerCount),
      ], "a sum of classes' bits")
  }
}

extension ThresholdRound {
  package var memory: RoundMemory {
    let histogram = 8 * bank.count * bins
    let sample = PatchSample.size * (8 * bank.patchWords + 2 * bank.stride)
    return RoundMemory(
      shared: 2 * histogram, perThread: MemoryLimit.sum(stack.bytesPerThread, 2 * histogram + sample))
  }
  package var images: ExpectedImages { stack.expected }
  package func check(state: Tally) throws(RoundError) {}

  /// A filter's samples stay below 2^31, so that the sum of their squares fits 64 bits.
  package func check(total: Tally, shards: Int) throws(RoundError) {
    try total.check(
      [ArrayRule(counts: "histogram", bank.count * bins, rows: bins, most: 1 << 31 - 1)],
      "a histogram of distances")
  }
}

extension EvaluationRound {
  package var memory: RoundMemory {
    let classes = network.classNames.count
    let counts = 8 * CalibrationCounts.width * temperatures.count
    return RoundMemory(
      shared: MemoryLimit.sum(
        Self.bytes(classes: classes, layers: network.layers.count, images: 0), 2 * counts),
      perThread: MemoryLimit.sum(network.bytesPerPass, counts + 3 * 8 * classes))
  }
  package var images: ExpectedImages {
    ExpectedImages(shape: network.shape, classes: network.classNames.count)
  }
  package func check(state: Tally) throws(RoundError) {}

  package func check(total: Tally, shards: Int) throws(RoundError) {
    let (classes, layers) = (network.classNames.count, network.layers.count)
    let images = Int64(UInt32.max)
    var rules = [
      ArrayRule("images", 1, in: 0...images), ArrayRule("alone", layers, in: 0...images),
      ArrayRule("sum", layers, in: 0...images),
      ArrayRule("stops", network.stages, in: 0...images),
      ArrayRule(counts: "confusion", classes * classes, most: images),
    ]
    if !temperatures.isEmpty {
      rules.append(ArrayRule("calibration", CalibrationCounts.width * temperatures.count, in: 0...Int64.max))
    }
    try total.check(rules, "a sum of answers")
  }
}

extension ExitRound {
  package var memory: RoundMemory {
    let counts = 8 * 3 * LeadScale.ranges
    return RoundMemory(
      shared: 2 * counts,
      perThread: MemoryLimit.sum(
        network.bytesPerPass, counts,
        MemoryLimit.product(8, network.layers.count + 3, network.classNames.count)))
  }
  package var images: ExpectedImages {
    ExpectedImages(shape: network.shape, classes: network.classNames.count)
  }
  package func check(state: Tally) throws(RoundError) {}

  package func check(total: Tally, shards: Int) throws(RoundError) {
    try total.check(
      [ArrayRule(counts: "exits", 3 * LeadScale.ranges, most: Int64(UInt32.max))], "a sum of answers by lead")
  }
}

extension ScoreWeightRound {
  package var memory: RoundMemory {
    let counts = 8 * ScoreWeight.candidates.count
    return RoundMemory(
      shared: 2 * counts,
      perThread: MemoryLimit.sum(
        network.bytesPerPass, counts,
        MemoryLimit.product(8, 2 * network.layers.count + 2, network.classNames.count)))
  }
  package var images: ExpectedImages {
    ExpectedImages(shape: network.shape, classes: network.classNames.count)
  }
  package func check(state: Tally) throws(RoundError) {}

  package func check(total: Tally, shards: Int) throws(RoundError) {
    try total.check(
      [ArrayRule(counts: "weights", ScoreWeight.candidates.count, most: Int64(UInt32.max))],
      "a sum of answers by weight")
  }
}
