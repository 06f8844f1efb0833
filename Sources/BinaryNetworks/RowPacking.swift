// Patches with fewer words: where a position has few channels, those of a window's row share words.
// The same bits in another order, so distances are the same; only whole maps are worth it.

import BitKernels

/// How the channels of a window's row are packed without gaps: 6 positions of 21 bits make 2 words instead of 6.
struct RowPacking: Hashable, Sendable {
  /// Positions in a row of the window.
  let window: Int
  /// Channels of a position, in bits; all in one word.
  let bits: Int

  /// A packing for patches of `bank`; nil where it would not save a word.
  init?(_ bank: FilterBank) {
    guard bank.input.words == 1, bank.groups == 1 else { return nil }
    window = bank.window
    bits = bank.input.bits
    if words >= window { return nil }
  }

  /// Words of a row.
  var words: Int { wordCount(bits: window * bits) }
  /// Words of a patch.
  var patchWords: Int { window * words }

  /// Filters or masks, word-major with `stride` filters side by side, packed row by row.
  func pack(filters: [UInt64], stride: Int) -> [UInt64] {
    var packed = [UInt64](repeating: 0, count: patchWords * stride)
    for row in 0..<window {
      for column in 0..<window {
        let from = (row * window + column) * stride
        let (word, shift, spills) = place(column)
        let to = (row * words + word) * stride
        for k in 0..<stride {
          packed[to + k] |= filters[from + k] &<< shift
          if spills { packed[to + stride + k] |= filters[from + k] &>> (64 &- shift) }
        }
      }
    }
    return packed
  }

  /// The window's row at every position of every row of a map with its border: (height + window − 1) × width × words.
  func pack(_ map: PaddedMap, into out: inout MutableSpan<UInt64>) {
    let source = map.storage.span
    let (window, words) = (window, words)
    for y in 0..<map.height + window - 1 {
      let line = y * map.rowStride
      for x in 0..<map.width {
        let to = (y * map.width + x) * words
        for w in 0..<words { out[to + w] = 0 }
        for column in 0..<window {
          let (word, shift, spills) = place(column)
          let value = source[line + x + column]
          out[to + word] |= value &<< shift
          if spills { out[to + word + 1] |= value &>> (64 &- shift) }
        }
      }
    }
  }

  /// The patches of some rows of positions in a packed map `width` positions wide.
  func patches(rows: Range<Int>, width: Int) -> PatchView {
    PatchView(
      rows: rows.count, columns: width, rowStride: width * words, columnStride: words, segments: window,
      segmentWords: words, segmentStride: width * words, offset: rows.lowerBound * width * words)
  }

  /// Word and bit at which a column of the window begins, and whether it goes on in the next word.
  private func place(_ column: Int) -> (word: Int, shift: UInt64, spills: Bool) {
    let shift = column * bits % 64
    return (column * bits / 64, UInt64(shift), shift + bits > 64)
  }
}

/// A bank with its filters and masks as whole maps are best compared with them.
package struct PreparedBank: Sendable {
  /// The bank.
  package let bank: FilterBank
  let packing: RowPacking?
  let filters: [UInt64]
  let masks: [UInt64]?
  /// The features that the head counts.
  let counted: FeatureThresholds

  /// Prepares a bank; costs about as much as looking at one image's patches.
  package init(_ bank: FilterBank) {
    self.bank = bank
    let packing = RowPacking(bank)
    self.packing = packing
    filters = packing?.pack(filters: bank.filters, stride: bank.stride) ?? bank.filters
    masks = bank.masks.map { packing?.pack(filters: $0, stride: bank.stride) ?? $0 }
    counted = FeatureThresholds(bank.countedFeatures, largestDistance: bank.largestDistance)
  }

  /// Distances of patches, packed as the bank is, to its filters; positions × stride, centred if the bank is.
  func distances(_ words: Span<UInt64>, _ view: PatchView, into distances: inout MutableSpan<UInt16>) {
    bank.distances(words, view, filters: filters.span, masks: masks?.span, into: &distances)
  }

  /// Whether `count` does for the bank: it knows no masks, and distances with the middle on top have to fit 16 bits.
  var countsSquares: Bool { bank.masks == nil && 64 * bank.patchWords + bank.middle <= 65_535 }

  /// Adds what is counted of patches, packed as the bank is, to the sums of the squares of a row.
  /// - Parameters:
  ///   - squares: how many squares lie side by side.
  ///   - scratch: rows · ⌈columns / squares⌉ · stride numbers.
  ///   - counts: G · K sums for every square.
  func count(
    _ words: Span<UInt64>, _ view: PatchView, squares: Int, margins: Bool,
    scratch: inout MutableSpan<UInt16>, into counts: inout MutableSpan<Int32>
  ) {
    let (own, k) = (bank.filtersPerGroup, bank.count)
    let counting = SquareCounting(
      features: counted.values.count / k, featureStride: k, far: counted.far, margins: margins,
      middle: bank.isCentred ? UInt16(bank.middle) : nil, largest: counted.largestDistance,
      squares: squares, squareStride: counted.values.count)
    for group in 0..<bank.groups {
      let first = group * own
      var sums = counts._mutatingExtracting(first..<counts.count)
      Kernels.countSquares(
        words, bank.view(view, ofGroup: group), filters: filters.span.extracting(first..<filters.count),
        count: own, stride: bank.stride,
        counting, thresholds: counted.values.span.extracting(first..<counted.values.count),
        scratch: &scratch, into: &sums)
    }
  }
}
