// One image in memory, upright, and how it is brought to another shape. Where its bytes come from is
// ImageDecoder's matter, the resampling is in AreaAveraging.

package import Plumbing

/// An image as its file shows it: 8 bits a value, grey or RGB, upright, without transparency.
package struct DecodedImage: Hashable, Sendable {
  /// Width, height and channels: 1 = grey, 3 = RGB.
  package let shape: ImageShape
  /// The values, channels-last: `shape.pixels` bytes.
  package let pixels: [UInt8]

  /// Puts an image together.
  /// - Precondition: the shape is valid, has 1 or 3 channels and fits the number of pixels.
  package init(shape: ImageShape, pixels: [UInt8]) {
    precondition(shape.isValid && Self.channelCounts.contains(shape.channels), "an image is grey or RGB")
    precondition(pixels.count == shape.pixels, "an image has shape.pixels values")
    self.shape = shape
    self.pixels = pixels
  }

  /// The numbers of channels that an image file may have and be fitted to.
  package static let channelCounts = [1, 3]

  /// Whether it shows no colour: it has one channel, or R = G = B everywhere.
  package var isGrey: Bool {
    if shape.channels == 1 { return true }
    let span = pixels.span
    var i = 0
    while i < span.count {
      if span[i] != span[i + 1] || span[i] != span[i + 2] { return false }
      i += 3
    }
    return true
  }

  /// The image at another size and number of channels.
  ///
  /// The largest part around the centre that has the proportions of `target` is averaged over areas, exactly and
  /// with one rounding, see `averageAreas`. Then colour becomes grey by (77 R + 150 G + 29 B + 128) / 256, rounded
  /// down, which keeps grey pixels as they are, and grey becomes colour by repeating the value. Integers only: the
  /// same image and shape give the same bytes everywhere.
  /// - Precondition: `target` is valid and has 1 or 3 channels.
  package func fitted(to target: ImageShape) -> DecodedImage {
    precondition(target.isValid && Self.channelCounts.contains(target.channels), "an image is grey or RGB")
    let size = ImageShape(width: target.width, height: target.height, channels: shape.channels)
    let resized =
      size == shape
      ? self : DecodedImage(shape: size, pixels: averageAreas(pixels.span, shape: shape, to: size))
    return resized.converted(channels: target.channels)
  }

  /// The image with 1 or 3 channels.
  func converted(channels: Int) -> DecodedImage {
    if channels == shape.channels { return self }
    let result = ImageShape(width: shape.width, height: shape.height, channels: channels)
    var values: [UInt8] = []
    values.reserveCapacity(result.pixels)
    if channels == 3 {
      for value in pixels { values.append(contentsOf: repeatElement(value, count: 3)) }
    } else {
      let span = pixels.span
      for i in stride(from: 0, to: span.count, by: 3) {
        // The factors add up to 256, so that the sum is at most 65 408.
        let sum = 77 * Int(span[i]) + 150 * Int(span[i + 1]) + 29 * Int(span[i + 2]) + 128
        values.append(UInt8(truncatingIfNeeded: sum >> 8))
      }
    }
    return DecodedImage(shape: result, pixels: values)
  }

  /// The image turned and mirrored as an EXIF orientation (1 to 8) asks for; 1 and anything else: as it is.
  func oriented(_ orientation: Int) -> DecodedImage {
    guard (2...8).contains(orientation) else { return self }
    let (width, height, channels) = (shape.width, shape.height, shape.channels)
    let swaps = orientation >= 5
    let result = ImageShape(width: swaps ? height : width, height: swaps ? width : height, channels: channels)
    // Where (x, y) of the result is taken from: start + x * stepX + y * stepY.
    let (right, bottom) = ((width - 1) * channels, (height - 1) * width * channels)
    let (column, row) = (channels, width * channels)
    let (start, stepX, stepY) =
      switch orientation {
      case 2: (right, -column, row)
      case 3: (right + bottom, -column, -row)
      case 4: (bottom, column, -row)
      case 5: (0, row, column)
      case 6: (bottom, -row, column)
      case 7: (right + bottom, -row, -column)
      default: (right, row, -column)
      }
    var values: [UInt8] = []
    values.reserveCapacity(result.pixels)
    let span = pixels.span
    for y in 0..<result.height {
      for x in 0..<result.width {
        let source = start + x * stepX + y * stepY
        for c in 0..<channels { values.append(span[source + c]) }
      }
    }
    return DecodedImage(shape: result, pixels: values)
  }
}
