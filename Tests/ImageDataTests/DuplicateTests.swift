// Duplicates: the finder against comparing every pair, and what counts as the same picture.

import Foundation
import Plumbing
import Testing
import _ImageWriting
import _TestSupport

@testable import ImageData

@Suite struct DuplicateTests {
  /// Groups of what is connected by pairs, found by looking at all of them.
  private func bruteForce(_ items: [Int], _ isPair: (Int, Int) -> Bool) -> [[Int]] {
    var groups = items.map { [$0] }
    for (place, a) in items.enumerated() {
      for b in items[(place + 1)...] where isPair(a, b) {
        guard let one = groups.firstIndex(where: { $0.contains(a) }),
          let other = groups.firstIndex(where: { $0.contains(b) }), one != other
        else { continue }
        groups[one] += groups[other]
        groups.remove(at: other)
      }
    }
    return groups.filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] }
  }

  /// Hashes in clouds: of each cloud's own one up to seven bits are turned.
  private func clouds(_ count: Int, seed: UInt64) -> [UInt64] {
    var generator = SeededGenerator(seed: seed)
    let centres = (0..<count / 4).map { _ in generator.next() }
    return (0..<count).map { _ in
      var hash = centres[generator.below(centres.count)]
      for _ in 0..<generator.below(8) { hash ^= 1 << UInt64(generator.below(64)) }
      return hash
    }
  }

  @Test(arguments: 1...12) func nearAsByAllPairs(seed: Int) {
    let hashes = clouds(240, seed: UInt64(seed))
    let items = hashes.indices.filter { ($0 + seed) % 7 != 0 }
    func isAlike(_ a: Int, _ b: Int) -> Bool { (a * b + a + b) % 3 != 0 }
    func distance(_ a: Int, _ b: Int) -> Int { (hashes[a] ^ hashes[b]).nonzeroBitCount }
    let pairs = items.flatMap { a in items.filter { $0 > a }.map { (a, $0) } }
    // The clouds hold pairs on both sides of the border, and so does the second opinion.
    #expect(pairs.contains { distance($0.0, $0.1) == 4 } && pairs.contains { distance($0.0, $0.1) == 5 })
    let expected = bruteForce(items) { distance($0, $1) <= 4 && isAlike($0, $1) }
    #expect(!expected.isEmpty)
    #expect(DuplicateFinder.near(items, hashes: hashes, isAlike: isAlike) == expected)
    #expect(expected != bruteForce(items) { distance($0, $1) <= 4 })
  }

  /// Every way to turn four bits leaves two bands alone: one bit in each of four bands, whichever these are.
  @Test func anyFourBits() {
    for a in 0..<64 {
      let bits = [a, (a + 11) % 64, (a + 23) % 64, (a + 38) % 64]
      let other = bits.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
      #expect(other.nonzeroBitCount == 4)
      #expect(DuplicateFinder.near([0, 1], hashes: [0, other], isAlike: { _, _ in true }) == [[0, 1]])
      let fifth = other | 1 << UInt64((a + 50) % 64)
      #expect(DuplicateFinder.near([0, 1], hashes: [0, fifth], isAlike: { _, _ in true }).isEmpty)
    }
  }

  @Test(arguments: 1...5) func sameAsByAllPairs(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let keys = (0..<150).map { _ in UInt64(generator.below(40)) }
    // Sameness is an equivalence, or it would depend on the order.
    func isSame(_ a: Int, _ b: Int) -> Bool { a % 3 == b % 3 }
    let found = DuplicateFinder.same(keys, isSame: { a, b in keys[a] == keys[b] })
    #expect(found == bruteForce(Array(keys.indices)) { keys[$0] == keys[$1] } && !found.isEmpty)
    // What the checksum says is not believed: every group is of really equal ones.
    for group in DuplicateFinder.same(keys, isSame: isSame) {
      #expect(group.allSatisfy { isSame($0, group[0]) && keys[$0] == keys[group[0]] })
    }
  }

  /// A picture of soft spots.
  static func picture(_ side: Int, seed: UInt64, shift: Int = 0) -> DecodedImage {
    var generator = SeededGenerator(seed: seed)
    let spots = (0..<6).map { _ in
      (
        x: generator.below(100), y: generator.below(100), size: 10 + generator.below(30),
        value: generator.below(200)
      )
    }
    var pixels: [UInt8] = []
    for y in 0..<side {
      for x in 0..<side {
        let (u, v) = (100 * x / side + shift, 100 * y / side)
        var value = 40
        for spot in spots {
          let distance = max(abs(u - spot.x), abs(v - spot.y))
          if distance < spot.size { value += spot.value * (spot.size - distance) / spot.size }
        }
        pixels.append(UInt8(min(255, value)))
      }
    }
    return DecodedImage(shape: ImageShape(width: side, height: side, channels: 1), pixels: pixels)
  }

  @Test(arguments: 1...8) func storedAnewIsAlike(seed: Int) throws {
    let original = ImageSketch.of(Self.picture(96, seed: UInt64(seed)))
    let smaller = ImageSketch.of(Self.picture(48, seed: UInt64(seed)))
    let file = jpeg(
      width: 96, height: 96, channels: 1, pixels: Self.picture(96, seed: UInt64(seed)).pixels,
      changing: { $0.quality = 60 })
    let lossy = ImageSketch.of(try ImageDecoder.decode(file, path: "lossy.jpg"))
    func isAlike(_ other: [UInt8]) -> Bool { ImageSketch.areAlike(original.span, other.span) }
    func distance(_ other: [UInt8]) -> Int {
      (ImageSketch.hash(original.span) ^ ImageSketch.hash(other.span)).nonzeroBitCount
    }
    for other in [smaller, lossy] {
      #expect(distance(other) <= DuplicateFinder.radius && isAlike(other))
    }
    for other in [
      Self.picture(96, seed: UInt64(seed) + 100), Self.picture(96, seed: UInt64(seed), shift: 12),
    ] {
      #expect(!isAlike(ImageSketch.of(other)))
    }
  }

  /// Bit x + 8 y of the hash: whether square x of row y is darker than the next.
  @Test func hashByHand() {
    var sketch = [UInt8](repeating: 100, count: 18 * 16)
    func hash() -> UInt64 { ImageSketch.hash(sketch.span) }
    #expect(hash() == 0)
    // Square 3 of row 2 is brighter: darker is its left neighbour alone.
    sketch[4 * 18 + 6] = 104
    #expect(hash() == 1 << UInt64(8 * 2 + 2))
    sketch[5 * 18 + 5] = 110
    #expect(hash() == 1 << UInt64(8 * 2 + 1))
  }
}
