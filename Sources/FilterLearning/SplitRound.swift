// Supervised filters in one pass: patch bits counted per class and place, split filters for many class partitions.

package import BinaryNetworks
package import CountingRounds
package import ImageData
import Plumbing

/// Counts patch bits per class and cell of a grid; its filters separate one set of classes from the others.
///
/// State after the round: "ones" (classes × cells × 64·words), "count" (classes × cells), "answers" (classes × classes: of
/// every class's images, how many the layers below take for which class; empty where none of them has a head).
package struct SplitRound: CountingRound {
  let stack: FrozenStack
  let classes: Int
  let grid: Int

  /// A round over `classes` classes, those of the stack's network; `grid`² cells give filters of different places.
  package init(stack: FrozenStack, classes: Int, grid: Int) {
    self.stack = stack
    self.classes = classes
    self.grid = max(1, min(grid, stack.input.height, stack.input.width))
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    // One class after the other, so that a thread keeps one set of counters.
    let width = 64 * stack.patchWords
    let cells = grid * grid
    var ones = [Int64](repeating: 0, count: classes * cells * width)
    var counts = [Int64](repeating: 0, count: classes * cells)
    let hasAnswers = stack.network.layers.contains { $0.head != nil }
    var answers = [Int64](repeating: 0, count: hasAnswers ? classes * classes : 0)
    for label in 0..<classes {
      let members = shard.indices.filter { Int(shard.images.labels[$0]) == label }
      if members.isEmpty { continue }
      let workers = max(1, min(threads, members.count))
      let counters = WorkerLocal(workers: workers) { _ in
        CellCounter(stack: stack, grid: grid, classes: hasAnswers ? classes : 0)
      }
      parallelFor(members.count, threads: workers) { item, worker in
        counters[worker].add(shard.images, members[item])
      }
      for counter in counters.all {
        let (votes, seen) = counter.finish()
        if hasAnswers { for c in 0..<classes { answers[label * classes + c] += counter.answers[c] } }
        for cell in 0..<cells {
          counts[label * cells + cell] += seen[cell]
          // With all signs 1 a vote is 2·ones − count.
          for d in 0..<width {
            ones[(label * cells + cell) * width + d] += (votes[cell * width + d] + seen[cell]) / 2
          }
        }
      }
    }
    return Tally(["ones": ones, "count": counts, "answers": answers])
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }

  /// Filters for seeded class partitions, in every cell, near-duplicates dropped.
  ///
  /// A candidate is dropped if it agrees with a kept filter, or with its complement, in all but 1/16 of the bits;
  /// when candidates run out the bound is halved until the bank is full.
  package func bank(from state: Tally, filters: Int, mask: MaskShare) -> FilterBank {
    let ones = state["ones"]
    let counts = state["count"]
    let partitions = ClassPartitions(classes: classes, answers: state["answers"])
    let cells = grid * grid
    let width = ones.count / (classes * cells)
    let bank = stack.emptyBank(filters: filters)
    let valid = bank.validBits
    var generator = SeededGenerator(seed: stack.seed, 0x7370_6c69, UInt64(stack.network.layers.count))
    var kept: [SplitFilter] = []
    var bound = 16
    var tries = 0
    while kept.count < filters {
      let inA = partitions.draw(&generator)
      let cell = generator.below(cells)
      var sums = (a: [Int64](repeating: 0, count: width), b: [Int64](repeating: 0, count: width))
      var totals = (a: Int64(0), b: Int64(0))
      for label in 0..<classes {
        let base = (label * cells + cell) * width
        if inA[label] {
          totals.a += counts[label * cells + cell]
          for d in 0..<width { sums.a[d] += ones[base + d] }
        } else {
          totals.b += counts[label * cells + cell]
          for d in 0..<width { sums.b[d] += ones[base + d] }
        }
      }
      let candidate = SplitFilter(
        onesA: sums.a, countA: totals.a, onesB: sums.b, countB: totals.b, valid: valid, mask: mask)
      let isNew = kept.allSatisfy { other in
        let (different, compared) = candidate.disagreement(with: other)
        return bound > 1 << 20 || (different * bound > compared && (compared - different) * bound > compared)
      }
      if isNew { kept.append(candidate) }
      tries += 1
      if tries % (4 * filters + 64) == 0 { bound *= 2 }
    }
    var builder = SplitFilterBuilder(bank: bank, mask: mask)
    for (k, filter) in kept.enumerated() { builder.set(k, filter) }
    return builder.bank
  }
}

extension SplitRound: PortableImageRound {
  package static var name: RoundName { .split }

  package func described() -> Tally {
    var tally = stack.settings
    tally["classes"] = [Int64(classes)]
    tally["grid"] = [Int64(grid)]
    return tally
  }

  package init(described: Tally) throws(RoundError) {
    let settings = Settings(described)
    let stack = try settings.stack()
    let classes = stack.network.classNames.count
    self.init(
      stack: stack, classes: try settings.number("classes", in: classes...classes),
      grid: try settings.number("grid", in: 1...65_535))
  }
}

/// Counts the patch bits of images cell by cell; one per thread.
private final class CellCounter {
  private let feeder: ImageFeeder
  private let counter: VoteCounter
  private let cellOf: [Int]
  private let marks: SharedBuffer<UInt64>
  private let ones: SharedBuffer<UInt64>
  private var seen: [Int64]
  /// How many images the layers below take for which class; empty if nobody wants to know.
  private(set) var answers: [Int64]

  init(stack: FrozenStack, grid: Int, classes: Int) {
    feeder = ImageFeeder(stack)
    let input = stack.input
    counter = VoteCounter(marks: grid * grid, patchWords: stack.patchWords)
    cellOf = input.cells(grid: grid)
    marks = SharedBuffer(repeating: 0, count: 64 * (counter.stride / 64))
    ones = SharedBuffer(repeating: ~0, count: marks.count)
    seen = Array(repeating: 0, count: grid * grid)
    answers = Array(repeating: 0, count: classes)
  }

  func add(_ images: LabelledImages, _ index: Int) {
    feeder.load(images, index, pass: nil, scores: !answers.isEmpty)
    if !answers.isEmpty { answers[highest(feeder.forward.summedScores())] += 1 }
    let map = feeder.map
    let markWords = counter.stride / 64
    for first in stride(from: 0, to: map.positions, by: 64) {
      let count = min(64, map.positions - first)
      marks.withMutableSpan(0..<marks.count) { marks in
        for i in 0..<marks.count { marks[i] = 0 }
        for i in 0..<count {
          let cell = cellOf[first + i]
          seen[cell] += 1
          marks[i * markWords + cell / 64] = 1 << UInt64(cell % 64)
        }
      }
      marks.withSpan(0..<marks.count) { marks in
        ones.withSpan(0..<ones.count) { ones in
          counter.add(map.storage.span, map.patches, first: first, count: count, marks: marks, signs: ones)
        }
      }
    }
  }

  func finish() -> (votes: [Int64], seen: [Int64]) { (counter.finish(), seen) }
}
