// Votes against a plain loop over positions.

import BinaryNetworks
import BitKernels
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct VoteCounterTests {
  @Test(arguments: [(1, 1), (2, 3), (33, 2), (64, 3), (65, 1), (130, 5)])
  func votesAreThoseOfAPlainLoop(marks: Int, window: Int) throws {
    let images = try TinyDatasets.stripes(3, width: 11, height: 9)
    let stack = try images.stack(window: window, levels: 2)
    let feeder = ImageFeeder(stack)
    var generator = SeededGenerator(seed: UInt64(marks))
    // Few rows, so that the kernel is called in between as well as at the end.
    let counter = VoteCounter(marks: marks, patchWords: window * window, capacity: 2)
    #expect(counter.stride == roundUp(marks, to: 64) && counter.bitCount == 64 * window * window)
    var expected = [Int64](repeating: 0, count: marks * counter.bitCount)
    let markWords = counter.stride / 64
    for index in 0..<3 {
      feeder.load(images, index, pass: nil)
      let map = feeder.map
      let patches = plainPatches(stack, images, index)
      for first in stride(from: 0, to: map.positions, by: 64) {
        let count = min(64, map.positions - first)
        let wanted = (0..<64 * markWords).map { _ in generator.next() & generator.next() }
        let signs = (0..<64 * markWords).map { _ in generator.next() }
        counter.add(
          map.storage.span, map.patches, first: first, count: count, marks: wanted.span, signs: signs.span)
        for p in 0..<count {
          for k in 0..<marks where wanted[p * markWords + k / 64] >> UInt64(k % 64) & 1 == 1 {
            let sign = signs[p * markWords + k / 64] >> UInt64(k % 64) & 1 == 1
            for d in 0..<counter.bitCount {
              expected[k * counter.bitCount + d] += patches[first + p][d] == sign ? 1 : -1
            }
          }
        }
      }
      // Sums may be taken out at any time.
      if index == 1 { counter.flush() }
    }
    #expect(counter.finish() == expected)
    #expect(counter.finish() == expected, "finishing twice counts nothing twice")
  }
}
