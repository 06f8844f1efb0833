// Fitting of images to a shape: against exact fractions pixel by pixel, and the laws it keeps.

import Testing

@testable import ImageData
@testable import Plumbing

@Suite struct FittingTests {
  /// The definition, with every overlap of a source and a target pixel as a fraction of the same denominator.
  private func reference(_ image: DecodedImage, _ width: Int, _ height: Int) -> [UInt8] {
    let (w, h, channels) = (image.shape.width, image.shape.height, image.shape.channels)
    // The side of a target pixel is p / q source pixels, the smaller of w / width and h / height.
    let (p, q) = w * height > h * width ? (h, height) : (w, width)
    // In units of 1 / 2q.
    func overlap(_ source: Int, _ target: Int, _ sourceSide: Int, _ targetSide: Int) -> Int {
      let start = sourceSide * q - targetSide * p + 2 * target * p
      return max(0, min(start + 2 * p, 2 * q * (source + 1)) - max(start, 2 * q * source))
    }
    var values: [UInt8] = []
    for j in 0..<height {
      for i in 0..<width {
        for c in 0..<channels {
          var (sum, area) = (0, 0)
          for y in 0..<h {
            for x in 0..<w {
              let part = overlap(x, i, w, width) * overlap(y, j, h, height)
              sum += part * Int(image.pixels[(y * w + x) * channels + c])
              area += part
            }
          }
          precondition(area == 4 * p * p, "a target pixel lies inside the source")
          values.append(UInt8((2 * sum + area) / (2 * area)))
        }
      }
    }
    return values
  }

  @Test(arguments: [1, 3]) func areasAreAveragedExactly(channels: Int) {
    let sides = [(1, 1), (2, 3), (5, 5), (7, 4), (16, 16), (17, 23), (40, 9), (3, 31)]
    for (n, (w, h)) in sides.enumerated() {
      let image = noiseImage(w, h, channels, seed: UInt64(n))
      for (width, height) in [(1, 1), (2, 2), (4, 4), (5, 3), (3, 8), (16, 16), (19, 11)] {
        let target = ImageShape(width: width, height: height, channels: channels)
        #expect(image.fitted(to: target).pixels == reference(image, width, height), "\(w)x\(h) to \(target)")
      }
    }
  }

  @Test func knownValues() {
    func grey(_ width: Int, _ height: Int, _ pixels: [UInt8]) -> DecodedImage {
      DecodedImage(shape: ImageShape(width: width, height: height, channels: 1), pixels: pixels)
    }
    let two = ImageShape(width: 1, height: 1, channels: 1)
    // Halves are rounded up; of a wide image only the middle square counts, of five columns half of two.
    #expect(grey(2, 2, [0, 0, 1, 1]).fitted(to: two).pixels == [1])
    #expect(grey(4, 2, [255, 10, 20, 255, 255, 30, 40, 255]).fitted(to: two).pixels == [25])
    #expect(grey(3, 2, [0, 100, 0, 0, 100, 0]).fitted(to: two).pixels == [50])
    // A size that it has already leaves an image alone; one pixel can become many.
    #expect(
      grey(1, 1, [9]).fitted(to: ImageShape(width: 3, height: 2, channels: 1)).pixels == [9, 9, 9, 9, 9, 9])
  }

  @Test func greyAndColour() {
    let colour = DecodedImage(
      shape: ImageShape(width: 4, height: 1, channels: 3),
      pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3])
    let grey = colour.fitted(to: ImageShape(width: 4, height: 1, channels: 1))
    #expect(grey.pixels == [77, 149, 29, 2])
    #expect(!colour.isGrey && grey.isGrey)
    let all = DecodedImage(shape: ImageShape(width: 256, height: 1, channels: 1), pixels: Array(0...255))
    let repeated = all.fitted(to: ImageShape(width: 256, height: 1, channels: 3))
    #expect(repeated.pixels == (0...255).flatMap { [$0, $0, $0] } && repeated.isGrey)
    #expect(repeated.fitted(to: all.shape) == all)
  }

  @Test func turningBeforeOrAfterMakesNoDifference() {
    for orientation in 1...8 {
      let image = noiseImage(13, 8, 3, seed: UInt64(orientation))
      let lies = orientation >= 5
      let fitted = image.fitted(to: ImageShape(width: lies ? 4 : 5, height: lies ? 5 : 4, channels: 3))
      let turned = image.oriented(orientation).fitted(to: ImageShape(width: 5, height: 4, channels: 3))
      #expect(fitted.oriented(orientation) == turned)
    }
  }

  @Test func orientations() {
    // The letters of the EXIF standard: what is at the top left after turning.
    let image = DecodedImage(shape: ImageShape(width: 3, height: 2, channels: 1), pixels: [1, 2, 3, 4, 5, 6])
    let expected: [[UInt8]] = [
      [1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4], [6, 5, 4, 3, 2, 1], [4, 5, 6, 1, 2, 3],
      [1, 4, 2, 5, 3, 6], [4, 1, 5, 2, 6, 3], [6, 3, 5, 2, 4, 1], [3, 6, 2, 5, 1, 4],
    ]
    for (index, pixels) in expected.enumerated() {
      let turned = image.oriented(index + 1)
      #expect(turned.pixels == pixels && turned.shape.width == (index < 4 ? 3 : 2), "\(index + 1)")
    }
    #expect(image.oriented(0) == image && image.oriented(9) == image)
  }
}
