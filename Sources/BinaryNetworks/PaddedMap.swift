// One image's bits in front of a layer, with the border of zeros its window needs.

package import BitKernels

/// The bits of one image, height × width positions, surrounded by zeros so that every position has a full patch.
///
/// A window of w positions reaches (w − 1) / 2 positions up and left and w / 2 down and right.
package struct PaddedMap: Sendable {
  /// Positions down and across.
  package let height: Int
  package let width: Int
  /// Side of the window the border is made for.
  package let window: Int
  /// Words of one position.
  package let words: Int
  /// The words, (height + window − 1) × (width + window − 1) × words.
  package var storage: [UInt64]

  /// A map of zeros.
  package init(height: Int, width: Int, window: Int, words: Int) {
    self.height = height
    self.width = width
    self.window = window
    self.words = words
    storage = Array(repeating: 0, count: (height + window - 1) * (width + window - 1) * words)
  }

  /// Words from one row of positions to the next.
  package var rowStride: Int { (width + window - 1) * words }
  /// Word offset of position (0, 0).
  package var origin: Int { (window - 1) / 2 * (rowStride + words) }
  /// Number of positions, height × width.
  package var positions: Int { height * width }

  /// The patches of some rows of positions.
  package func patches(rows: Range<Int>) -> PatchView {
    PatchView(
      rows: rows.count, columns: width, rowStride: rowStride, columnStride: words, segments: window,
      segmentWords: window * words, segmentStride: rowStride, offset: rows.lowerBound * rowStride)
  }

  /// All patches.
  package var patches: PatchView { patches(rows: 0..<height) }
}
