// What the values of a PNG mean: 16 bits brought to 8, opacity laid on white.
// What a PNG says beside its pixels is in PNGChunks; the decoder is behind ImageCodec.

import Plumbing

/// Decodes PNG files.
enum PNGDecoder {
  /// Decodes a file as it is stored, not yet turned upright; 8 bits a value, transparency laid on white.
  ///
  /// Values are taken as they are stored: chunks that speak of colour (gAMA, cHRM, sRGB, iCCP) change none.
  static func decode(_ bytes: [UInt8], path: String) throws(DatasetError) -> RawImage {
    var stored = try ImageCodec.png.read(bytes[...], path: path)
    var notes = [stored.note].compactMap { $0 }
    if stored.depth == 16, let note = WideValues.narrow(&stored) { notes.append(note) }
    let channels = (stored.channels - 1) | 1
    if channels < stored.channels { Opacity.layOnWhite(&stored.values, channels: channels) }
    let shape = ImageShape(width: stored.width, height: stored.height, channels: channels)
    return RawImage(image: DecodedImage(shape: shape, pixels: stored.values), notes: notes)
  }
}

/// Opacity, the last value of a pixel.
enum Opacity {
  /// Lays pixels on white and takes their opacity a away: (v a + 255 (255 - a) + 127) / 255, rounded down.
  /// - Parameter channels: the values of a pixel without its opacity.
  static func layOnWhite(_ values: inout [UInt8], channels: Int) {
    let pixels = values.count / (channels + 1)
    var span = values.mutableSpan
    for i in 0..<pixels {
      let from = i * (channels + 1)
      let opacity = Int(span[from + channels])
      for c in 0..<channels {
        let sum = Int(span[from + c]) * opacity + 255 * (255 - opacity) + 127
        span[i * channels + c] = UInt8(truncatingIfNeeded: sum / 255)
      }
    }
    values.removeLast(values.count - pixels * channels)
  }
}
