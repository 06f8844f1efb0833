// Where patches and positions lie in memory: strides and extents. No words and no kernels in here.

/// Where the patches of one image (or any list of rows of words) lie in a span of words.
///
/// Patch (r, c), r < rows, c < columns, is `segments` runs of `segmentWords` words; run s starts at word
/// `offset + r * rowStride + c * columnStride + s * segmentStride`. Patch p is (p / columns, p % columns).
package struct PatchView: Hashable, Sendable {
  /// Rows of patches.
  package var rows: Int
  /// Patches in a row.
  package var columns: Int
  /// Words from a patch to the one below it.
  package var rowStride: Int
  /// Words from a patch to the one right of it.
  package var columnStride: Int
  /// Runs of words in a patch (the rows of its window).
  package var segments: Int
  /// Words in a run.
  package var segmentWords: Int
  /// Words from a run to the next of the same patch.
  package var segmentStride: Int
  /// Where patch (0, 0) starts in the span, in words.
  package var offset: Int

  /// Creates a view; nothing is checked before a kernel uses it.
  package init(
    rows: Int, columns: Int, rowStride: Int, columnStride: Int, segments: Int, segmentWords: Int,
    segmentStride: Int, offset: Int = 0
  ) {
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
    self.segments = segments
    self.segmentWords = segmentWords
    self.segmentStride = segmentStride
    self.offset = offset
  }

  /// A plain list of `count` rows of `words` words, `stride` words apart.
  package init(list count: Int, words: Int, stride: Int, offset: Int = 0) {
    self.init(
      rows: 1, columns: count, rowStride: 0, columnStride: stride, segments: 1, segmentWords: words,
      segmentStride: 0, offset: offset)
  }

  /// Number of patches, P.
  package var positions: Int { rows * columns }

  /// Words of a patch, L.
  package var words: Int { segments * segmentWords }

  /// Words the span must have for every patch to lie inside it.
  /// - Precondition: nothing is negative.
  var extent: Int {
    precondition(
      rows >= 0 && columns >= 0 && rowStride >= 0 && columnStride >= 0 && segments >= 0 && segmentWords >= 0
        && segmentStride >= 0 && offset >= 0, "a patch view has a negative number")
    if positions == 0 || words == 0 { return offset }
    return offset + (rows - 1) * rowStride + (columns - 1) * columnStride + (segments - 1) * segmentStride
      + segmentWords
  }
}

/// Where positions of a grid lie in a span of words: (r, c) starts at `offset + r * rowStride + c * columnStride`.
package struct GridLayout: Hashable, Sendable {
  /// Where position (0, 0) starts, in words.
  package var offset: Int
  /// Words from a position to the one below it.
  package var rowStride: Int
  /// Words from a position to the one right of it.
  package var columnStride: Int

  /// Creates a layout; nothing is checked before a kernel uses it.
  package init(offset: Int = 0, rowStride: Int, columnStride: Int) {
    self.offset = offset
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// Words a span must have for rows x columns positions of `words` words to lie inside it.
  /// - Precondition: nothing is negative.
  func extent(rows: Int, columns: Int, words: Int) -> Int {
    precondition(
      offset >= 0 && rowStride >= 0 && columnStride >= 0 && rows >= 0 && columns >= 0 && words >= 0,
      "a grid layout has a negative number")
    if rows == 0 || columns == 0 || words == 0 { return offset }
    return offset + (rows - 1) * rowStride + (columns - 1) * columnStride + words
  }
}
