// Bit counts over patches: rows of 64 positions, transposed, against marks. One per thread.
// Clustering, class splits and refinement all count through here.

import BinaryNetworks
import BitTensors

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
  private(set) var votes: [Int32]
  /// marks × bitCount sums of all flushes.
  private(set) var totals: [Int64] = []
  private var active: [UInt64]
  private var sign: [UInt64]
  private var bits: [UInt64]
  private var rows = 0
  private var positionsSinceFlush = 0
  private let capacity: Int

  /// A counter that calls the kernel every `capacity` rows.
  init(marks: Int, patchWords: Int, capacity: Int = 64) {
    self.marks = marks
    stride = roundUp(marks, to: 64)
    bitCount = 64 * patchWords
    self.capacity = capacity
    votes = Array(repeating: 0, count: marks * bitCount)
    active = Array(repeating: 0, count: capacity * stride)
    sign = Array(repeating: 0, count: capacity * stride)
    bits = Array(repeating: 0, count: capacity * bitCount)
  }

  /// Adds up to 64 positions: patches first ..< first + count of `view`, with `stride / 64` words of marks and of
  /// signs for each (bit k = mark k; a sign only counts where its mark is set).
  func add(
    _ words: Span<UInt64>, _ view: PatchView, first: Int, count: Int, marks: Span<UInt64>, signs: Span<UInt64>
  ) {
    let markWords = stride / 64
    let markView = PatchView(list: count, words: markWords, stride: markWords)
    transpose(marks, markView, into: &active, at: rows * stride)
    transpose(signs, markView, into: &sign, at: rows * stride)
    var out = bits.mutableSpan
    var row = out._mutatingExtracting(rows * bitCount..<(rows + 1) * bitCount)
    Kernels.transposePatches(words, view, first: first, count: count, into: &row)
    rows += 1
    positionsSinceFlush += count
    if rows == capacity { countRows() }
  }

  private func transpose(_ source: Span<UInt64>, _ view: PatchView, into: inout [UInt64], at offset: Int) {
    var out = into.mutableSpan
    var row = out._mutatingExtracting(offset..<offset + stride)
    Kernels.transposePatches(source, view, first: 0, count: view.columns, into: &row)
  }

  /// Counts what is collected so far.
  func countRows() {
    guard rows > 0 else { return }
    var out = votes.mutableSpan
    Kernels.voteMatrix(
      active: active.span, sign: sign.span, filters: marks, stride: stride, bits: bits.span, bitCount: bitCount,
      rows: rows, into: &out)
    rows = 0
    // A vote changes by at most one per position: flush long before 2^31 of them.
    if positionsSinceFlush > 1 << 30 { flush() }
  }

  /// Moves the 32-bit sums into the 64-bit totals.
  func flush() {
    if totals.isEmpty { totals = Array(repeating: 0, count: votes.count) }
    for i in votes.indices {
      totals[i] += Int64(votes[i])
      votes[i] = 0
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
    for i in votes.indices { votes[i] = 0 }
    positionsSinceFlush = 0
  }
}
