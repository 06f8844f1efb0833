// The image pyramid: averaging 2x2 pixels, in integers.

public import Plumbing

extension ImageShape {
  /// The shape at half the resolution, odd sides rounded up.
  public var halved: ImageShape {
    ImageShape(width: (width + 1) / 2, height: (height + 1) / 2, channels: channels)
  }

  /// The shape halved `level` times.
  public func halved(_ level: Int) -> ImageShape { (0..<level).reduce(self) { shape, _ in shape.halved } }
}

/// Writes an image at half its resolution: every result is the average of the 2x2 pixels it covers, or of those of
/// them that exist at an odd edge, rounded half up.
/// - Precondition: `pixels` has `shape.pixels` values, `result` has `shape.halved.pixels`.
package func halve(_ pixels: Span<UInt8>, shape: ImageShape, into result: inout MutableSpan<UInt8>) {
  let half = shape.halved
  precondition(
    pixels.count == shape.pixels && result.count == half.pixels, "an image has shape.pixels values")
  let channels = shape.channels
  let rowBytes = shape.width * channels
  let pairs = shape.width / 2
  for y in 0..<half.height {
    let top = 2 * y * rowBytes
    // At an odd edge a pixel stands in for its missing neighbour: (2 a + 2 b + 2) / 4 is (a + b + 1) / 2, and
    // (4 a + 2) / 4 is a, so the average of those that exist comes out.
    let bottom = 2 * y + 1 < shape.height ? top + rowBytes : top
    var out = y * half.width * channels
    for x in 0..<pairs {
      let left = 2 * x * channels
      for c in 0..<channels {
        let i = left + c
        let upper = UInt32(pixels[top + i]) + UInt32(pixels[top + i + channels])
        let lower = UInt32(pixels[bottom + i]) + UInt32(pixels[bottom + i + channels])
        result[out] = UInt8(truncatingIfNeeded: (upper + lower + 2) >> 2)
        out += 1
      }
    }
    if half.width > pairs {
      let last = (shape.width - 1) * channels
      for c in 0..<channels {
        let sum = UInt32(pixels[top + last + c]) + UInt32(pixels[bottom + last + c])
        result[out] = UInt8(truncatingIfNeeded: (sum + 1) >> 1)
        out += 1
      }
    }
  }
}

/// An image at half its resolution, see `halve(_:shape:into:)`.
package func halve(pixels: [UInt8], shape: ImageShape) -> (pixels: [UInt8], shape: ImageShape) {
  var result = [UInt8](repeating: 0, count: shape.halved.pixels)
  var span = result.mutableSpan
  halve(pixels.span, shape: shape, into: &span)
  return (result, shape.halved)
}
