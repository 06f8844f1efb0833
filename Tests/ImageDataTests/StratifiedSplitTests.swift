// The split into training and validation: proportions, totals, seeds, tiny classes.

import ImageData
import Plumbing
import Testing

@Suite struct StratifiedSplitTests {
  /// Labels with the given number of images of every class, mixed.
  func labels(_ counts: [Int]) -> [UInt16] {
    var labels = counts.enumerated().flatMap { [UInt16](repeating: UInt16($0.offset), count: $0.element) }
    var generator = SeededGenerator(seed: 5)
    generator.shuffle(&labels)
    return labels
  }

  func counts(_ labels: [UInt16], _ indices: [Int], classes: Int) -> [Int] {
    (0..<classes).map { label in indices.count { Int(labels[$0]) == label } }
  }

  static let cases: [(counts: [Int], ppm: Int, expected: [Int])] = [
    ([100, 200, 300], 100_000, [10, 20, 30]),
    ([100, 200, 300], 0, [0, 0, 0]),
    // Shares 1.5, 1.5, 2: round(5) = 5, one remainder to the lower class.
    ([15, 15, 20], 100_000, [2, 1, 2]),
    // Shares 0.3, 0.5, 0.9, 0.2: round(1.9) = 2, to the largest remainders.
    ([3, 5, 9, 2], 100_000, [0, 1, 1, 0]),
    // A single image stays in training, whatever its remainder: the next class gives instead.
    ([1, 1, 4, 4], 900_000, [0, 0, 3, 3]),
    ([2, 2, 2], 999_999, [1, 1, 1]),
    ([1], 999_999, [0]),
    ([0, 10, 0, 10], 250_000, [0, 3, 0, 2]),
    ([1, 3], 500_000, [0, 2]),
    ([6000, 6000], 83_333, [500, 500]),
  ]

  @Test(arguments: cases) func sharesOfClasses(counts: [Int], ppm: Int, expected: [Int]) {
    let labels = labels(counts)
    for seed in 0..<3 {
      let (training, validation) = stratifiedSplit(labels: labels, partsPerMillion: ppm, seed: UInt64(seed))
      #expect(self.counts(labels, validation, classes: counts.count) == expected)
      #expect(training == training.sorted() && validation == validation.sorted())
      #expect((training + validation).sorted() == Array(labels.indices))
    }
  }

  @Test func theSeedDecidesWhichImages() {
    let labels = labels([50, 50])
    let a = stratifiedSplit(labels: labels, partsPerMillion: 200_000, seed: 1).validation
    #expect(a == stratifiedSplit(labels: labels, partsPerMillion: 200_000, seed: 1).validation)
    #expect(a != stratifiedSplit(labels: labels, partsPerMillion: 200_000, seed: 2).validation)
    // Fixed for all time: a resumed or repeated run must find the same images.
    let few = stratifiedSplit(labels: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], partsPerMillion: 400_000, seed: 7)
    #expect(few.validation == [3, 4, 6, 7])
  }

  @Test func laws() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      let counts = (0..<(1 + generator.below(6))).map { _ in generator.below(12) }
      let ppm = generator.below(1_000_000)
      let labels = labels(counts)
      let validation = stratifiedSplit(labels: labels, partsPerMillion: ppm, seed: 3).validation
      let taken = self.counts(labels, validation, classes: counts.count)
      let wanted = (labels.count * ppm + 500_000) / 1_000_000
      let room = counts.reduce(0) { $0 + max(0, $1 - 1) }
      #expect(validation.count == min(wanted, room))
      for (n, t) in zip(counts, taken) {
        #expect(t <= max(0, n - 1) && t >= n * ppm / 1_000_000)
      }
    }
  }

  @Test func noLabels() {
    let (training, validation) = stratifiedSplit(labels: [], partsPerMillion: 500_000, seed: 1)
    #expect(training.isEmpty && validation.isEmpty)
  }
}
