// One layer applied to one image: distances tile by tile, counts on the grid, features for the next layer.
// Holds the memory this needs, so that an image costs no allocation.

public import BitTensors

/// Applies a filter bank to one image after another.
///
/// A pass belongs to one thread.
public final class LayerPass {
  /// What the layer looks at.
  public let input: LayerInput
  /// The filters; may be replaced by others of the same shape between images.
  public var bank: FilterBank
  /// The image's bits; fill it before a run.
  public var map: PaddedMap
  /// Features of every position, `bank.output.words` words each, after `packFeatures`.
  public private(set) var features: [UInt64]
  private var distances: [UInt16]
  private let tileRows: Int

  /// A pass of a bank over maps like `input`.
  public init(bank: FilterBank, input: LayerInput) {
    precondition(bank.input == input.layout, "bank and input have different channels")
    self.bank = bank
    self.input = input
    map = PaddedMap(height: input.height, width: input.width, window: bank.window, words: input.layout.words)
    // A tile's distances (2 bytes each) stay in the first-level cache beside the filters.
    tileRows = max(1, min(input.height, 12_288 / (input.width * bank.stride)))
    distances = Array(repeating: 0, count: tileRows * input.width * bank.stride)
    features = Array(repeating: 0, count: map.positions * bank.output.words)
  }

  /// Calls `body` for bands of rows from top to bottom with their distances, positions × stride.
  public func forEachTile(_ body: (_ rows: Range<Int>, _ distances: Span<UInt16>) -> Void) {
    var row = 0
    while row < input.height {
      let rows = row..<min(row + tileRows, input.height)
      computeDistances(rows)
      body(rows, distances.span.extracting(0..<rows.count * input.width * bank.stride))
      row = rows.upperBound
    }
  }

  private func computeDistances(_ rows: Range<Int>) {
    let view = map.patches(rows: rows)
    var out = distances.mutableSpan
    if let masks = bank.masks {
      Kernels.maskedHammingMatrix(
        map.storage.span, view, filters: bank.filters.span, masks: masks.span, stride: bank.stride, into: &out)
    } else {
      Kernels.hammingMatrix(map.storage.span, view, filters: bank.filters.span, stride: bank.stride, into: &out)
    }
  }

  /// Adds one tile's counts to `counts`, grid² × K, cell-major.
  public func count(
    rows: Range<Int>, distances: Span<UInt16>, grid: Int, kind: CountKind, into counts: inout MutableSpan<Int32>
  ) {
    let k = bank.count
    let stride = bank.stride
    let thresholds = bank.thresholds[0].span
    for y in rows {
      let cellRow = y * grid / input.height
      for cellColumn in 0..<grid {
        // Column x lies in cell x·G/W: the cell's columns are ceil(cell·W/G) ..< ceil((cell + 1)·W/G).
        let from = (cellColumn * input.width + grid - 1) / grid
        let to = ((cellColumn + 1) * input.width + grid - 1) / grid
        if from == to { continue }
        let start = ((y - rows.lowerBound) * input.width + from) * stride
        let tile = distances.extracting(start..<start + (to - from) * stride)
        let cell = (cellRow * grid + cellColumn) * k
        var cellCounts = counts.extracting(cell..<cell + k)
        switch kind {
        case .plain:
          Kernels.countFeatures(
            tile, positions: to - from, count: k, stride: stride, thresholds: thresholds, into: &cellCounts)
        case .soft:
          Kernels.countMargins(
            tile, positions: to - from, count: k, stride: stride, thresholds: thresholds, into: &cellCounts)
        }
      }
    }
  }

  /// Packs one tile's features into `features`.
  public func packFeatures(rows: Range<Int>, distances: Span<UInt16>) {
    let words = bank.output.words
    let group = wordCount(bits: bank.count)
    var out = features.mutableSpan
    for (t, thresholds) in bank.thresholds.enumerated() {
      Kernels.thresholdPack(
        distances, positions: rows.count * input.width, count: bank.count, stride: bank.stride,
        thresholds: thresholds.span, into: &out, offset: rows.lowerBound * input.width * words + t * group,
        outStride: words)
    }
  }

  /// Writes the packed features, reduced, into the map in front of the next layer (from its first word on).
  public func reduceFeatures(_ reduction: Reduction, into next: inout PaddedMap) {
    let words = bank.output.words
    let origin = next.origin
    let rowStride = next.rowStride
    let columnStride = next.words
    var out = next.storage.mutableSpan
    switch reduction {
    case .none:
      let source = features.span
      for y in 0..<input.height {
        for x in 0..<input.width {
          let from = (y * input.width + x) * words
          let to = origin + y * rowStride + x * columnStride
          for w in 0..<words { out[to + w] = source[from + w] }
        }
      }
    case .or, .majority:
      Kernels.poolBits(
        features.span, offset: 0, height: input.height, width: input.width, words: words,
        rowStride: input.width * words, columnStride: words, into: &out, outOffset: origin, outRowStride: rowStride,
        outColumnStride: columnStride, operation: reduction == .or ? .or : .majority)
    }
  }
}
