// How a head divides a map: squares side by side, and cells made of them, which may overlap.

/// The squares and cells of a head.
///
/// The grid has `grid` squares along each side; position (y, x) of a map lies in square (y · grid / height, x · grid / width). A cell
/// is span × span squares, and one begins at every square from which a whole cell fits. Squares and cells are in row order.
package struct HeadGrid: Hashable, Sendable {
  /// Squares along each side of the map.
  package let grid: Int
  /// Squares along each side of a cell.
  package let span: Int

  /// The largest span there is.
  package static let largestSpan = 16

  /// A grid.
  /// - Precondition: `span` is 1 to `grid`, at most 16.
  package init(grid: Int, span: Int) {
    precondition(grid > 0 && (1...min(grid, Self.largestSpan)).contains(span))
    self.grid = grid
    self.span = span
  }

  /// Number of squares.
  package var squares: Int { grid * grid }
  /// Cells along each side.
  package var side: Int { grid - span + 1 }
  /// Number of cells.
  package var cells: Int { side * side }
  /// Whether cells are more than squares.
  package var overlaps: Bool { span > 1 }

  /// Calls `body` with every cell that contains a square, in row order.
  package func forEachCell(around square: Int, _ body: (_ cell: Int) -> Void) {
    let (y, x) = (square / grid, square % grid)
    for row in max(0, y - span + 1)...min(y, side - 1) {
      for column in max(0, x - span + 1)...min(x, side - 1) { body(row * side + column) }
    }
  }

  /// The most positions along a side that a cell has on a map with so many.
  package func largestSide(of positions: Int) -> Int { (span * positions + grid - 1) / grid }

  /// Numbers that `CellSums` holds for so many sums a cell.
  package func kept(perCell: Int) -> Int { overlaps ? (grid + 1) * grid * perCell : 0 }
}
