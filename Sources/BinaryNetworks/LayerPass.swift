// One layer applied to one image: distances tile by tile, counts on the grid, features for the next layer.
// Holds the memory this needs, so that an image costs no allocation.

import BitKernels
package import Plumbing

/// Applies a filter bank to one image after another.
///
/// A pass belongs to one thread.
package final class LayerPass {
  /// What the layer looks at.
  package let input: LayerInput
  /// The filters; may be replaced by others of the same shape between images.
  package var prepared: PreparedBank
  /// The image's bits; fill it before a run.
  package var map: PaddedMap
  /// Features of every position for the next layer, `bank.output.words` words each, after `packFeatures`.
  package let features: SharedBuffer<UInt64>
  private let distances: SharedBuffer<UInt16>
  private let tileRows: Int
  /// The map's rows, packed for the bank where that saves words; else nothing.
  private let packedRows: SharedBuffer<UInt64>
  /// K times the largest number: what far features have above them.
  private let noLimit: [UInt16]

  /// The filters.
  package var bank: FilterBank { prepared.bank }

  /// A pass of a bank over maps like `input`.
  package init(bank: FilterBank, input: LayerInput) {
    precondition(bank.input == input.layout, "bank and input have different channels")
    prepared = PreparedBank(bank)
    noLimit = Array(repeating: .max, count: bank.count)
    self.input = input
    map = PaddedMap(height: input.height, width: input.width, window: bank.window, words: input.layout.words)
    // A tile's distances (2 bytes each) stay in the first-level cache beside the filters.
    tileRows = max(1, min(input.height, 12_288 / (input.width * bank.stride)))
    distances = SharedBuffer(repeating: 0, count: tileRows * input.width * bank.stride)
    features = SharedBuffer(repeating: 0, count: map.positions * bank.output.words)
    let rowWords = prepared.packing?.words ?? 0
    packedRows = SharedBuffer(repeating: 0, count: (input.height + bank.window - 1) * input.width * rowWords)
  }

  /// Calls `body` for bands of rows from top to bottom with their distances, positions × stride.
  package func forEachTile(_ body: (_ rows: Range<Int>, _ distances: Span<UInt16>) -> Void) {
    packRows()
    var row = 0
    while row < input.height {
      let rows = row..<min(row + tileRows, input.height)
      computeDistances(rows)
      distances.withSpan(0..<rows.count * input.width * bank.stride) { body(rows, $0) }
      row = rows.upperBound
    }
  }

  private func computeDistances(_ rows: Range<Int>) {
    let prepared = prepared
    distances.withMutableSpan(0..<distances.count) { out in
      withPatches(rows) { prepared.distances($0, $1, into: &out) }
    }
  }

  /// Calls `body` with the patches of some rows, packed as the bank is, after `packRows`.
  private func withPatches(_ rows: Range<Int>, _ body: (_ words: Span<UInt64>, _ view: PatchView) -> Void) {
    if let packing = prepared.packing {
      let view = packing.patches(rows: rows, width: input.width)
      packedRows.withSpan(0..<packedRows.count) { body($0, view) }
    } else {
      let map = map
      body(map.storage.span, map.patches(rows: rows))
    }
  }

  /// Adds one tile's counts to `counts`: for each of grid² squares, for each feature that is counted, K of them. After the last tile
  /// `CellSums` makes those of cells of them, and the kind's rules finish these.
  package func count(
    rows: Range<Int>, distances: Span<UInt16>, grid: Int, kind: CountKind,
    into counts: inout MutableSpan<Int32>
  ) {
    // What a row needs is taken out of the bank and the input once, not a row at a time.
    let (k, stride, features) = (bank.count, bank.stride, prepared.counted)
    let (height, width) = (input.height, input.width)
    let perSquare = features.values.count
    let rules = kind.rules
    for y in rows {
      let row = y * grid / height
      for column in 0..<grid {
        // Column x lies in square x·G/W: the square's columns are ceil(square·W/G) ..< ceil((square + 1)·W/G).
        let from = (column * width + grid - 1) / grid
        let to = ((column + 1) * width + grid - 1) / grid
        if from == to { continue }
        let start = ((y - rows.lowerBound) * width + from) * stride
        let tile = distances.extracting(start..<start + (to - from) * stride)
        let square = (row * grid + column) * perSquare
        var squareCounts = counts._mutatingExtracting(square..<square + perSquare)
        rules.add(tile, positions: to - from, filters: k, stride: stride, features, to: &squareCounts)
      }
    }
  }

  /// The finished counts of an image, for a layer whose distances nobody else wants: they are kept of one square at a time.
  package func count(grid: Int, kind: CountKind, with sums: CellSums, into counts: inout MutableSpan<Int32>) {
    let rules = kind.rules
    guard prepared.countsSquares else {
      sums.add(into: &counts) { squares in
        forEachTile { rows, distances in
          count(rows: rows, distances: distances, grid: grid, kind: kind, into: &squares)
        }
      }
      rules.finish(&counts)
      return
    }
    packRows()
    sums.addRows(into: &counts) { row, squares in
      countRow(row, of: grid, margins: rules.addsMargins, into: &squares)
    } finish: {
      rules.finish(&$0)
    }
  }

  /// Adds what is counted of a row of squares.
  private func countRow(_ row: Int, of grid: Int, margins: Bool, into sums: inout MutableSpan<Int32>) {
    let (prepared, width, height) = (prepared, input.width, input.height)
    let rows = (row * height + grid - 1) / grid..<((row + 1) * height + grid - 1) / grid
    // There is room for a row of distances at least.
    let most = max(1, distances.count / ((width + grid - 1) / grid * bank.stride))
    distances.withMutableSpan(0..<distances.count) { scratch in
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: most) {
        let part = first..<min(first + most, rows.upperBound)
        withPatches(part) {
          prepared.count($0, $1, squares: grid, margins: margins, scratch: &scratch, into: &sums)
        }
      }
    }
  }

  private func packRows() {
    guard let packing = prepared.packing else { return }
    packedRows.withMutableSpan(0..<packedRows.count) { packing.pack(map, into: &$0) }
  }

  /// Packs one tile's features for the next layer into `features`.
  package func packFeatures(rows: Range<Int>, distances: Span<UInt16>) {
    features.withMutableSpan(0..<features.count) { out in
      pack(bank.features.filter(\.isHandedOn), rows: rows, distances: distances, into: &out)
    }
  }

  /// Packs some features of one tile's positions: words of K bits for each of them, one after the other.
  /// - Parameter out: the words of all positions of the map.
  package func pack(
    _ features: [FilterFeature], rows: Range<Int>, distances: Span<UInt16>,
    into out: inout MutableSpan<UInt64>
  ) {
    let (noLimit, group) = (noLimit, wordCount(bits: bank.count))
    let (words, positions) = (features.count * group, rows.count * input.width)
    for (g, feature) in features.enumerated() {
      let offset = rows.lowerBound * input.width * words + g * group
      switch feature.side {
      case .near:
        Kernels.thresholdPack(
          distances, positions: positions, filters: bank.count, stride: bank.stride,
          thresholds: feature.thresholds.span, into: &out, offset: offset, wordStride: words)
      case .far:
        Kernels.rangePack(
          distances, positions: positions, filters: bank.count, stride: bank.stride,
          lowest: feature.thresholds.span, highest: noLimit.span, into: &out, offset: offset,
          wordStride: words)
      }
    }
  }

  /// Writes the packed features, reduced, into the map in front of the next layer (from its first word on).
  package func reduceFeatures(_ reduction: Reduction, into next: inout PaddedMap) {
    let words = bank.output.words
    let source = GridLayout(rowStride: input.width * words, columnStride: words)
    let target = GridLayout(offset: next.origin, rowStride: next.rowStride, columnStride: next.words)
    var out = next.storage.mutableSpan
    features.withSpan(0..<features.count) { features in
      switch reduction {
      case .none:
        let (height, width) = (input.height, input.width)
        for y in 0..<height {
          for x in 0..<width {
            let from = y * source.rowStride + x * source.columnStride
            let to = target.offset + y * target.rowStride + x * target.columnStride
            for w in 0..<words { out[to + w] = features[from + w] }
          }
        }
      case .or, .majority:
        Kernels.poolBits(
          features, source, rows: input.height, columns: input.width, words: words,
          operation: reduction == .or ? .or : .majority, into: &out, target)
      }
    }
  }
}
