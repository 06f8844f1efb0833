// Small pictures in memory: grey or colour bytes, copied, cropped and shrunk.

package import ImageData
package import Plumbing

/// A picture of width × height pixels of 3 bytes: red, green, blue.
package struct Raster: Hashable, Sendable {
  /// Pixels across.
  package let width: Int
  /// Pixels down.
  package let height: Int
  /// Row by row, 3 bytes a pixel.
  package var bytes: [UInt8]

  /// A colour of one pixel.
  package typealias Colour = (red: UInt8, green: UInt8, blue: UInt8)

  /// What fills the space between and around pictures: it recedes on light and on dark pages.
  package static let neutral: Colour = (128, 128, 128)

  /// A picture of one colour.
  package init(width: Int, height: Int, colour: Colour = neutral) {
    self.width = width
    self.height = height
    bytes = (0..<width * height).flatMap { _ in [colour.red, colour.green, colour.blue] }
  }

  /// An image of a labelled set. Three channels are red, green and blue; of any other number the mean is shown.
  package init(_ images: LabelledImages, _ index: Int) {
    self.init(pixels: images.pixels(of: index)[...], shape: images.shape)
  }

  /// The pixels of an image.
  /// - Precondition: they are as many as the shape says.
  package init(pixels: ArraySlice<UInt8>, shape: ImageShape) {
    precondition(pixels.count == shape.pixels)
    width = shape.width
    height = shape.height
    guard shape.channels != 3 else {
      bytes = Array(pixels)
      return
    }
    bytes = []
    bytes.reserveCapacity(3 * width * height)
    var i = pixels.startIndex
    for _ in 0..<width * height {
      var sum = 0
      for c in 0..<shape.channels { sum += Int(pixels[i + c]) }
      let grey = UInt8(sum / shape.channels)
      bytes += [grey, grey, grey]
      i += shape.channels
    }
  }

  /// The pixel in column x of row y.
  package subscript(x: Int, y: Int) -> Colour {
    get {
      let i = 3 * (y * width + x)
      return (bytes[i], bytes[i + 1], bytes[i + 2])
    }
    set {
      let i = 3 * (y * width + x)
      (bytes[i], bytes[i + 1], bytes[i + 2]) = (newValue.red, newValue.green, newValue.blue)
    }
  }

  /// The picture with every pixel a square of `factor` × `factor`.
  package func enlarged(_ factor: Int) -> Raster {
    var large = Raster(width: width * factor, height: height * factor)
    for y in 0..<large.height {
      for x in 0..<large.width { large[x, y] = self[x / factor, y / factor] }
    }
    return large
  }

  /// Copies another picture into this one, its upper left corner at (x, y).
  /// - Precondition: it fits.
  package mutating func place(_ other: Raster, x: Int, y: Int) {
    precondition(x >= 0 && y >= 0 && x + other.width <= width && y + other.height <= height)
    for row in 0..<other.height {
      let to = 3 * ((y + row) * width + x)
      let from = 3 * row * other.width
      bytes.replaceSubrange(to..<to + 3 * other.width, with: other.bytes[from..<from + 3 * other.width])
    }
  }

  /// A part of the picture, neutral where it reaches beyond the edges; pixels outside `lit` are dimmed.
  package func crop(
    _ rows: Range<Int>, _ columns: Range<Int>, lit: (rows: Range<Int>, columns: Range<Int>)? = nil
  )
    -> Raster
  {
    var part = Raster(width: columns.count, height: rows.count)
    for y in rows where y >= 0 && y < height {
      for x in columns where x >= 0 && x < width {
        var colour = self[x, y]
        if let lit, !lit.rows.contains(y) || !lit.columns.contains(x) {
          func dim(_ value: UInt8) -> UInt8 { UInt8((Int(value) + 128) / 2) }
          colour = (dim(colour.red), dim(colour.green), dim(colour.blue))
        }
        part[x - columns.lowerBound, y - rows.lowerBound] = colour
      }
    }
    return part
  }

  /// The picture shrunk by a whole factor so that no side is longer than `side`; every pixel the mean of those it covers.
  package func shrunk(toSide side: Int) -> Raster {
    let factor = (max(width, height) + side - 1) / side
    guard factor > 1 else { return self }
    var small = Raster(width: (width + factor - 1) / factor, height: (height + factor - 1) / factor)
    for y in 0..<small.height {
      for x in 0..<small.width {
        var (red, green, blue, count) = (0, 0, 0, 0)
        for sourceY in y * factor..<min(height, (y + 1) * factor) {
          for sourceX in x * factor..<min(width, (x + 1) * factor) {
            let colour = self[sourceX, sourceY]
            red += Int(colour.red)
            green += Int(colour.green)
            blue += Int(colour.blue)
            count += 1
          }
        }
        small[x, y] = (UInt8(red / count), UInt8(green / count), UInt8(blue / count))
      }
    }
    return small
  }

  /// Whether every pixel has the same red, green and blue.
  package var isGrey: Bool {
    for i in stride(from: 0, to: bytes.count, by: 3) {
      if bytes[i] != bytes[i + 1] || bytes[i] != bytes[i + 2] { return false }
    }
    return true
  }
}
