// PNG and JPEG files made by the tests: PNG as PNGBytes.swift writes it, JPEG through TurboJPEG.

import CTurboJPEG
import ImageData
import Plumbing
import Testing
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
