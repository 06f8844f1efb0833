// Bit counts over patches: rows of 64 positions, transposed, against marks. One per thread.
// Clustering, class splits and refinement all count through here.

import BinaryNetworks
import BitKernels
import Plumbing

/// Collects (marks, signs, patch bits) of 64 positions a row and adds up votes[k][d] through the vote kernel:
/// +1 for every marked position whose bit d equals the sign of mark k, −1 for every other marked position.
final class VoteCounter {
  /// Number of mark kinds (filters, clusters, cells).
  let marks: Int
  /// Marks rounded up to words of 64.
  let stride: Int
  /// Bits of a patch, counted with the tails: 64 × words.
  let bitCount: Int
  /// marks × bitCount sums since the last flush.
  let votes: SharedBuffer<Int32>
  /// marks × bitCount sums of all flushes.
  private(set) var totals: [Int64] = []
  private let active: SharedBuffer<UInt64>
  private let sign: SharedBuffer<UInt64>
  private let bits: SharedBuffer<UInt64>
  private var rows = 0
  private var positionsSinceFlush = 0
  private let capacity: Int

  /// A counter that calls the kernel every `capacity` rows.
  init(marks: Int, patchWords: Int, capacity: Int = 64) {
    self.marks = marks
    stride = roundUp(marks, to: 64)
    bitCount = 64 * patchWords
    self.capacity = capacity
    votes = SharedBuffer(repeating: 0, count: marks * bitCount)
    active = SharedBuffer(repeating: 0, count: capacity * stride)
    sign = SharedBuffer(repeating: 0, count: capacity * stride)
    bits = SharedBuffer(repeating: 0, count: capacity * bitCount)
  }

  /// Adds up to 64 positions: patches first ..< first + count of `view`, with `stride / 64` words of marks and of
  /// signs for each (bit k = mark k; a sign only counts where its mark is set).
  func add(
    _ words: Span<UInt64>, _ view: PatchView, first: Int, count: Int, marks: Span<UInt64>, signs: Span<UInt64>
  ) {
    let markWords = stride / 64
    let markView = PatchView(list: count, words: markWords, stride: markWords)
    active.withMutableSpan(rows * stride..<(rows + 1) * stride) { row in
      Kernels.transposePatches(marks, markView, first: 0, count: count, into: &row)
    }
    sign.withMutableSpan(rows * stride..<(rows + 1) * stride) { row in
      Kernels.transposePatches(signs, markView, first: 0, count: count, into: &row)
    }
    bits.withMutableSpan(rows * bitCount..<(rows + 1) * bitCount) { row in
      Kernels.transposePatches(words, view, first: first, count: count, into: &row)
    }
    rows += 1
    positionsSinceFlush += count
    if rows == capacity { countRows() }
  }

  /// Counts what is collected so far.
  func countRows() {
    guard rows > 0 else { return }
    active.withSpan(0..<rows * stride) { active in
      sign.withSpan(0..<rows * stride) { sign in
        bits.withSpan(0..<rows * bitCount) { bits in
          votes.withMutableSpan(0..<votes.count) { out in
            Kernels.voteMatrix(
              active: active, sign: sign, filters: marks, stride: stride, bits: bits, bitCount: bitCount,
              rows: rows,
              into: &out)
          }
        }
      }
    }
    rows = 0
    // A vote changes by at most one per position: flush long before 2^31 of them.
    if positionsSinceFlush > 1 << 30 { flush() }
  }

  /// Moves the 32-bit sums into the 64-bit totals.
  func flush() {
    if totals.isEmpty { totals = Array(repeating: 0, count: votes.count) }
    votes.withMutableSpan(0..<votes.count) { votes in
      for i in 0..<votes.count {
        totals[i] += Int64(votes[i])
        votes[i] = 0
      }
    }
    positionsSinceFlush = 0
  }

  /// Counts, flushes and gives the totals.
  func finish() -> [Int64] {
    countRows()
    flush()
    return totals
  }

  /// Sets the 32-bit sums to zero (for users that read `votes` directly).
  func clear() {
    votes.withMutableSpan(0..<votes.count) { votes in
      for i in 0..<votes.count { votes[i] = 0 }
    }
    positionsSinceFlush = 0
  }
}
