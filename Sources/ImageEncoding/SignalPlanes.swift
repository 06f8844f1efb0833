// The numbers made of every pixel, for counting: the plane of a weighted signal, and the difference to the local mean.
// Bits are made by the kernel that ImageEncoder calls.
//
// Shapes: an image is H x W x C bytes, channels-last; a plane is H x W numbers.

import Plumbing

/// Writes the weighted sum of every pixel's channels, a coefficient for each.
func fillPlane(_ plane: inout MutableSpan<Int32>, coefficients: [Int32], pixels: Span<UInt8>) {
  let channels = coefficients.count
  let count = pixels.count / channels
  precondition(plane.count >= count && pixels.count == count * channels)
  for p in 0..<count { plane[p] = 0 }
  for (channel, coefficient) in coefficients.enumerated() where coefficient != 0 {
    var i = channel
    for p in 0..<count {
      plane[p] &+= coefficient &* Int32(pixels[i])
      i += channels
    }
  }
}

/// Calls `body` with the signal values of every row: plane values for window 0, else w * w * x minus the sum over
/// the window, edge pixels repeated outwards.
///
/// Window sums are kept running: one row enters and one leaves the column sums from row to row, one column enters
/// and one leaves from pixel to pixel. All sums stay below 225 * 510 * 4096 < 2^31.
/// - Precondition: the plane holds width * height numbers; the workspace is large enough.
@inline(__always)
func forEachRow(
  plane: Span<Int32>, width: Int, height: Int, window: Int, columnSums: inout MutableSpan<Int32>,
  values: inout MutableSpan<Int32>, _ body: (_ y: Int, _ values: Span<Int32>) -> Void
) {
  precondition(plane.count >= width * height && values.count >= width)
  if window == 0 {
    for y in 0..<height { body(y, plane.extracting((y * width)..<((y + 1) * width))) }
    return
  }
  let radius = window / 2
  let margin = EncoderWorkspace.margin
  let area = Int32(truncatingIfNeeded: window * window)
  precondition(columnSums.count >= width + 2 * margin && radius <= margin)
  func row(_ y: Int) -> Int { min(max(y, 0), height - 1) * width }
  for x in 0..<width { columnSums[margin + x] = 0 }
  for dy in -radius...radius {
    let start = row(dy)
    for x in 0..<width { columnSums[margin + x] &+= plane[start + x] }
  }
  for y in 0..<height {
    if y > 0 {
      let (entering, leaving) = (row(y + radius), row(y - radius - 1))
      for x in 0..<width { columnSums[margin + x] &+= plane[entering + x] &- plane[leaving + x] }
    }
    for i in 0..<radius {
      columnSums[margin - 1 - i] = columnSums[margin]
      columnSums[margin + width + i] = columnSums[margin + width - 1]
    }
    var sum: Int32 = 0
    for i in 0..<window { sum &+= columnSums[margin - radius + i] }
    let start = y * width
    values[0] = area &* plane[start] &- sum
    for x in 1..<max(1, width) {
      sum &+= columnSums[margin + x + radius] &- columnSums[margin + x - radius - 1]
      values[x] = area &* plane[start + x] &- sum
    }
    body(y, values.span.extracting(0..<width))
  }
}
