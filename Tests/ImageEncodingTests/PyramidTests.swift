// Halving images: sizes, rounding, odd edges.

import ImageEncoding
import Plumbing
import Testing

@Suite struct PyramidTests {
  @Test func sidesRoundUp() {
    let shape = ImageShape(width: 28, height: 28, channels: 1)
    #expect((0..<5).map { shape.halved($0).width } == [28, 14, 7, 4, 2])
    #expect(
      ImageShape(width: 1, height: 5, channels: 3).halved == ImageShape(width: 1, height: 3, channels: 3))
  }

  @Test(arguments: [
    (1, 1, 1), (2, 2, 1), (5, 3, 1), (3, 5, 4), (1, 6, 3), (6, 1, 3), (28, 28, 1), (32, 32, 3),
  ])
  func averagesThePixelsThatExist(width: Int, height: Int, channels: Int) {
    let shape = ImageShape(width: width, height: height, channels: channels)
    let pixels = randomPixels(shape, seed: 8)
    let (half, halfShape) = halve(pixels: pixels, shape: shape)
    var expected: [UInt8] = []
    for y in 0..<((height + 1) / 2) {
      for x in 0..<((width + 1) / 2) {
        for c in 0..<channels {
          var (sum, count) = (0, 0)
          for sy in 2 * y...2 * y + 1 where sy < height {
            for sx in 2 * x...2 * x + 1 where sx < width {
              sum += Int(pixels[(sy * width + sx) * channels + c])
              count += 1
            }
          }
          expected.append(UInt8((2 * sum + count) / (2 * count)))
        }
      }
    }
    #expect(half == expected && halfShape == shape.halved)
  }

  @Test func roundsHalfUp() {
    let shape = ImageShape(width: 2, height: 2, channels: 1)
    #expect(halve(pixels: [0, 0, 1, 1], shape: shape).pixels == [1])
    #expect(halve(pixels: [0, 0, 0, 1], shape: shape).pixels == [0])
    #expect(halve(pixels: [255, 255, 255, 255], shape: shape).pixels == [255])
    #expect(halve(pixels: [3, 4], shape: ImageShape(width: 1, height: 2, channels: 1)).pixels == [4])
    #expect(halve(pixels: [3, 4], shape: ImageShape(width: 2, height: 1, channels: 1)).pixels == [4])
  }
}
