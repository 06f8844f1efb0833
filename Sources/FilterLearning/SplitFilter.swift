// Split filters from counts: bitpack(avg(A) − avg(B)), with the least telling bits masked out.

import BinaryNetworks
import BitKernels

/// The share of a filter's bits that its mask leaves out, in parts per million; 0 for no masks.
package struct MaskShare: Hashable, Sendable {
  /// 0 ... 900_000.
  package let partsPerMillion: Int
  /// No masks.
  package static let none = MaskShare(partsPerMillion: 0)
  /// A share.
  package init(partsPerMillion: Int) {
    precondition((0...900_000).contains(partsPerMillion))
    self.partsPerMillion = partsPerMillion
  }
}

/// The split filter of two sets of patches, as words with its mask.
struct SplitFilter: Hashable {
  /// Bits that are more often on in A than in B.
  var filter: [UInt64]
  /// Bits that matter.
  var mask: [UInt64]

  /// From the number of patches and of ones per bit in A and in B; `valid` tells which bits are channels.
  ///
  /// avg(A) − avg(B) is compared as the cross product ones(A)·|B| − ones(B)·|A|, exactly, in 128 bits where needed.
  init(onesA: [Int64], countA: Int64, onesB: [Int64], countB: Int64, valid: [UInt64], mask share: MaskShare) {
    filter = Array(repeating: 0, count: valid.count)
    mask = valid
    var weights: [(weight: Int128, bit: Int)] = []
    for bit in 0..<64 * valid.count where valid[bit / 64] >> UInt64(bit % 64) & 1 == 1 {
      let difference = Int128(onesA[bit]) * Int128(countB) - Int128(onesB[bit]) * Int128(countA)
      if difference > 0 { filter[bit / 64] |= 1 << UInt64(bit % 64) }
      weights.append((difference < 0 ? -difference : difference, bit))
    }
    let dropped = weights.count * share.partsPerMillion / 1_000_000
    guard dropped > 0 else { return }
    // Smallest differences first; equal ones by bit, so that the choice is the same everywhere.
    weights.sort { ($0.weight, $0.bit) < ($1.weight, $1.bit) }
    for (_, bit) in weights[..<dropped] { mask[bit / 64] &= ~(1 << UInt64(bit % 64)) }
  }

  /// Bits on which two filters disagree where both masks say they matter, and the number of such bits.
  func disagreement(with other: SplitFilter) -> (different: Int, compared: Int) {
    var different = 0
    var compared = 0
    for j in filter.indices {
      let both = mask[j] & other.mask[j]
      different += ((filter[j] ^ other.filter[j]) & both).nonzeroBitCount
      compared += both.nonzeroBitCount
    }
    return (different, compared)
  }
}

/// Fills a bank with split filters.
struct SplitFilterBuilder {
  private(set) var bank: FilterBank
  private let valid: [UInt64]
  private let share: MaskShare

  init(bank: FilterBank, mask: MaskShare) {
    self.bank = bank
    valid = bank.validBits
    share = mask
    if share.partsPerMillion > 0 { self.bank.masks = Array(repeating: 0, count: bank.filters.count) }
  }

  mutating func set(_ k: Int, onesA: [Int64], countA: Int64, onesB: [Int64], countB: Int64) {
    set(k, SplitFilter(onesA: onesA, countA: countA, onesB: onesB, countB: countB, valid: valid, mask: share))
  }

  mutating func set(_ k: Int, _ split: SplitFilter) {
    let stride = bank.stride
    for j in split.filter.indices {
      bank.filters[j * stride + k] = split.filter[j] & split.mask[j]
      bank.masks?[j * stride + k] = split.mask[j]
    }
  }
}
