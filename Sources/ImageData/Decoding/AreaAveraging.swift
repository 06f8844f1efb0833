// Resampling by area, in integers. See DecodedImage for which images are brought to which shape.

import Plumbing

/// The largest centred part of an image with the proportions of `target`, averaged down (or up) to its size.
///
/// With a source of w × h and a target of W × H pixels let p / q be the smaller of w / W and h / H, the side of a
/// target pixel in source pixels. The target pixel (i, j) is the mean of the source over the square of that side at
/// x = (w - W p / q) / 2 + i p / q and y = (h - H p / q) / 2 + j p / q. In units of 1 / 2q of a pixel all of this is
/// whole: the square's side is 2p and it begins at w q - W p + 2 i p. The sum of values times overlaps is exact, and
/// is rounded to the nearest value once, halves up. So mirroring or turning before or after makes no difference.
/// - Precondition: both shapes are valid, with the same channels, and `image` has `shape.pixels` values.
func averageAreas(_ image: Span<UInt8>, shape: ImageShape, to target: ImageShape) -> [UInt8] {
  precondition(image.count == shape.pixels && shape.channels == target.channels)
  let isWide = shape.width * target.height > shape.height * target.width
  let (p, q) = isWide ? (shape.height, target.height) : (shape.width, target.width)
  let columns = (0..<target.width).map { Overlap($0, source: shape.width, target: target.width, p: p, q: q) }
  let rows = (0..<target.height).map { Overlap($0, source: shape.height, target: target.height, p: p, q: q) }
  // A sum is at most 255 * (2p)^2 < 2^42, as p < 2^16.
  let area = 4 * p * p
  let channels = shape.channels
  let rowValues = shape.width * channels
  var values: [UInt8] = []
  values.reserveCapacity(target.pixels)
  var line = [Int](repeating: 0, count: target.width * channels)
  var lineRow = -1
  var sums = line
  for row in rows {
    for i in sums.indices { sums[i] = 0 }
    for y in row.first...row.last {
      // Where a source row lies in two target rows it is summed once.
      if y != lineRow {
        sumLine(image.extracting(y * rowValues..<(y + 1) * rowValues), channels, columns, q: q, into: &line)
        lineRow = y
      }
      let weight = row.weight(y, q: q)
      for i in sums.indices { sums[i] &+= weight &* line[i] }
    }
    for sum in sums { values.append(UInt8(truncatingIfNeeded: (sum + area / 2) / area)) }
  }
  return values
}

/// Which source pixels lie under a target pixel, along one side.
private struct Overlap {
  /// The first and the last of them.
  let first, last: Int
  /// How much of these two is under it, in 1 / 2q of a pixel; the whole side where they are the same.
  let firstWeight, lastWeight: Int

  init(_ index: Int, source: Int, target: Int, p: Int, q: Int) {
    let unit = 2 * q
    let start = source * q - target * p + 2 * index * p
    let end = start + 2 * p
    first = start / unit
    last = (end - 1) / unit
    firstWeight = min(end, unit * (first + 1)) - start
    lastWeight = first == last ? firstWeight : end - unit * last
  }

  func weight(_ pixel: Int, q: Int) -> Int {
    pixel == first ? firstWeight : pixel == last ? lastWeight : 2 * q
  }
}

/// Sums one source row over every target column.
private func sumLine(
  _ row: Span<UInt8>, _ channels: Int, _ columns: [Overlap], q: Int, into line: inout [Int]
) {
  var out = line.mutableSpan
  let columns = columns.span
  for i in 0..<columns.count {
    let column = columns[i]
    for c in 0..<channels {
      var whole = 0
      var at = (column.first + 1) * channels + c
      let end = column.last * channels
      while at < end {
        whole &+= Int(row[at])
        at += channels
      }
      var sum = column.firstWeight &* Int(row[column.first * channels + c]) &+ 2 &* q &* whole
      if column.last > column.first { sum &+= column.lastWeight &* Int(row[column.last * channels + c]) }
      out[i * channels + c] = sum
    }
  }
}
