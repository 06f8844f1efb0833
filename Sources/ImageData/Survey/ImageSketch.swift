// What is kept of an image to find those that look like it: a small grey picture and its difference hash, in integers.

import Plumbing

/// Small grey pictures of images, 18 × 16 pixels of a byte, cropped and averaged as images are for a model.
enum ImageSketch {
  static let shape = ImageShape(width: 18, height: 16, channels: 1)

  /// The sketch of an image.
  static func of(_ image: DecodedImage) -> [UInt8] { image.fitted(to: shape).pixels }

  /// The sketch of pixels of any number of channels; colours other than grey and RGB count as their mean.
  static func of(_ pixels: Span<UInt8>, shape: ImageShape) -> [UInt8] {
    if DecodedImage.channelCounts.contains(shape.channels) {
      let copy = [UInt8](capacity: pixels.count) { for i in 0..<pixels.count { $0.append(pixels[i]) } }
      return of(DecodedImage(shape: shape, pixels: copy))
    }
    let means = stride(from: 0, to: pixels.count, by: shape.channels).map { start in
      UInt8((0..<shape.channels).reduce(0) { $0 + Int(pixels[start + $1]) } / shape.channels)
    }
    return of(
      DecodedImage(
        shape: ImageShape(width: shape.width, height: shape.height, channels: 1), pixels: means))
  }

  /// The difference hash: of 9 × 8 squares of 2 × 2 pixels, whether each is darker than its right neighbour; row by row, the
  /// first in the lowest bit.
  static func hash(_ sketch: Span<UInt8>) -> UInt64 {
    var (hash, bit) = (UInt64(0), UInt64(1))
    for y in 0..<8 {
      func square(_ x: Int) -> Int {
        let at = 2 * y * shape.width + 2 * x
        return Int(sketch[at]) + Int(sketch[at + 1]) + Int(sketch[at + shape.width])
          + Int(sketch[at + shape.width + 1])
      }
      var left = square(0)
      for x in 1...8 {
        let right = square(x)
        if left < right { hash |= bit }
        left = right
        bit &<<= 1
      }
    }
    return hash
  }

  /// The sum of absolute differences, at most 288 · 255.
  static func difference(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int {
    var sum = 0
    for i in 0..<a.count { sum &+= abs(Int(a[i]) &- Int(b[i])) }
    return sum
  }

  /// The most by which a pixel of sketches of the same picture differs.
  private static let mostDifference = 32

  /// Whether two sketches are of the same picture, perhaps stored anew or at another size: no pixel differs much, and all of
  /// them by at most a grey level on average, or by a twelfth of what the flatter one differs from its own mean.
  static func areAlike(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    var difference = 0
    for i in 0..<a.count {
      let one = abs(Int(a[i]) &- Int(b[i]))
      if one > mostDifference { return false }
      difference &+= one
    }
    return difference <= a.count || 12 * difference <= min(spread(a), spread(b))
  }

  /// The sum of absolute differences from the mean, rounded down.
  private static func spread(_ sketch: Span<UInt8>) -> Int {
    var sum = 0
    for i in 0..<sketch.count { sum &+= Int(sketch[i]) }
    var spread = 0
    for i in 0..<sketch.count { spread &+= abs(sketch.count &* Int(sketch[i]) &- sum) }
    return spread / sketch.count
  }
}
