// What the values of a JPEG mean: grey, RGB, or ink turned into light.
// What a JPEG says beside its pixels is in JPEGSegments; the decoder is behind ImageCodec.

import Plumbing

/// Decodes JPEG files.
enum JPEGDecoder {
  /// Decodes a file as it is stored, not yet turned upright.
  static func decode(_ bytes: [UInt8], path: String) throws(DatasetError) -> RawImage {
    var stored = try ImageCodec.jpeg.read(bytes[...], path: path)
    let isInk = stored.channels == 4
    if isInk { light(&stored.values) }
    let shape = ImageShape(width: stored.width, height: stored.height, channels: isInk ? 3 : stored.channels)
    return RawImage(
      image: DecodedImage(shape: shape, pixels: stored.values), notes: [stored.note].compactMap { $0 })
  }

  /// Light from ink: R = (255 - C)(255 - K) / 255, rounded, and so on. Files store 255 - C and so on, with Adobe's marker
  /// or without it, as Pillow and OpenCV take them.
  static func light(_ inks: inout [UInt8]) {
    let pixels = inks.count / 4
    var span = inks.mutableSpan
    for i in 0..<pixels {
      let key = Int(span[4 * i + 3])
      for c in 0..<3 {
        span[3 * i + c] = UInt8(truncatingIfNeeded: (Int(span[4 * i + c]) * key + 127) / 255)
      }
    }
    inks.removeLast(pixels)
  }
}
