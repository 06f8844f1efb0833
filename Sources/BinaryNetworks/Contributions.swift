// What every filter and every position of an image adds to a class's score: exact, integers throughout.
// How an image is taken apart is in Explainer.swift, the sum over layers by pixel in PixelContributions.swift.

/// One layer's part of a score, taken apart by feature and by position.
///
/// A head's score is (bias + Σ weight · count) / 2^(scale − 16), rounded down, and a count is made of a sum over positions,
/// over which it is shared out as ``byPosition(ofFilter:amounts:cells:)`` says; a position has a part in every cell that contains it. So bias + Σ byFeature = bias + Σ byPosition = total, and total = score · 2^(scale − 16) + rounding.
public struct LayerContributions: Hashable, Sendable {
  /// Index of the layer, from 0.
  public let layer: Int
  /// Positions down and across of the map the layer looks at.
  public let height: Int
  public let width: Int
  /// 2× reductions before the layer: a position stands for 2^level × 2^level pixels, fewer at the far edges.
  public let level: Int
  /// Squares along each side of the head's grid.
  public let grid: Int
  /// Squares along each side of a cell: 1 unless cells overlap.
  public let span: Int
  /// K, the number of filters.
  public let filters: Int
  /// On which side of its threshold each of the G features is on that a filter counts.
  public let sides: [FeatureSide]
  /// Fractional bits of all contributions, the head's scale.
  public let scale: Int
  /// The sums that the head's counts are finished from, cells · G · K: cell after cell, in it feature after feature.
  public let counts: [Int32]
  /// The layer's part of the score (or of the difference of scores), 16 fractional bits.
  public let score: Int64
  /// What the head says of no count at all.
  public let bias: Int64
  /// What every count adds, cells · G · K, in the order of ``counts``.
  public let byFeature: [Int64]
  /// What every position adds through all filters, height · width in row order.
  public let byPosition: [Int64]

  /// Bias and all contributions together.
  public var total: Int64 { byFeature.reduce(bias, +) }

  /// What rounding the score cut off, in units of 2^−40.
  public var rounding: Int128 {
    Contributions.parts(total, scale: scale)
      - Contributions.parts(score, scale: LinearHead.scoreBits)
  }

  /// What every filter adds over all cells and features, K.
  public var byFilter: [Int64] {
    var sums = [Int64](repeating: 0, count: filters)
    for (f, value) in byFeature.enumerated() { sums[f % filters] += value }
    return sums
  }

  /// What a filter adds over all cells through each of its features, G.
  /// - Precondition: the filter is below ``filters``.
  public func byFeature(ofFilter k: Int) -> [Int64] {
    var sums = [Int64](repeating: 0, count: sides.count)
    for f in stride(from: k, to: byFeature.count, by: filters) {
      sums[f / filters % sides.count] += byFeature[f]
    }
    return sums
  }

  /// How much every filter counted over all cells and features, K.
  public var countsByFilter: [Int] {
    var sums = [Int](repeating: 0, count: filters)
    for (f, count) in counts.enumerated() { sums[f % filters] += Int(count) }
    return sums
  }

  /// What a filter adds at every position: of what its count in a cell adds, the part in proportion to what the position counted,
  /// over all cells that contain the position.
  /// - Parameters:
  ///   - k: the filter, below ``filters``.
  ///   - amounts: what each of its features counted at every position, as `Explainer.amounts` gives it.
  ///   - cells: the square of the grid that every position lies in, as `LayerInput.cells(grid:)` gives it.
  public func byPosition(ofFilter k: Int, amounts: [[Int32]], cells: [Int]) -> [Int64] {
    var shares = PositionShares(values: byFeature, sums: counts)
    let layout = HeadGrid(grid: grid, span: span)
    return cells.enumerated().map { place, square in
      var sum: Int64 = 0
      for g in amounts.indices {
        layout.forEachCell(around: square) { cell in
          sum += shares.next(amounts[g][place], feature: (cell * sides.count + g) * filters + k)
        }
      }
      return sum
    }
  }
}

/// Why an image got its score for a class, or more of it than another class did.
public struct Contributions: Hashable, Sendable {
  /// The class that is spoken for.
  public let of: Int
  /// The class it is compared with; nil if the score itself is taken apart.
  public let against: Int?
  /// Size of the image in pixels.
  public let height: Int
  public let width: Int
  /// One entry for each layer that has a head.
  public let layers: [LayerContributions]

  /// Summed score of the class, less that of the other one; 16 fractional bits.
  public var score: Int64 { layers.reduce(0) { $0 + $1.score } }

  /// Fractional bits in which contributions of layers with different scales are added.
  public static let fractionBits = 40

  /// A number of `scale` fractional bits in units of 2^−40.
  /// - Precondition: `scale` is 0 to 40.
  public static func parts(_ value: Int64, scale: Int) -> Int128 {
    precondition((0...fractionBits).contains(scale))
    return Int128(value) << Int128(fractionBits - scale)
  }
}
