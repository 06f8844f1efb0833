// Shares and losses in integers against the real ones. Doubles are the truth here, nowhere else.

import Foundation
import Plumbing
import Testing
import _NetworkTestSupport

@testable import BinaryNetworks

@Suite struct TemperatureTests {
  /// Random scores, some of them equal, some far apart.
  private func scores(_ random: inout SeededGenerator, _ classes: Int) -> [Int64] {
    let spread = 1 << random.below(26)
    return (0..<classes).map { _ in Int64(random.below(2 * spread) - spread) }
  }

  @Test func powersFallAndAreGoodToAUnit() {
    var before = Int64.max
    for x in 0...Int64(32 << 16) {
      let value = BinaryPowers.negative(x)
      let isRight = abs(Double(value) - exp2(30 - Double(x) / 65_536)) < 1.001
      let falls = value <= before
      if !isRight || !falls { Issue.record("2^(−\(x)/65536) is not \(value)") }
      before = value
    }
    #expect(BinaryPowers.negative(0) == 1 << 30 && BinaryPowers.negative(3 << 16) == 1 << 27)
    #expect(BinaryPowers.negative(30 << 16) == 1 && BinaryPowers.negative(31 << 16) == 0)
    #expect(BinaryPowers.negative(.max) == 0)
  }

  @Test func logarithmsAreRoundedDown() {
    var random = SeededGenerator(seed: 5)
    var numbers: [Int64] = []
    for bit in 30..<62 as Range<Int64> {
      let power: Int64 = 1 << bit
      numbers += [power, power + 1, power + (power - 1)]
    }
    for _ in 0..<3000 { numbers.append((1 << 30) + Int64(random.next() >> UInt64(random.pick(2...33)))) }
    for x in numbers {
      let exact: Double = (log2(Double(x)) - 30) * 65_536
      let error: Double = exact - Double(BinaryPowers.logarithm(x))
      if error < -0.01 || error > 1.01 { Issue.record("log2 of \(x) is off by \(error)") }
    }
    #expect(BinaryPowers.logarithm(1 << 30) == 0 && BinaryPowers.logarithm(1 << 46) == 16 << 16)
  }

  @Test(arguments: [1, 2, 3, 10, 100, 1000]) func sharesAreThoseOfRealNumbers(classes: Int) throws {
    var random = SeededGenerator(seed: UInt64(classes))
    for temperature in [1, 4096, 45_426, 1 << 22, Int(Int32.max)].compactMap(Temperature.init) {
      for _ in 0..<30 {
        let scores = scores(&random, classes)
        let shares = temperature.shares(scores)
        let highest = try #require(scores.max())
        let powers = scores.map { exp2(Double($0 - highest) / Double(temperature.value)) }
        let sum = powers.reduce(0, +)
        let one = Double(1 << Temperature.shareBits)
        // An exponent is rounded down by less than 2^−16 octaves, which is 1.1e−5 of a power; the sum's error adds to it.
        for (share, power) in zip(shares, powers) {
          #expect(abs(Double(share) - one * power / sum) < 2.2e-5 * one * power / sum + 2)
        }
        #expect(abs(shares.reduce(0, +) - 1 << 30) <= Int64(classes + 1) / 2)
        for a in scores.indices {
          let b = random.below(classes)
          #expect(scores[a] < scores[b] ? shares[a] <= shares[b] : shares[a] >= shares[b])
        }
        let label = random.below(classes)
        let exact = Double(highest - scores[label]) / Double(temperature.value) + log2(sum)
        let outcome = temperature.outcome(scores, label: label)
        #expect(abs(Double(outcome.loss) / 65_536 - min(1024, exact)) < 6e-5, "label \(label) of \(scores)")
        #expect(outcome.highestShare == shares.max())
      }
    }
  }

  @Test func extremeScoresNeitherTrapNorLie() throws {
    let temperature = try #require(Temperature(4096))
    #expect(temperature.shares([.max, .min]) == [1 << 30, 0])
    #expect(temperature.shares([.min, .min, .min, .min]) == Array(repeating: 1 << 28, count: 4))
    #expect(temperature.outcome([.max, .min], label: 1) == (Temperature.mostLoss, 1 << 30))
    #expect(temperature.outcome([.max, .min], label: 0) == (0, 1 << 30))
    #expect(temperature.outcome([7, 7], label: 1) == (1 << 16, 1 << 29))
  }

  @Test func candidatesAreAGeometricGrid() {
    let values = Temperature.candidates.map(\.value)
    #expect(values.count == 81 && values.first == 1 << 12 && values.last == 1 << 22)
    for (i, value) in values.enumerated() {
      #expect(abs(Double(value) / exp2(12 + Double(i) / 8) - 1) < 2e-4)
    }
    #expect(Temperature(0) == nil && Temperature(-1) == nil && Temperature(1 << 31) == nil)
  }
}
