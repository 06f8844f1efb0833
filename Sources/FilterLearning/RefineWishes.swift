// Which wishes of an image are kept. What the head wishes is in RefineBatch.swift, who votes on it in RefineVotes.swift.

import BinaryNetworks
import Plumbing

extension RefineBatch {
  /// Keeps a wish with a probability proportional to its size: ternary wishes, most of them 0.
  /// - Parameter worker: has the wishes on counts, weights times residuals.
  func draw(
    _ worker: RefineWorker, image i: Int, inverse: [Int64], scale: Int64, generator: SeededGenerator
  ) {
    let perCell = sides.count * filters
    let size = worker.wishes.withSpan(0..<inverse.count) { wishes in
      // |combined| < 2^28 and inverse < 2^19: below 2^39 after the shift.
      guard settings.layout.overlaps else {
        return draw(image: i, scale: scale, generator: generator) { (Int64(wishes[$0]) &* inverse[$0]) &>> 8 }
      }
      return worker.squareWishes.withMutableSpan(0..<worker.squareWishes.count) { sums in
        for f in 0..<sums.count { sums[f] = 0 }
        for square in 0..<settings.layout.squares {
          settings.layout.forEachCell(around: square) { cell in
            for f in 0..<perCell {
              let at = cell &* perCell &+ f
              sums[square &* perCell &+ f] &+= (Int64(wishes[at]) &* inverse[at]) &>> 8
            }
          }
        }
        return draw(image: i, scale: scale, generator: generator) { sums[$0] }
      }
    }
    worker.wishSize += size / Int64(max(1, settings.layout.squares * perCell))
    worker.wishImages += 1
  }

  /// Draws the wishes of an image, one for every feature in every square.
  /// - Returns: the sum of their sizes.
  @inline(__always)
  private func draw(
    image i: Int, scale: Int64, generator: SeededGenerator, _ wish: (_ feature: Int) -> Int64
  ) -> Int64 {
    var generator = generator
    let k = filters
    let words = settings.layout.squares * markWords
    let filterWords = self.filterWords
    return wished.withMutableSpan(i * words..<(i + 1) * words) { kept in
      positive.withMutableSpan(i * words..<(i + 1) * words) { sign in
        var random: UInt64 = 0
        var size: Int64 = 0
        var f = 0
        for at in 0..<words {
          var keptWord: UInt64 = 0
          var signWord: UInt64 = 0
          for bit in 0..<min(64, k - 64 * (at % filterWords)) {
            if f & 3 == 0 { random = generator.next() }
            // At most 64 cells contain a square: a wish is below 2^45, and × 2^16 below 2^61.
            let wish = wish(f)
            let strength = wish < 0 ? 0 &- wish : wish
            size &+= strength
            if strength &<< 16 > scale &* Int64(random & 0xffff), scale > 0 {
              keptWord |= 1 << UInt64(bit)
              if wish > 0 { signWord |= 1 << UInt64(bit) }
            }
            random >>= 16
            f += 1
          }
          kept[at] = keptWord
          sign[at] = signWord
        }
        return size
      }
    }
  }
}
