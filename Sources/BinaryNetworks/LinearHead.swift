// A layer's opinion on the classes: integer weights on its pooled counts.

import BitKernels

/// Linear class scores on counts over a grid of cells, integers throughout.
///
/// score[c] = (bias[c] + Σ_f weights[c][f] · count[f]) / 2^(scale − 16), rounded down: fixed point with 16
/// fractional bits, so that the scores of several layers add. f = (cell · G + g) · K + k for feature g of filter k; cells in row
/// order. A cell is span × span squares of the grid and begins at every square from which it fits: of 8 squares a side and a span
/// of 3 there are 6 × 6 cells, which overlap.
public struct LinearHead: Hashable, Sendable {
  /// Squares along each side of the map; where the span is 1 these are the cells.
  public let grid: Int
  /// Squares along each side of a cell, 1 to 16.
  public let span: Int
  /// What is counted.
  public let counts: CountKind
  /// Number of classes.
  public let classes: Int
  /// classes × (cells · G · K) weights in units of 2^−scale.
  public var weights: [Int16]
  /// One bias a class in units of 2^−scale.
  public var bias: [Int64]
  /// Fractional bits of weights and bias, 0 to `mostScale`.
  public var scale: Int

  /// Most fractional bits of weights.
  public static let mostScale = 40
  /// Fractional bits of the scores.
  public static let scoreBits = 16

  /// A head.
  /// - Precondition: the arrays fit the shapes, and the span the grid.
  public init(
    grid: Int, span: Int = 1, counts: CountKind, classes: Int, weights: [Int16], bias: [Int64], scale: Int
  ) {
    let cells = HeadGrid(grid: grid, span: span).cells
    precondition(classes > 0 && bias.count == classes && weights.count % (classes * cells) == 0)
    precondition((0...Self.mostScale).contains(scale))
    self.grid = grid
    self.span = span
    self.counts = counts
    self.classes = classes
    self.weights = weights
    self.bias = bias
    self.scale = scale
  }

  /// Number of cells, (grid − span + 1)².
  public var cells: Int { layout.cells }

  /// The squares and cells.
  package var layout: HeadGrid { HeadGrid(grid: grid, span: span) }

  /// Number of counts, cells · G · K.
  public var features: Int { weights.count / classes }

  /// Class scores of one image's counts, 16 fractional bits.
  /// |weight · count| ≤ 2^15 · 2^31 and at most 2^16 features keep the sum inside 64 bits.
  public func scores(_ counts: Span<Int32>) -> [Int64] {
    precondition(counts.count == features)
    var scores = bias
    var sums = scores.mutableSpan
    Kernels.weighCounts(weights.span, classes: classes, counts, into: &sums)
    for c in 0..<classes {
      scores[c] =
        scale >= Self.scoreBits
        ? scores[c] >> Int64(scale - Self.scoreBits) : scores[c] << Int64(Self.scoreBits - scale)
    }
    return scores
  }
}
