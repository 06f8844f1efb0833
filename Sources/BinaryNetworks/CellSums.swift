// From sums over the squares of a head's grid to sums over its cells.

import BitKernels
package import Plumbing

/// Adds up an image's sums by cell; holds the memory this needs, one per thread.
///
/// Positions are counted in squares, each in one. Where cells overlap, a cell's sum is made of those of its squares: first down, row of
/// cells by row, then across.
package final class CellSums {
  /// The squares and cells.
  package let grid: HeadGrid
  private let perCell: Int
  /// Sums of the squares where cells overlap; else nothing.
  package let squares: SharedBuffer<Int32>
  /// Sums of a row of squares over all rows of a cell.
  private let strip: SharedBuffer<Int32>

  /// Memory for `perCell` sums in every cell.
  package init(_ grid: HeadGrid, perCell: Int) {
    self.grid = grid
    self.perCell = perCell
    squares = SharedBuffer(repeating: 0, count: grid.overlaps ? grid.squares * perCell : 0)
    strip = SharedBuffer(repeating: 0, count: grid.overlaps ? grid.grid * perCell : 0)
  }

  /// Lets `count` add an image's positions to the sums of squares, all 0 before, and gives the sums of cells.
  package func add(
    into cells: inout MutableSpan<Int32>, _ count: (_ squares: inout MutableSpan<Int32>) -> Void
  ) {
    guard grid.overlaps else {
      clear(&cells)
      count(&cells)
      return
    }
    squares.withMutableSpan(0..<squares.count) { sums in
      clear(&sums)
      count(&sums)
    }
    squares.withSpan(0..<squares.count) { squares in
      strip.withMutableSpan(0..<strip.count) { strip in addUp(squares, strip: &strip, into: &cells) }
    }
  }

  /// The same for sums that are made of one row of squares after the other, all 0 before, and finished a row of cells at a time: what a
  /// row is made of stays in the nearest caches.
  package func addRows(
    into cells: inout MutableSpan<Int32>, _ count: (_ row: Int, _ squares: inout MutableSpan<Int32>) -> Void,
    finish: (_ cells: inout MutableSpan<Int32>) -> Void
  ) {
    let (span, side) = (grid.span, grid.side)
    let width = side * perCell
    for row in 0..<grid.grid {
      if grid.overlaps {
        strip.withMutableSpan(0..<strip.count) { strip in
          clear(&strip)
          count(row, &strip)
        }
        addAcross(row % span)
        if row < span - 1 { continue }
      }
      let first = (row - span + 1) * width
      var finished = cells._mutatingExtracting(first..<first + width)
      if grid.overlaps {
        // The last `span` rows, in whatever order.
        squares.withSpan(0..<span * width) {
          Kernels.addRows($0, count: span, rowStride: width, into: &finished)
        }
      } else {
        clear(&finished)
        count(row, &finished)
      }
      finish(&finished)
    }
  }

  /// Adds up a row of squares across, into one of `span` rows of cells that are kept where sums of squares would be.
  private func addAcross(_ row: Int) {
    let width = grid.side * perCell
    strip.withSpan(0..<strip.count) { strip in
      squares.withMutableSpan(row * width..<(row + 1) * width) { cells in
        addAcross(strip, into: &cells)
      }
    }
  }

  /// Adds up a row of strips across, into a row of cells.
  private func addAcross(_ strip: Span<Int32>, into cells: inout MutableSpan<Int32>) {
    for x in 0..<grid.side {
      var cell = cells._mutatingExtracting(x * perCell..<(x + 1) * perCell)
      Kernels.addRows(
        strip.extracting(x * perCell..<(x + grid.span) * perCell), count: grid.span, rowStride: perCell,
        into: &cell)
    }
  }

  private func addUp(
    _ squares: Span<Int32>, strip: inout MutableSpan<Int32>, into cells: inout MutableSpan<Int32>
  ) {
    let (row, span, width) = (strip.count, grid.span, grid.side * perCell)
    for y in 0..<grid.side {
      Kernels.addRows(
        squares.extracting(y * row..<(y + span) * row), count: span, rowStride: row, into: &strip)
      var finished = cells._mutatingExtracting(y * width..<(y + 1) * width)
      addAcross(strip.span, into: &finished)
    }
  }
}

private func clear(_ sums: inout MutableSpan<Int32>) {
  for f in 0..<sums.count { sums[f] = 0 }
}
