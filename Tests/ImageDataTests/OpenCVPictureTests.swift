// Pictures with blue first: the same as from a PNG of them.

import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct OpenCVPictureTests {
  /// Values of 4 × 3 pixels.
  private func values(_ channels: Int) -> [UInt8] {
    (0..<12 * channels).map { UInt8(truncatingIfNeeded: 37 * $0 + 11) }
  }

  @Test(arguments: [(1, 0), (3, 2), (4, 6)], [1, 3])
  func itIsThePNGWithBlueFirst(kind: (channels: Int, colourType: UInt8), wanted: Int) throws {
    let (channels, stored) = (kind.channels, values(kind.channels))
    var turned = stored
    if channels > 1 {
      for at in stride(from: 0, to: stored.count, by: channels) { turned.swapAt(at, at + 2) }
    }
    let rows = (0..<3).map { Array(stored[$0 * 4 * channels..<($0 + 1) * 4 * channels]) }
    let file = png(width: 4, height: 3, colourType: kind.colourType, rows: rows)
    for shape in [
      ImageShape(width: 4, height: 3, channels: wanted), ImageShape(width: 2, height: 2, channels: wanted),
    ] {
      let fitted = try ImageDecoder.fit(
        openCV: turned, width: 4, height: 3, channels: channels, to: shape, name: "x")
      #expect(try fitted == ImageDecoder.decode(file, path: "x", fitting: shape))
    }
  }

  @Test(arguments: [
    (4, 3, 2, 24), (4, 3, 3, 35), (4, 3, 3, 37), (0, 3, 1, 0), (-4, -3, 1, 12), (4, 3, 0, 0),
    (1 << 40, 1 << 40, 3, 9), (Int.max, 1, 1, 1),
  ])
  func whatContradictsItselfIsRefused(width: Int, height: Int, channels: Int, bytes: Int) throws {
    let shape = ImageShape(width: 4, height: 4, channels: 1)
    let error = #expect(throws: DatasetError.self) {
      try ImageDecoder.fit(
        openCV: [UInt8](repeating: 0, count: bytes), width: width, height: height, channels: channels,
        to: shape, name: "photo")
    }
    #expect(error?.message.hasPrefix("photo: ") == true)
  }

  @Test func shapesThatNoImageHasAreRefused() {
    #expect(throws: DatasetError.self) {
      try ImageDecoder.fit(
        openCV: [1], width: 1, height: 1, channels: 1, to: ImageShape(width: 2, height: 2, channels: 2),
        name: "x")
    }
  }
}
