// Tallies as numbers: adding in any order and grouping gives the same. Their bytes are in TallyWireTests.swift.

import CountingRounds
import Plumbing
import Testing

/// A tally with arrays of fixed lengths, of which each is left out one time in four.
func randomTally(_ generator: inout SeededGenerator, bits: Int = 40) -> Tally {
  var tally = Tally()
  for (name, count) in [("counts", 7), ("histogram", 65), ("empty", 0), ("one", 1)]
  where generator.below(4) > 0 {
    tally[name] = (0..<count).map { _ in Int64(bitPattern: generator.next()) >> Int64(64 - bits) }
  }
  return tally
}

@Suite struct TallyTests {
  private func sum(_ a: Tally, _ b: Tally) -> Tally {
    var sum = a
    sum.add(b)
    return sum
  }

  @Test func addingIsAssociativeAndCommutativeWithAZero() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<100 {
      let (a, b, c) = (randomTally(&generator), randomTally(&generator), randomTally(&generator))
      #expect(sum(a, b) == sum(b, a))
      #expect(sum(sum(a, b), c) == sum(a, sum(b, c)))
      #expect(sum(a, Tally()) == a)
      #expect(sum(Tally(), a) == a)
    }
  }

  @Test func addsEveryElement() {
    var tally = Tally(["a": [1, -2, 3], "b": [.max]])
    tally.add(Tally(["a": [10, 20, -30], "c": [.min]]))
    #expect(tally == Tally(["a": [11, 18, -27], "b": [.max], "c": [.min]]))
  }

  @Test func anyPartitionIsOnePass() {
    var generator = SeededGenerator(seed: 2)
    let tallies = (0..<40).map { _ in randomTally(&generator) }
    let whole = tallies.reduce(Tally(), sum)
    for _ in 0..<50 {
      var order = tallies
      generator.shuffle(&order)
      let groups = 1 + generator.below(9)
      var parts = [Tally](repeating: Tally(), count: groups)
      for tally in order { parts[generator.below(groups)].add(tally) }
      generator.shuffle(&parts)
      #expect(parts.reduce(Tally(), sum) == whole)
    }
  }

  @Test func namesAndNumbers() {
    var tally = Tally(["a": [5, 6]])
    #expect(tally.contains("a") && !tally.contains("b"))
    tally[number: "b"] = 9
    tally[number: "b"] += 1
    #expect(tally["b"] == [10] && tally[number: "a"] == 5)
  }

  @Test func arraysOfTwoLengthsStopTheProcess() async {
    await #expect(processExitsWith: .failure) {
      var tally = Tally(["a": [1]])
      tally.add(Tally(["a": [1, 2]]))
    }
  }

  @Test func aMissingNameStopsTheProcess() async {
    await #expect(processExitsWith: .failure) { _ = Tally()["a"] }
  }
}
