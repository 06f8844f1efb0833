// Image files made by the tests: PNG as PNGBytes.swift writes it, JPEG and WebP through their libraries.

import ImageData
import Plumbing
import Testing
import _ImageWriting
import _TestSupport

/// An image as a PNG file.
func png(_ image: DecodedImage) -> [UInt8] {
  let (shape, row) = (image.shape, image.shape.width * image.shape.channels)
  return png(
    width: shape.width, height: shape.height, colourType: shape.channels == 1 ? 0 : 2,
    rows: (0..<shape.height).map { Array(image.pixels[($0 * row)..<(($0 + 1) * row)]) })
}

/// An image of noise.
func noiseImage(_ width: Int, _ height: Int, _ channels: Int, seed: UInt64) -> DecodedImage {
  DecodedImage(
    shape: ImageShape(width: width, height: height, channels: channels),
    pixels: noise(width * height * channels, seed: seed))
}

/// A JPEG file of the best quality without subsampling; `pixels` are grey (1 channel), RGB (3) or CMYK (4).
func jpeg(
  width: Int, height: Int, channels: Int, pixels: [UInt8], progressive: Bool = false,
  changing change: (inout jpeg_kind) -> Void = { _ in }
) -> [UInt8] {
  precondition(pixels.count == width * height * channels)
  var kind = jpeg_kind()
  (kind.width, kind.height, kind.channels) = (Int32(width), Int32(height), Int32(channels))
  (kind.quality, kind.progressive) = (100, progressive ? 1 : 0)
  (kind.across, kind.down) = ((1, 1, 1, 1), (1, 1, 1, 1))
  change(&kind)
  return unsafe written { count in
    // SAFETY: both live for the call; there are as many pixels as the kind says.
    unsafe jpeg_write(&kind, pixels, &count)
  }
}

/// A lossless WebP file of RGB or, with 4 channels, RGB and opacity.
func webp(width: Int, height: Int, channels: Int, pixels: [UInt8]) -> [UInt8] {
  precondition(pixels.count == width * height * channels)
  return unsafe written { count in
    // SAFETY: the pixels live for the call, as many as the sizes say.
    unsafe webp_write(Int32(width), Int32(height), Int32(channels), pixels, &count)
  }
}

/// What a writer in C returns, as an array.
private func written(_ write: (inout Int) -> UnsafeMutablePointer<UInt8>?) -> [UInt8] {
  var count = 0
  // SAFETY: the writer returns `count` bytes, freed here.
  let bytes = unsafe write(&count)
  defer { unsafe written_free(bytes) }
  return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
}

/// A chunk of a RIFF file.
func riffChunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
  Array(name.utf8) + bigEndian(content.count, bytes: 4).reversed() + content
    + [UInt8](repeating: 0, count: content.count % 2)
}

/// A WebP file of chunks behind a VP8X chunk with these flags.
func extendedWebP(width: Int, height: Int, flags: UInt8, chunks: [UInt8]) -> [UInt8] {
  let sides = bigEndian(width - 1, bytes: 3).reversed() + bigEndian(height - 1, bytes: 3).reversed()
  let content = Array("WEBP".utf8) + riffChunk("VP8X", [flags, 0, 0, 0] + sides) + chunks
  return riffChunk("RIFF", content)
}

/// A JPEG file with a segment put in behind its first two bytes.
func withSegment(_ marker: UInt8, _ content: [UInt8], in file: [UInt8]) -> [UInt8] {
  file[..<2] + [0xff, marker] + bigEndian(content.count + 2, bytes: 2) + content + file[2...]
}

/// An EXIF segment's content that holds an orientation.
func exif(orientation: Int, littleEndian: Bool) -> [UInt8] {
  func number(_ value: Int, _ bytes: Int) -> [UInt8] {
    let big = bigEndian(value, bytes: bytes)
    return littleEndian ? big.reversed() : big
  }
  func entry(_ tag: Int, _ value: Int) -> [UInt8] {
    number(tag, 2) + number(3, 2) + number(1, 4) + number(value, 2) + [0, 0]
  }
  return Array("Exif\0\0".utf8) + (littleEndian ? [0x49, 0x49] : [0x4d, 0x4d]) + number(42, 2) + number(8, 4)
    + number(2, 2) + entry(0x0100, 77) + entry(0x0112, orientation) + number(0, 4)
}

/// Half of an image file is refused as cut off, and a few changed bytes anywhere give an image that is whole or an error.
func expectDamageIsSeen(_ file: [UInt8], _ location: SourceLocation = #_sourceLocation) {
  let half = datasetError { _ = try ImageDecoder.decode(Array(file[..<(file.count / 2)]), path: "a/b") }
  #expect(half?.code == .truncated, sourceLocation: location)
  var generator = SeededGenerator(seed: 9)
  for _ in 0..<400 {
    var changed = file
    for _ in 0...generator.below(3) {
      changed[generator.below(file.count)] = UInt8(generator.below(256))
    }
    if let image = try? ImageDecoder.decode(changed, path: "a/b") {
      #expect(image.pixels.count == image.shape.pixels, sourceLocation: location)
    }
  }
}
