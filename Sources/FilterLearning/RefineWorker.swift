// What one thread of a refinement needs for its images, and what it has seen of them.

import BinaryNetworks
import BitKernels
import Plumbing

/// The memory of one thread; what it adds up is merged after the loop.
final class RefineWorker {
  let feeder: ImageFeeder
  let pass: LayerPass
  let counter: VoteCounter?
  /// Sums by cell.
  let cells: CellSums
  /// F wishes, and where cells overlap those of every square, squares × G × K.
  let wishes: SharedBuffer<Int32>
  let squareWishes: SharedBuffer<Int64>
  /// At how many positions every feature was on, G · K, where the counts of cells do not say so.
  let on: SharedBuffer<Int64>
  var correct: Int64 = 0
  var wishSize: Int64 = 0
  var wishImages: Int64 = 0
  private(set) var samples: Int64 = 0
  /// K sums of sampled distances and of their squares.
  let sums: SharedBuffer<Int64>
  let squares: SharedBuffer<Int64>
  let marks: SharedBuffer<UInt64>
  let signs: SharedBuffer<UInt64>

  init(stack: FrozenStack, bank: FilterBank, grid: HeadGrid, votes: Bool) {
    let perCell = bank.features.count * bank.count
    cells = CellSums(grid, perCell: perCell)
    feeder = ImageFeeder(stack)
    pass = LayerPass(bank: bank, input: stack.input)
    counter = votes ? VoteCounter(marks: bank.count, patchWords: bank.patchWords) : nil
    wishes = SharedBuffer(repeating: 0, count: grid.cells * perCell)
    squareWishes = SharedBuffer(repeating: 0, count: votes && grid.overlaps ? grid.squares * perCell : 0)
    on = SharedBuffer(repeating: 0, count: perCell)
    sums = SharedBuffer(repeating: 0, count: bank.count)
    squares = SharedBuffer(repeating: 0, count: bank.count)
    marks = SharedBuffer(repeating: 0, count: 64 * wordCount(bits: bank.count))
    signs = SharedBuffer(repeating: 0, count: marks.count)
  }

  func startImages() {
    on.withMutableSpan(0..<on.count) { on in
      for f in 0..<on.count { on[f] = 0 }
    }
  }

  /// Adds the image's sums of squares to what every feature counted; where cells do not overlap their counts say as much.
  func noteSquares() {
    let squares = cells.squares
    squares.withSpan(0..<squares.count) { sums in
      on.withMutableSpan(0..<on.count) { on in
        for from in stride(from: 0, to: sums.count, by: on.count) {
          for f in 0..<on.count { on[f] &+= Int64(sums[from &+ f]) }
        }
      }
    }
  }

  func startWishes() {
    correct = 0
    wishSize = 0
    wishImages = 0
  }

  /// Adds the distances of one position of every fourth row or so to the sums that give the standard deviations.
  func sample(_ distances: Span<UInt16>, rows: Range<Int>, image: Int) {
    let width = pass.input.width
    let stride = pass.bank.stride
    for y in rows where (y + image) & 3 == 0 {
      let x = (image &* 7 &+ y &* 5) % width
      let at = ((y - rows.lowerBound) * width + x) * stride
      samples += 1
      sums.withMutableSpan(0..<sums.count) { sums in
        squares.withMutableSpan(0..<sums.count) { squares in
          for k in 0..<sums.count {
            let h = Int64(distances[at &+ k])
            sums[k] &+= h
            squares[k] &+= h &* h
          }
        }
      }
    }
  }
}
