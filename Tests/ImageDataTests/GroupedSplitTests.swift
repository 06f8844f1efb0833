// Parts of whole groups: never a group on both sides, sizes as near as groups allow, any order of the images.

import Plumbing
import Testing

@testable import ImageData

@Suite struct GroupedSplitTests {
  /// Images of groups with these classes, one list of labels a group.
  private func images(_ groups: [[UInt16]]) -> (labels: [UInt16], keys: [UInt64]) {
    let names = groups.enumerated().flatMap { [String?](repeating: "g\($0.offset)", count: $0.element.count) }
    return (groups.flatMap { $0 }, NamedGroups(names, rule: nil).groups.keys)
  }

  @Test func laws() {
    var generator = SeededGenerator(seed: 21)
    for round in 0..<300 {
      let classes = 1 + generator.below(5)
      let isMixed = round % 2 == 0
      let groups = (0..<1 + generator.below(40)).map { _ in
        let one = UInt16(generator.below(classes))
        return (0..<1 + generator.below(15)).map { _ in isMixed ? UInt16(generator.below(classes)) : one }
      }
      let (labels, keys) = images(groups)
      let ppm = generator.below(900_000)
      let (training, held) = groupedSplit(labels: labels, groups: keys, partsPerMillion: ppm, seed: 3)
      #expect((training + held).sorted() == Array(labels.indices))
      #expect(training == training.sorted() && held == held.sorted())
      #expect(Set(training.map { keys[$0] }).isDisjoint(with: held.map { keys[$0] }))
      #expect(Set(training.map { labels[$0] }) == Set(labels), "every class is learned from")
      // The same images are held out, in whatever order they come.
      var order = Array(labels.indices)
      generator.shuffle(&order)
      let other = groupedSplit(
        labels: order.map { labels[$0] }, groups: order.map { keys[$0] }, partsPerMillion: ppm, seed: 3)
      #expect(other.held.map { order[$0] }.sorted() == held)
    }
  }

  @Test func groupsOfOneImageFillEveryClass() {
    let labels = (0..<600).map { UInt16($0 % 3) }
    let keys = NamedGroups((0..<600).map { "\($0)" }, rule: nil).groups.keys
    let held = groupedSplit(labels: labels, groups: keys, partsPerMillion: 100_000, seed: 1).held
    #expect((0..<3).map { c in held.count { labels[$0] == c } } == [20, 20, 20])
  }

  @Test func sizesComeNear() {
    // Ten patients of ten images, one class each: a fifth is two of them, of both classes.
    let (labels, keys) = images((0..<10).map { [UInt16](repeating: UInt16($0 % 2), count: 10) })
    for seed in 0..<20 {
      let held = groupedSplit(labels: labels, groups: keys, partsPerMillion: 200_000, seed: UInt64(seed)).held
      #expect(held.count == 20 && Set(held.map { labels[$0] }) == [0, 1])
    }
    // Where no group is small enough for the fraction, the smallest is taken.
    let large = images([[0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 1, 1]])
    let part = groupedSplit(labels: large.labels, groups: large.keys, partsPerMillion: 60_000, seed: 1).held
    #expect(part.map { large.labels[$0] } == [1, 1, 1])
  }

  @Test func theSeedDecides() {
    let (labels, keys) = images((0..<30).map { [UInt16](repeating: UInt16($0 % 2), count: 4) })
    func held(_ seed: UInt64) -> [Int] {
      groupedSplit(labels: labels, groups: keys, partsPerMillion: 200_000, seed: seed).held
    }
    #expect(held(1) == held(1) && held(1) != held(2))
    // Fixed for all time: a resumed or repeated run must find the same groups.
    #expect(Set(held(1).map { $0 / 4 }).sorted() == [1, 6, 15, 18, 25, 28])
  }

  @Test func partsThatCannotBeAreRefused() throws {
    // Every class is one group.
    let (labels, keys) = images([[0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    let error = #expect(throws: DatasetError.self) {
      try drawPart(
        labels: labels, groups: keys, partsPerMillion: 200_000, seed: 1, purpose: .validation)
    }
    #expect(error?.code == .wrongGroups && error?.message.contains("--validation 0") == true)
    let none = try drawPart(labels: labels, groups: keys, partsPerMillion: 0, seed: 1, purpose: .test)
    #expect(none.held.isEmpty && none.training.count == 10)
    let empty = try drawPart(labels: [], groups: [], partsPerMillion: 500_000, seed: 1, purpose: .test)
    #expect(empty.held.isEmpty && empty.training.isEmpty)
  }

  @Test func withoutGroupsNothingChanges() throws {
    let labels = (0..<100).map { UInt16($0 * 7 % 3) }
    let plain = stratifiedSplit(labels: labels, partsPerMillion: 150_000, seed: 4)
    let drawn = try drawPart(labels: labels, groups: nil, partsPerMillion: 150_000, seed: 4, purpose: .test)
    #expect(drawn.training == plain.training && drawn.held == plain.validation)
  }

  @Test func oddPartsAreSaid() {
    let labels: [UInt16] = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    func lines(_ held: [Int]) -> [String] {
      groupWarnings(of: held, labels: labels, classNames: ["a", "b"], partsPerMillion: 200_000, name: "test")
    }
    #expect(lines([0, 4]).isEmpty && lines([]).isEmpty)
    #expect(lines([4, 5]).count == 1 && lines([4, 5])[0].contains("no image of \"a\""))
    #expect(lines([0, 1, 2, 4, 5]).count == 1)
    #expect(lines([0, 1, 2, 4, 5])[0].contains("5 images where 2 were wanted"))
  }
}
