// Memory that encoding an image needs, kept from image to image so that none is allocated for each.
// What is computed in it is in SignalPlanes, and in the kernel that ImageEncoder calls.

import BitKernels
package import Plumbing

/// Buffers for encoding images one after the other; one thread uses it at a time.
package final class EncoderWorkspace {
  let shape: ImageShape
  /// One source of signals as numbers, a row after the other: H * W, and what the kernel needs behind them.
  var plane: [Int32]
  /// The same amount again, for counting whitened signals; empty before `prepareCounting`.
  var padded: [Int32] = []
  /// Sums over a column of the window, one for every column of the image plus `margin` repeated on either side.
  var columnSums: [Int32]
  /// Signal values of one row.
  var values: [Int32]

  /// Values of a patch's signals, one plane after the other; empty until there are patches.
  private(set) var patches = SharedBuffer<Int16>(repeating: 0, count: 0)
  /// What making them needs.
  private var patchScratch = SharedBuffer<Int32>(repeating: 0, count: 0)

  /// Half of the largest window.
  static let margin = 7

  /// Creates buffers for images of up to this shape.
  /// - Precondition: the shape is valid.
  package init(shape: ImageShape) {
    precondition(shape.isValid, "images of \(shape)")
    self.shape = shape
    plane = [Int32](
      repeating: 0,
      count: SignalCode.scratch(width: shape.width, height: shape.height, channels: shape.channels))
    columnSums = [Int32](repeating: 0, count: shape.width + 2 * Self.margin)
    values = [Int32](repeating: 0, count: shape.width)
  }

  /// Makes the memory that counting needs and encoding does not.
  func prepareCounting() {
    if padded.isEmpty { padded = [Int32](repeating: 0, count: plane.count) }
  }

  /// Writes the values of every filter of a patch into `patches`.
  /// - Returns: values from one filter's plane to the next.
  func fillPatches(_ pixels: Span<UInt8>, rows: Int, columns: Int, filters: PatchFilters) -> Int {
    let stride = rows * columns + 16
    let needed = filters.scratch(width: columns, height: rows)
    if patches.count < stride * filters.count {
      patches = SharedBuffer(repeating: 0, count: stride * filters.count)
    }
    if patchScratch.count < needed { patchScratch = SharedBuffer(repeating: 0, count: needed) }
    patchScratch.withMutableSpan(0..<needed) { scratch in
      patches.withMutableSpan(0..<stride * filters.count) { planes in
        Kernels.patchValues(
          pixels, rows: rows, columns: columns, filters: filters, scratch: &scratch, into: &planes,
          planeStride: stride)
      }
    }
    return stride
  }
}
