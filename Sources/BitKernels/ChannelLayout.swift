// How the channels of one position are packed into words: groups, each starting on a word edge.

/// The packing of one position's channels: groups of bits, each group starting on a new word.
///
/// Several features of a layer, the encoded image beside them, and signals of components have groups of their own.
/// The bits after a group's end up to the word edge are always zero, in tensors as in filters.
public struct ChannelLayout: Hashable, Sendable {
  /// Number of bits of each group, each at least 1.
  public let groups: [Int]

  /// Creates a layout of the given groups.
  /// - Precondition: every group has at least one bit.
  public init(groups: [Int]) {
    precondition(groups.allSatisfy { $0 > 0 }, "a channel group has at least one bit")
    self.groups = groups
  }

  /// Channels of one position, in bits.
  public var bits: Int { groups.reduce(0, +) }

  /// Words of one position.
  public var words: Int { groups.reduce(0) { $0 + wordCount(bits: $1) } }

  /// The layout with the groups of `other` appended.
  public func appending(_ other: ChannelLayout) -> ChannelLayout {
    ChannelLayout(groups: groups + other.groups)
  }

  /// One word per packed word: ones where a channel lives, zeros in the tails.
  public var validBits: [UInt64] {
    groups.flatMap { bits in
      (0..<wordCount(bits: bits)).map { word in
        let left = bits - 64 * word
        return left >= 64 ? ~0 : (1 << UInt64(left)) - 1
      }
    }
  }
}

/// Words needed for `bits` bits.
@inlinable
package func wordCount(bits: Int) -> Int { (bits + 63) / 64 }

/// `count` rounded up to a multiple of `step`.
@inlinable
package func roundUp(_ count: Int, to step: Int) -> Int { (count + step - 1) / step * step }
