// WebP files: opacity, orientation, animations, damage; and JPEG files of every sampling.

import Plumbing
import Testing
import _ImageWriting
import _TestSupport

@testable import ImageData

@Suite struct WebPTests {
  private let image = noiseImage(19, 11, 3, seed: 1)

  private func decode(_ bytes: [UInt8]) throws -> DecodedImage { try ImageDecoder.decode(bytes, path: "a/b") }

  private func file(_ image: DecodedImage) -> [UInt8] {
    webp(width: image.shape.width, height: image.shape.height, channels: 3, pixels: image.pixels)
  }

  /// The chunks of a file without anything before them.
  private func chunks(_ image: DecodedImage) -> [UInt8] { Array(file(image)[12...]) }

  @Test func colourAndOpacity() throws {
    #expect(try decode(file(image)) == image)
    let clear = webp(
      width: 3, height: 1, channels: 4, pixels: [10, 20, 30, 255, 10, 20, 30, 1, 0, 100, 200, 128])
    #expect(try decode(clear).pixels == [10, 20, 30, 254, 254, 254, 127, 177, 227])
    let folder = try TemporaryFolder()
    #expect(try ImageFile.size(folder.write(file(image), to: "a.webp")) == (19, 11))
  }

  @Test(arguments: [false, true]) func orientation(littleEndian: Bool) throws {
    for orientation in 0...9 {
      let whole = exif(orientation: orientation, littleEndian: littleEndian)
      // With the words before it that JPEG wants, and without.
      for content in [whole, Array(whole.dropFirst(6))] {
        let turned = extendedWebP(
          width: 19, height: 11, flags: 8, chunks: chunks(image) + riffChunk("EXIF", content))
        #expect(try decode(turned) == image.oriented(orientation))
      }
    }
  }

  /// An animation of one frame at a place.
  private func animation(_ frame: DecodedImage, left: Int, top: Int, width: Int, height: Int) -> [UInt8] {
    func number(_ value: Int) -> [UInt8] { bigEndian(value, bytes: 3).reversed() }
    let sides = number(frame.shape.width - 1) + number(frame.shape.height - 1)
    let content = number(left / 2) + number(top / 2) + sides + number(100) + [0] + chunks(frame)
    return extendedWebP(
      width: width, height: height, flags: 2,
      chunks: riffChunk("ANIM", [0, 0, 0, 0, 0, 0]) + riffChunk("ANMF", content))
  }

  @Test func firstPictureOfAnAnimation() throws {
    #expect(try decode(animation(image, left: 0, top: 0, width: 19, height: 11)) == image)
    // A smaller one stands on white.
    let found = try decode(animation(image, left: 4, top: 2, width: 30, height: 20))
    #expect(found.shape == ImageShape(width: 30, height: 20, channels: 3))
    for y in 0..<20 {
      for x in 0..<30 {
        let isInside = (4..<23).contains(x) && (2..<13).contains(y)
        for c in 0..<3 {
          let expected = isInside ? image.pixels[((y - 2) * 19 + x - 4) * 3 + c] : 255
          #expect(found.pixels[(y * 30 + x) * 3 + c] == expected)
        }
      }
    }
    let outside = datasetError { _ = try decode(animation(image, left: 4, top: 2, width: 20, height: 20)) }
    #expect(outside?.code == .damagedImage)
  }

  @Test func damage() throws {
    let whole = extendedWebP(
      width: 19, height: 11, flags: 8,
      chunks: chunks(image) + riffChunk("EXIF", exif(orientation: 6, littleEndian: true)))
    let animated = animation(image, left: 0, top: 0, width: 19, height: 11)
    for file in [file(image), whole, animated] {
      for count in 12..<file.count {
        if let cut = try? decode(Array(file[..<count])) { #expect([image, image.oriented(6)].contains(cut)) }
      }
      expectDamageIsSeen(file)
    }
    // What promises more pixels than are decoded is refused by its header.
    let large = extendedWebP(width: 1 << 20, height: 1 << 10, flags: 2, chunks: riffChunk("ANMF", [0, 0]))
    #expect(datasetError { _ = try decode(large) } != nil)
  }

  /// Even colours come back from every sampling, as no value differs from its neighbours.
  @Test(arguments: [(2, 1), (1, 2), (2, 2), (4, 1), (1, 4), (4, 2), (2, 4), (3, 1), (1, 3)])
  func samplingsOfJPEG(across: Int, down: Int) throws {
    let pixels = (0..<41 * 23).flatMap { _ -> [UInt8] in [200, 90, 40] }
    for (progressive, arithmetic) in [(false, false), (true, false), (false, true), (true, true)] {
      let file = jpeg(width: 41, height: 23, channels: 3, pixels: pixels, progressive: progressive) {
        $0.across = (Int32(across), 1, 1, 1)
        $0.down = (Int32(down), 1, 1, 1)
        $0.arithmetic = arithmetic ? 1 : 0
      }
      let found = try decode(file)
      #expect(found.shape == ImageShape(width: 41, height: 23, channels: 3))
      #expect(zip(found.pixels, pixels).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
    }
  }

  @Test func inkWithoutAdobesMarker() throws {
    let ink = (0..<64).flatMap { _ -> [UInt8] in [200, 100, 50, 128] }
    let file = jpeg(width: 8, height: 8, channels: 4, pixels: ink) { $0.without_adobe = 1 }
    for (c, value) in [100, 50, 25].enumerated() {
      #expect(abs(Int(try decode(file).pixels[c]) - value) <= 1)
    }
  }
}
