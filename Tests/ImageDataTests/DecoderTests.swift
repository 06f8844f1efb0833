// PNG and JPEG files of every kind that is read, and what is said of those that are not. WebP is in WebPTests, what
// passes with a note in DecodingNoteTests.

import Foundation
import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct DecoderTests {
  private func decode(_ bytes: [UInt8]) throws -> DecodedImage {
    try ImageDecoder.decode(bytes, path: "a/b")
  }

  private func grey(_ width: Int, _ height: Int) -> ImageShape {
    ImageShape(width: width, height: height, channels: 1)
  }

  @Test func pngKinds() throws {
    for channels in [1, 3] {
      let image = noiseImage(9, 5, channels, seed: 3)
      #expect(try decode(png(image)) == image)
    }
    // Two bits a value, 16 bits a value.
    let bits = png(width: 4, height: 1, colourType: 0, depth: 2, rows: [[0b00_01_10_11]])
    #expect(try decode(bits).pixels == [0, 85, 170, 255])
    let deep = png(width: 3, height: 1, colourType: 0, depth: 16, rows: [[0, 0, 0x80, 0x80, 0xff, 0xff]])
    #expect(try decode(deep).pixels == [0, 128, 255])
    let deepColour = png(width: 1, height: 1, colourType: 2, depth: 16, rows: [[1, 1, 2, 2, 255, 255]])
    #expect(try decode(deepColour).pixels == [1, 2, 255])
    // A palette of two colours, then with the second see-through.
    let palette = pngChunk("PLTE", [10, 20, 30, 0, 100, 200])
    let indexed = png(width: 2, height: 1, colourType: 3, chunks: palette, rows: [[0, 1]])
    #expect(try decode(indexed).pixels == [10, 20, 30, 0, 100, 200])
    let seeThrough = png(
      width: 2, height: 1, colourType: 3, chunks: palette + pngChunk("tRNS", [255, 0]), rows: [[0, 1]])
    #expect(try decode(seeThrough).pixels == [10, 20, 30, 255, 255, 255])
  }

  @Test func transparencyIsLaidOnWhite() throws {
    let colour = png(
      width: 3, height: 1, colourType: 6, rows: [[10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 200, 128]])
    // 255 * 127 = 32385; (0 + 32385 + 127) / 255 = 127, (12800 + 32512) / 255 = 177, (25600 + 32512) / 255 = 227.
    #expect(try decode(colour).pixels == [10, 20, 30, 255, 255, 255, 127, 177, 227])
    let plain = png(width: 3, height: 1, colourType: 4, rows: [[7, 255, 7, 0, 100, 128]])
    #expect(try decode(plain) == DecodedImage(shape: grey(3, 1), pixels: [7, 255, 177]))
  }

  @Test(arguments: [false, true]) func jpegKinds(progressive: Bool) throws {
    let flat = [UInt8](repeating: 100, count: 24 * 16)
    let one = try decode(jpeg(width: 24, height: 16, channels: 1, pixels: flat, progressive: progressive))
    #expect(one == DecodedImage(shape: grey(24, 16), pixels: flat))
    let smooth = (0..<24 * 16).flatMap { (i: Int) -> [UInt8] in [UInt8(i % 24 * 5), UInt8(i / 24 * 9), 60] }
    let three = try decode(jpeg(width: 24, height: 16, channels: 3, pixels: smooth, progressive: progressive))
    #expect(three.shape == ImageShape(width: 24, height: 16, channels: 3))
    #expect(zip(three.pixels, smooth).allSatisfy { abs(Int($0) - Int($1)) <= 6 })
    // The best quality of even ink comes back as it was.
    let ink = (0..<64).flatMap { _ -> [UInt8] in [200, 100, 50, 128] }
    let four = try decode(jpeg(width: 8, height: 8, channels: 4, pixels: ink, progressive: progressive))
    #expect(four.shape.channels == 3)
    for (c, value) in [100, 50, 25].enumerated() { #expect(abs(Int(four.pixels[c]) - value) <= 1) }
  }

  @Test(arguments: [false, true]) func exifOrientation(littleEndian: Bool) throws {
    let smooth = (0..<24 * 16).map { (i: Int) -> UInt8 in UInt8(i % 24 * 5 + i / 24) }
    let file = jpeg(width: 24, height: 16, channels: 1, pixels: smooth)
    let plain = try decode(file)
    for orientation in 0...9 {
      let turned = withSegment(0xe1, exif(orientation: orientation, littleEndian: littleEndian), in: file)
      #expect(try decode(turned) == plain.oriented(orientation))
      let shape = ImageShape(width: 6, height: 5, channels: 3)
      #expect(
        try ImageDecoder.decode(turned, path: "", fitting: shape) == decode(turned).fitted(to: shape))
    }
  }

  /// A PNG file of noise with chunks before and after its pixels.
  private func pngFile(_ image: DecodedImage, before: [UInt8] = [], after: [UInt8] = []) -> [UInt8] {
    let plain = png(image)
    let (header, end) = (33, plain.count - 12)
    return plain[..<header] + before + plain[header..<end] + after + plain[end...]
  }

  @Test(arguments: [false, true]) func exifOrientationOfPNG(littleEndian: Bool) throws {
    let image = noiseImage(24, 16, 3, seed: 4)
    for orientation in 0...9 {
      let tiff = Array(exif(orientation: orientation, littleEndian: littleEndian).dropFirst(6))
      let chunk = pngChunk("eXIf", tiff)
      for file in [pngFile(image, before: chunk), pngFile(image, after: chunk)] {
        #expect(try decode(file) == image.oriented(orientation))
        let shape = ImageShape(width: 6, height: 5, channels: 3)
        #expect(try ImageDecoder.decode(file, path: "", fitting: shape) == decode(file).fitted(to: shape))
      }
    }
  }

  /// As in a JPEG: the picture is shown as it is stored.
  @Test func damagedEXIFOfPNGIsNoOrientation() throws {
    let image = noiseImage(24, 16, 1, seed: 4)
    let tiff = Array(exif(orientation: 6, littleEndian: true).dropFirst(6))
    let whole = pngChunk("eXIf", tiff)
    #expect(try decode(pngFile(image, before: whole)) == image.oriented(6))
    var wrongSum = whole
    wrongSum[whole.count - 1] ^= 1
    var flipped = whole
    flipped[8 + 30] ^= 4
    let contents = [[], [0x49], Array(tiff.prefix(20)), Array("Exif\0\0".utf8) + tiff, noise(40, seed: 1)]
    for chunk in contents.map({ pngChunk("eXIf", $0) }) + [wrongSum, flipped] {
      #expect(try decode(pngFile(image, before: chunk)) == image, "\(chunk)")
      #expect(try decode(pngFile(image, after: chunk)) == image, "\(chunk)")
    }
    // The first whole one counts; none does behind the end.
    #expect(try decode(pngFile(image, before: wrongSum + whole)) == image.oriented(6))
    #expect(PNGChunks(png(image) + whole).orientation == 1)
    // A length that runs past the end of the file is libpng's to refuse.
    var long = pngFile(image, before: whole)
    long[33] = 0x7f
    #expect(PNGChunks(long).orientation == 1)
    #expect(datasetError { _ = try decode(long) } != nil)
    for count in 0..<long.count { #expect([1, 6].contains(PNGChunks(Array(long[..<count])).orientation)) }
  }

  @Test func damagedEXIFIsNoOrientation() throws {
    let whole = Array(exif(orientation: 6, littleEndian: true).dropFirst(6))
    #expect(EXIF.orientation(whole) == 6)
    for count in 0..<(whole.count - 6) {
      #expect(EXIF.orientation(Array(whole[..<count])) == nil)
    }
    for at in whole.indices {
      for bit in 0..<8 {
        var flipped = whole
        flipped[at] ^= 1 << bit
        if let found = EXIF.orientation(flipped) { #expect((1...8).contains(found)) }
      }
    }
    let far = [0x49, 0x49, 42, 0, 0xff, 0xff, 0xff, 0xff] as [UInt8]
    #expect(EXIF.orientation(far + [UInt8](repeating: 0, count: 40)) == nil)
  }

  @Test func sizesBeyondTheLimitsAreRefusedByTheHeader() throws {
    // Small files that promise much: nothing of them is decoded.
    for (width, height) in [(60_000, 60_000), (8193, 8192), (65_536, 1), (1, 65_536), (0x7fff_ffff, 1)] {
      let file = png(width: width, height: height, colourType: 0, rows: [[0]])
      let error = try #require(datasetError { _ = try decode(file) })
      #expect(error.message.hasPrefix("a/b: "))
      #expect(error.code == .wrongShape, "\(error)")
    }
    var file = jpeg(width: 8, height: 8, channels: 1, pixels: noise(64, seed: 1))
    let frame = try #require(file.indices.first { file[$0...].starts(with: [0xff, 0xc0]) })
    file.replaceSubrange((frame + 5)..<(frame + 9), with: [0xfd, 0xe8, 0xfd, 0xe8])
    let error = try #require(datasetError { _ = try decode(file) })
    #expect(error.code == .wrongShape && error.message.contains("65000x65000"))
  }

  @Test func whatIsNoImage() throws {
    let cases: [([UInt8], DatasetError.Code, String)] = [
      ([], .empty, "an empty file"), (Array("hello, world".utf8), .wrongMagic, "none of PNG, JPEG and WebP"),
      ([0xff, 0xd8, 0xff], .truncated, "JPEG"),
      (Array(png(noiseImage(2, 2, 1, seed: 1))[..<8]), .truncated, "PNG is cut short"),
    ]
    for (bytes, code, words) in cases {
      let error = try #require(datasetError { _ = try decode(bytes) })
      #expect(error.code == code && error.message.hasPrefix("a/b: "), "\(error)")
      #expect(error.message.contains(words), "\(error)")
    }
    let target = ImageShape(width: 4, height: 4, channels: 2)
    let file = png(noiseImage(2, 2, 1, seed: 1))
    #expect(
      datasetError { _ = try ImageDecoder.decode(file, path: "", fitting: target) }?.code == .wrongShape)
  }

  /// A file cut anywhere either is refused or shows what the whole one shows; a changed byte is refused or shows
  /// something: it never ends the process.
  @Test func mutatedFiles() throws {
    let colour = noiseImage(33, 21, 3, seed: 5)
    let files = [
      png(colour), png(noiseImage(20, 20, 1, seed: 2)),
      pngFile(colour, before: pngChunk("eXIf", Array(exif(orientation: 7, littleEndian: true).dropFirst(6)))),
      jpeg(width: 33, height: 21, channels: 3, pixels: colour.pixels),
      jpeg(width: 33, height: 21, channels: 3, pixels: colour.pixels, progressive: true),
      withSegment(
        0xe1, exif(orientation: 5, littleEndian: false),
        in: jpeg(width: 8, height: 8, channels: 4, pixels: noise(256, seed: 1))),
      webp(width: 33, height: 21, channels: 3, pixels: colour.pixels),
    ]
    for file in files {
      let whole = try decode(file)
      for count in stride(from: 0, to: file.count, by: 7) {
        if let cut = try? decode(Array(file[..<count])) { #expect(cut == whole) }
      }
      expectDamageIsSeen(file)
    }
  }

  @Test func filesByPath() throws {
    let folder = try TemporaryFolder()
    let image = noiseImage(12, 7, 3, seed: 1)
    let path = try folder.write(png(image), to: "a.png")
    #expect(try ImageFile.load(path) == image)
    let shape = ImageShape(width: 4, height: 4, channels: 1)
    #expect(try ImageFile.load(path, fitting: shape) == image.fitted(to: shape))
    #expect(try ImageFile.size(path) == (12, 7))
    #expect(datasetError { _ = try ImageFile.load(folder.path("none.png")) }?.code == .missing)
    #expect(datasetError { _ = try ImageFile.load(folder.url.path) }?.code == .wrongKind)
    // A frame header beyond the first 64 KiB, as large thumbnails push it there.
    var file = jpeg(width: 24, height: 16, channels: 1, pixels: noise(24 * 16, seed: 1))
    for _ in 0..<3 { file = withSegment(0xe2, noise(40_000, seed: 2), in: file) }
    #expect(try ImageFile.size(folder.write(file, to: "b.jpg")) == (24, 16))
    #expect(["a.JPG", "b.jpeg", "c.d.png", "e.WebP"].allSatisfy(ImageFile.isImageName))
    #expect(!["png", "a.gif", "a.png.txt", ""].contains(where: ImageFile.isImageName))
  }
}
