// Class counts and split filters against plain loops and exact fractions.

import BinaryNetworks
import BitKernels
import CountingRounds
import ImageData
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct SplitRoundTests {
  @Test(arguments: [(1, 3, false), (2, 2, false), (3, 1, true), (16, 3, false)])
  func countsAreThoseOfAPlainLoop(grid: Int, window: Int, behindALayer: Bool) throws {
    let images = try TinyDatasets.stripes(13, classes: 3, width: 7, height: 5, channels: behindALayer ? 1 : 3)
    let stack = try images.stack(window: window, behindALayer: behindALayer)
    let input = stack.input
    // A grid finer than the map becomes as fine as the map.
    let side = min(grid, input.height, input.width)
    let round = SplitRound(stack: stack, classes: 3, grid: grid)
    let width = 64 * window * window * input.layout.words
    var counts = [Int64](repeating: 0, count: 3 * side * side)
    var ones = [Int64](repeating: 0, count: counts.count * width)
    for index in 0..<images.count {
      for (position, patch) in plainPatches(stack, images, index).enumerated() {
        let (row, column) = (
          position / input.width * side / input.height, position % input.width * side / input.width
        )
        let at = Int(images.labels[index]) * side * side + row * side + column
        counts[at] += 1
        for (d, bit) in patch.enumerated() where bit { ones[at * width + d] += 1 }
      }
    }
    let answers = plainAnswers(stack, images, classes: 3)
    #expect(answers.reduce(0, +) == (behindALayer ? 13 : 0))
    for (shards, threads) in [(1, 1), (1, 2), (1, 3), (1, 7), (2, 1), (3, 3), (5, 2), (9, 2), (13, 1)] {
      let state = LocalEngine(shards: images.shards(shards), threads: threads).run(round, state: Tally())
      #expect(
        state == Tally(["ones": ones, "count": counts, "answers": answers]),
        "\(shards) shards, \(threads) threads")
    }
  }

  @Test(arguments: [0, 1, 250_000, 500_000, 900_000]) func splitFiltersAreExact(share: Int) {
    var generator = SeededGenerator(seed: UInt64(share))
    for trial in 0..<20 {
      let valid: [UInt64] = trial % 2 == 0 ? [~0, ~0] : [(1 << 37) - 1, 1]
      // Large counts too: fractions that differ by less than a Double can tell.
      let most = trial % 3 == 0 ? Int64(1) << 60 : 50
      let (countA, countB) = (
        1 + Int64(generator.next() >> 4) % most, 1 + Int64(generator.next() >> 4) % most
      )
      let onesA = (0..<128).map { _ in Int64(generator.next() >> 2) % (countA + 1) }
      let onesB = onesA.map { a -> Int64 in
        if generator.below(3) > 0 { return Int64(generator.next() >> 2) % (countB + 1) }
        return min(countB, Int64(Int128(a) * Int128(countB) / Int128(countA)))
      }
      let split = SplitFilter(
        onesA: onesA, countA: countA, onesB: onesB, countB: countB, valid: valid,
        mask: MaskShare(partsPerMillion: share))
      let channels = (0..<128).filter { valid[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
      // a/A − b/B over the common denominator A·B.
      let difference = (0..<128).map {
        Int128(onesA[$0]) * Int128(countB) - Int128(onesB[$0]) * Int128(countA)
      }
      let filter = bits(split.filter), mask = bits(split.mask)
      for d in 0..<128 { #expect(filter[d] == (channels.contains(d) && difference[d] > 0)) }
      let order = channels.sorted { (difference[$0].magnitude, $0) < (difference[$1].magnitude, $1) }
      let dropped = Set(order.prefix(channels.count * share / 1_000_000))
      for d in 0..<128 { #expect(mask[d] == (channels.contains(d) && !dropped.contains(d))) }
    }
  }

  @Test func disagreementLooksWhereBothMasksDo() {
    var a = SplitFilter(
      onesA: [Int64](repeating: 1, count: 64), countA: 1, onesB: [Int64](repeating: 0, count: 64), countB: 1,
      valid: [0xFF], mask: MaskShare(partsPerMillion: 0))
    var b = a
    #expect(a.disagreement(with: b) == (0, 8))
    b.filter = [0xF0]
    #expect(a.disagreement(with: b) == (4, 8))
    a.mask = [0x3F]
    b.mask = [0xFC]
    #expect(a.disagreement(with: b) == (2, 4))
  }

  @Test func splitsPartWhatIsConfused() {
    // 1 and 4 are taken for each other thirty times, 0 and 2 ten times; answers that are right do not matter.
    var answers = [Int64](repeating: 0, count: 36)
    for c in 0..<6 { answers[7 * c] = 1000 }
    (answers[1 * 6 + 4], answers[4 * 6 + 1], answers[2 * 6 + 0]) = (10, 20, 10)
    let blind = ClassPartitions(classes: 6, answers: [])
    let aimed = ClassPartitions(classes: 6, answers: answers)
    var generators = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
    var parted = (blind: [0, 0, 0], aimed: [0, 0, 0])
    let pairs = [(1, 4), (0, 2), (3, 5)]
    for _ in 0..<4_000 {
      let (blind, aimed) = (blind.draw(&generators.0), aimed.draw(&generators.1))
      #expect((1...5).contains(aimed.count { $0 }) && [1, 3].contains(blind.count { $0 }))
      for (i, (a, b)) in pairs.enumerated() {
        if blind[a] != blind[b] { parted.blind[i] += 1 }
        if aimed[a] != aimed[b] { parted.aimed[i] += 1 }
      }
    }
    // Blind: 3/4 · 3/5 + 1/4 · 1/3. Aimed: half of that, and for half of the draws three times in four, once in four.
    #expect(parted.blind.allSatisfy { (1_950...2_350).contains($0) }, "\(parted.blind)")
    #expect(parted.aimed[0] > 2_750 && parted.aimed[0] < 3_150, "\(parted.aimed)")
    #expect(parted.aimed[1] > parted.blind[1] - 150 && parted.aimed[1] < 2_600, "\(parted.aimed)")
    #expect(parted.aimed[2] < 2_350, "\(parted.aimed)")
  }

  @Test func eachOfTwoConfusedClassesStandsAloneAsOften() {
    var answers = [Int64](repeating: 0, count: 9)
    answers[1 * 3 + 2] = 5
    let partitions = ClassPartitions(classes: 3, answers: answers)
    var generator = SeededGenerator(seed: 3)
    var alone = [0, 0, 0]
    for _ in 0..<3_000 { alone[partitions.draw(&generator).firstIndex(of: true) ?? 0] += 1 }
    // A third each at random; half of the draws part 1 from 2 by one of them.
    #expect((400...600).contains(alone[0]), "\(alone)")
    #expect((1_150...1_350).contains(alone[1]) && (1_150...1_350).contains(alone[2]), "\(alone)")
  }

  @Test func nearDuplicatesAreDroppedWhileThereAreOthers() throws {
    let images = try TinyDatasets.stripes(40, channels: 3)
    let round = SplitRound(stack: try images.stack(), classes: 4, grid: 3)
    let state = LocalEngine(shards: images.shards(), threads: 2).run(round, state: Tally())
    let bank = round.bank(from: state, filters: 16, mask: MaskShare(partsPerMillion: 0))
    let bound = bank.patchBits / 16
    for k in 1..<bank.count {
      for other in 0..<k {
        let different = distance(bits(bank.filter(k)), bits(bank.filter(other)))
        #expect(different > bound && bank.patchBits - different > bound, "filters \(k) and \(other)")
      }
    }
  }

  @Test func aBankIsFilledEvenIfAllCandidatesAreEqual() throws {
    // Images without structure: every patch bit is alike, all splits are the same.
    let images = try TinyDatasets.plain(6, width: 4, height: 3)
    let round = SplitRound(stack: try images.stack(window: 1, levels: 1), classes: 2, grid: 1)
    let state = LocalEngine(shards: images.shards(), threads: 1).run(round, state: Tally())
    let bank = round.bank(from: state, filters: 7, mask: MaskShare(partsPerMillion: 500_000))
    #expect(bank.count == 7)
    #expect(bank.filters.count == bank.patchWords * bank.stride)
  }

  @Test func aClassWithoutImagesIsNoObstacle() throws {
    let two = try TinyDatasets.stripes(6, classes: 2)
    let images = try LabelledImages(
      shape: two.shape, pixels: two.pixels, labels: two.labels, classNames: (0..<50).map { "\($0)" })
    let round = SplitRound(stack: try images.stack(), classes: 50, grid: 2)
    let state = LocalEngine(shards: images.shards(2), threads: 2).run(round, state: Tally())
    #expect(state["count"].reduce(0, +) == 6 * 144)
    #expect(round.bank(from: state, filters: 10, mask: MaskShare(partsPerMillion: 0)).count == 10)
  }
}

/// Of every class's images, how many the stack's layers take for which class; nothing if they have no head.
private func plainAnswers(_ stack: FrozenStack, _ images: LabelledImages, classes: Int) -> [Int64] {
  if stack.network.layers.allSatisfy({ $0.head == nil }) { return [] }
  var answers = [Int64](repeating: 0, count: classes * classes)
  let pass = ForwardPass(network: stack.network)
  for i in 0..<images.count {
    images.withPixels(of: i) { pass.run($0, scores: true, features: false) }
    let scores = pass.summedScores()
    let answer = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    answers[Int(images.labels[i]) * classes + answer] += 1
  }
  return answers
}
