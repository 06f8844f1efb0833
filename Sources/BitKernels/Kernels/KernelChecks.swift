// What every kernel call checks before a pointer is made, and the patches as the C target reads them.

import CTallyKernels

extension Kernels {
  /// Elements from the start of the first to the end of the last of `count` rows.
  static func extent(_ count: Int, _ stride: Int, _ width: Int) -> Int {
    count == 0 || width == 0 ? 0 : (count - 1) * stride + width
  }

  static func checkProduct(
    _ words: Span<UInt64>, _ view: PatchView, filters: Int, stride: Int, columns: Int, distances: Int
  ) {
    precondition(words.count >= view.extent, "distances: patches outside the words")
    precondition(view.words <= 1023, "distances: a patch has at most 65535 bits")
    precondition(stride >= 0 && stride % 32 == 0, "distances: the filter stride is a multiple of 32")
    precondition(
      columns % 32 == 0 && (0...stride).contains(columns), "distances: whole 32 columns of a stride")
    precondition(filters >= extent(view.words, stride, columns), "distances: too few filter or mask words")
    precondition(
      distances >= extent(view.positions, stride, columns), "distances: too few places for distances")
  }

  static func checkDistances(
    _ distances: Span<UInt16>, _ positions: Int, _ filters: Int, _ stride: Int, limits: Int
  ) {
    precondition(positions >= 0 && filters >= 0, "distances: a negative number")
    precondition(stride % 32 == 0 && filters <= stride, "distances: whole 32 filters, K at most S")
    precondition(distances.count >= positions * stride, "distances: too few distances")
    precondition(limits >= filters, "distances: too few thresholds")
  }

  /// - Returns: the number of features that every filter has.
  static func checkCounts(
    _ distances: Span<UInt16>, _ positions: Int, _ filters: Int, _ stride: Int, _ thresholds: Span<UInt16>,
    counts: Int
  ) -> Int {
    checkDistances(distances, positions, filters, stride, limits: thresholds.count)
    if filters == 0 { return 0 }
    let features = thresholds.count / filters
    precondition(thresholds.count == features * filters && features <= 32, "counts: K thresholds a feature")
    precondition(counts >= thresholds.count, "counts: too few counts")
    return features
  }

  static func checkPacked(
    _ count: Int, _ positions: Int, _ filters: Int, _ offset: Int, _ stride: Int
  ) {
    precondition(offset >= 0 && stride >= 0, "pack: a negative number")
    precondition(
      count >= offset && count - offset >= extent(positions, stride, wordCount(bits: filters)),
      "pack: too few words for the bits")
  }

  /// Calls `body` with the view as the C target reads it.
  static func withPatches(
    _ words: Span<UInt64>, _ view: PatchView, _ body: (UnsafePointer<tk_patches>) -> Void
  ) {
    // SAFETY: the caller has checked the view's extent, so its offset lies in the span.
    unsafe words.withUnsafeBufferPointer { words in
      var patches = unsafe tk_patches(
        base: words.extracting(view.offset...).baseAddress, rows: view.rows, columns: view.columns,
        rowStride: view.rowStride, columnStride: view.columnStride, segments: view.segments,
        segmentWords: view.segmentWords, segmentStride: view.segmentStride)
      unsafe body(&patches)
    }
  }
}
