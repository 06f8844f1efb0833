// Seeded changes of bytes, for tests: a small part of what libFuzzer does, without its eyes for coverage.

import Plumbing

/// Changes bytes at random; the same seed gives the same changes.
package struct Mutation {
  private var generator: SeededGenerator

  /// A stream of changes.
  package init(seed: UInt64) { generator = SeededGenerator(seed: seed, 0x6675_7a7a) }

  /// One of the inputs, changed in a few places.
  /// - Precondition: there is at least one.
  package mutating func next(of inputs: [[UInt8]]) -> [UInt8] {
    var bytes = inputs[generator.below(inputs.count)]
    for _ in 0...generator.below(4) { change(&bytes, inputs) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ inputs: [[UInt8]]) {
    guard !bytes.isEmpty else { return bytes.append(UInt8(generator.below(256))) }
    let at = generator.below(bytes.count)
    let end = min(bytes.count, at + 1 + generator.below(32))
    switch generator.below(8) {
    case 0: bytes[at] ^= 1 << UInt8(generator.below(8))
    case 1: bytes[at] = UInt8(generator.below(256))
    case 2: put(Self.numbers[generator.below(Self.numbers.count)], 1 << generator.below(4), at, &bytes)
    case 3: bytes[at] = bytes[at] &+ UInt8(1 + generator.below(3)) &- 2
    case 4: bytes.removeSubrange(at..<end)
    case 5: bytes.insert(contentsOf: bytes[at..<end], at: at)
    case 6: bytes.removeSubrange(at...)
    default:
      let other = inputs[generator.below(inputs.count)]
      if at < other.count { bytes.replaceSubrange(at..<end, with: other[at..<min(end, other.count)]) }
    }
  }

  /// Numbers that lengths and counts go wrong with.
  private static let numbers: [UInt64] = [
    0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 40,
    1 << 62, UInt64(Int64.max), 1 << 63, .max,
  ]

  private mutating func put(_ number: UInt64, _ count: Int, _ at: Int, _ bytes: inout [UInt8]) {
    let isBig = generator.below(4) == 0
    for i in 0..<count where at + i < bytes.count {
      bytes[at + i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (isBig ? count - 1 - i : i)))
    }
  }
}
