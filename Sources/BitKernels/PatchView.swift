// Where patches and positions lie in memory: strides and extents. No words and no kernels in here.

/// Where the patches of one image (or any list of rows of words) lie in a span of words.
///
/// Patch (r, c), r < rows, c < columns, is `segments` runs of `segmentWords` words; run s starts at word
/// `offset + r * rowStride + c * columnStride + s * segmentStride`. Patch p is (p / columns, p % columns).
public struct PatchView: Hashable, Sendable {
  /// Rows of patches.
  public var rows: Int
  /// Patches in a row.
  public var columns: Int
  /// Words from a patch to the one below it.
  public var rowStride: Int
  /// Words from a patch to the one right of it.
  public var columnStride: Int
  /// Runs of words in a patch (the rows of its window).
  public var segments: Int
  /// Words in a run.
  public var segmentWords: Int
  /// Words from a run to the next of the same patch.
  public var segmentStride: Int
  /// Where patch (0, 0) starts in the span, in words.
  public var offset: Int

  /// Creates a view; nothing is checked before a kernel uses it.
  public init(
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
  public init(list count: Int, words: Int, stride: Int, offset: Int = 0) {
    self.init(
      rows: 1, columns: count, rowStride: 0, columnStride: stride, segments: 1, segmentWords: words,
      segmentStride: 0, offset: offset)
  }

  /// Number of patches, P.
  public var positions: Int { rows * columns }

  /// Words of a patch, L.
  public var words: Int { segments * segmentWords }

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
public struct GridLayout: Hashable, Sendable {
  /// Where position (0, 0) starts, in words.
  public var offset: Int
  /// Words from a position to the one below it.
  public var rowStride: Int
  /// Words from a position to the one right of it.
  public var columnStride: Int

  /// Creates a layout; nothing is checked before a kernel uses it.
  public init(offset: Int = 0, rowStride: Int, columnStride: Int) {
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
