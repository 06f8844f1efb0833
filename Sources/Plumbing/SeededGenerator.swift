// Seeded random numbers: the same sequence on every machine, keyed by what they are for.

/// SplitMix64 (Steele, Lea and Flood 2014): a small generator whose every draw is a hash of a counter.
///
/// Keys make streams that do not depend on the order in which they are used: the stream of
/// (seed, round, image) is the same whichever thread or machine draws it.
@usableFromInline
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  @usableFromInline var state: UInt64

  /// A stream for a seed and any number of keys (round, image index, …).
  @inlinable package init(seed: UInt64, _ keys: UInt64...) {
    var hash = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
    for key in keys { hash = Self.mix(hash ^ Self.mix(key &+ 0x9E37_79B9_7F4A_7C15)) }
    state = hash
  }

  /// The next 64 random bits.
  @inlinable package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// A number in 0 ..< bound, by multiply-shift (bias below bound / 2^32).
  /// - Precondition: 0 < bound <= 2^32.
  @inlinable package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0 && bound <= 1 << 32)
    return Int(((next() >> 32) &* UInt64(bound)) >> 32)
  }

  /// `values` in a random order (Fisher–Yates).
  @inlinable package mutating func shuffle<T>(_ values: inout [T]) {
    guard values.count > 1 else { return }
    for i in stride(from: values.count - 1, to: 0, by: -1) { values.swapAt(i, below(i + 1)) }
  }

  @inlinable static func mix(_ x: UInt64) -> UInt64 {
    var z = x
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
