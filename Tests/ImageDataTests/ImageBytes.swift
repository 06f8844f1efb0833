// PNG and JPEG files made by the tests: PNG chunk by chunk with zlib alone, JPEG through TurboJPEG.

import CTurboJPEG
import CZlib
import ImageData
import Testing

/// A number in big-endian bytes.
func bigEndian(_ value: Int, bytes count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
}

/// `bytes` as a zlib stream.
func zlib(_ bytes: [UInt8]) -> [UInt8] {
  var size = compressBound(UInt(bytes.count))
  var result = [UInt8](repeating: 0, count: Int(size))
  // SAFETY: the buffers live for the call, with their true sizes.
  let status = unsafe compress2(&result, &size, bytes, UInt(bytes.count), 6)
  precondition(status == Z_OK)
  return Array(result[..<Int(size)])
}

/// One PNG chunk with its length and checksum.
func pngChunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
  let body = Array(type.utf8) + content
  // SAFETY: the buffer lives for the call.
  let sum = unsafe crc32(0, body, UInt32(body.count))
  return bigEndian(content.count, bytes: 4) + body + bigEndian(Int(sum), bytes: 4)
}

/// A PNG file whose rows are as its colour type stores them: 0 grey, 2 RGB, 3 palette, 4 grey and opacity, 6 RGB and
/// opacity.
func png(
  width: Int, height: Int, colourType: UInt8, depth: UInt8 = 8, chunks: [UInt8] = [], rows: [[UInt8]]
) -> [UInt8] {
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    + pngChunk(
      "IHDR", bigEndian(width, bytes: 4) + bigEndian(height, bytes: 4) + [depth, colourType, 0, 0, 0])
    + chunks + pngChunk("IDAT", zlib(rows.flatMap { [0] + $0 })) + pngChunk("IEND", [])
}

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
func jpeg(width: Int, height: Int, channels: Int, pixels: [UInt8], progressive: Bool = false) -> [UInt8] {
  let format = channels == 1 ? TJPF_GRAY : channels == 3 ? TJPF_RGB : TJPF_CMYK
  let sampling = channels == 1 ? TJSAMP_GRAY : TJSAMP_444
  let flags = Int32(TJFLAG_ACCURATEDCT | (progressive ? TJFLAG_PROGRESSIVE : 0))
  // SAFETY: the handle and the buffer are TurboJPEG's, freed here; the pixels live for the call.
  precondition(pixels.count == width * height * channels)
  let handle = unsafe tjInitCompress()
  var target: UnsafeMutablePointer<UInt8>?
  var size: UInt = 0
  let status = unsafe tjCompress2(
    handle, pixels, Int32(width), 0, Int32(height), Int32(format.rawValue), &target, &size,
    Int32(sampling.rawValue), 100, flags)
  precondition(status == 0)
  let bytes = unsafe Array(UnsafeBufferPointer(start: target, count: Int(size)))
  unsafe tjFree(target)
  unsafe tjDestroy(handle)
  return bytes
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
