// Square root, exponential and softmax in integers against the real ones. Doubles are the truth here, nowhere else.

import Foundation
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct FixedPointTests {
  @Test func squareRootIsTheLargestWhoseSquareFits() {
    func check(_ x: Int64) {
      let root = integerSquareRoot(x)
      let fits = root >= 0 && Int128(root) * Int128(root) <= Int128(x)
      let isLargest = Int128(root + 1) * Int128(root + 1) > Int128(x)
      #expect(fits && isLargest, "root of \(x) is not \(root)")
    }
    for x in 0...70_000 as ClosedRange<Int64> where integerSquareRoot(x) * integerSquareRoot(x) != x {
      check(x)
    }
    for root in 0...264 as ClosedRange<Int64> { #expect(integerSquareRoot(root * root) == root) }
    var generator = SeededGenerator(seed: 1)
    for bits in 1...63 {
      for _ in 0..<20 { check(Int64(generator.next() >> UInt64(64 - bits))) }
      check(1 << Int64(bits - 1))
      check((1 << Int64(bits - 1)) - 1)
    }
    for root in [1 << 31, 3_037_000_499, 46_341, 65_535] as [Int64] {
      check(root * root)
      check(root * root - 1)
    }
    check(.max)
  }

  @Test func exponentialFallsAndStaysWithinItsBound() {
    var before = Int64.max
    for x in 0..<Int64(16 << 10) {
      let value = FixedExponential.negative(x)
      let exact = exp(-Double(x) / 1024) * Double(1 << 30)
      #expect(abs(Double(value) - exact) < 2, "exp(−\(x)/1024)")
      #expect(value <= before)
      before = value
    }
    #expect(FixedExponential.negative(0) == 1 << 30)
    #expect(FixedExponential.negative(16 << 10) == 0)
    #expect(FixedExponential.negative(.max) == 0)
    #expect(before > 0 && before < 1 << 8)
  }

  @Test(arguments: [2, 3, 10, 100, 1000]) func softmaxStaysWithinItsBound(classes: Int) {
    var generator = SeededGenerator(seed: UInt64(classes))
    for spread in [1 << 12, 1 << 20, 1 << 23, 1 << 26] {
      for bits in [12, 20] {
        let scores = (0..<classes).map { _ in Int64(generator.below(2 * spread) - spread) }
        let found = softmax(scores, scoreBits: 20, bits: bits)
        let highest = scores.max() ?? 0
        let powers = scores.map { exp(Double($0 - highest) / Double(1 << 20)) }
        let sum = powers.reduce(0, +)
        for c in 0..<classes {
          let exact = powers[c] / sum * Double(1 << bits)
          #expect(abs(Double(found[c]) - exact) <= 0.0012 * exact + 2, "\(classes) classes, \(bits) bits")
        }
      }
    }
  }

  @Test func softmaxOfEqualAndFarScores() {
    #expect(softmax([7, 7, 7, 7], scoreBits: 20, bits: 12) == [1024, 1024, 1024, 1024])
    #expect(softmax([0, 100 << 20], scoreBits: 20, bits: 12) == [0, 4096])
    // All of 2,000 far classes together are nothing; one class has everything.
    let far = softmax([1 << 40] + [Int64](repeating: -(1 << 40), count: 2_000), scoreBits: 20, bits: 12)
    #expect(far[0] == 4096 && far.dropFirst().allSatisfy { $0 == 0 })
    // Residuals are made of these: each fits 13 bits, whatever the number of classes.
    for classes in [8_191, 8_192, 65_535] {
      let even = softmax([Int64](repeating: 5, count: classes), scoreBits: 20, bits: 12)
      #expect(even.allSatisfy { (0...4096).contains($0) })
      #expect(even.reduce(0, +) <= 2 * 4096)
    }
  }
}
