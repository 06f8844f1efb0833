// PNG through libpng's simplified interface, whose errors are return values. All its pointers stay in this file.
// What a PNG says beside its pixels is in PNGChunks.

import CPNG
import Plumbing

/// Decodes PNG files.
enum PNGDecoder {
  /// Decodes a file as it is stored, not yet turned upright; 8 bits a value, transparency laid on white.
  static func decode(_ bytes: [UInt8], path: String) throws(DatasetError) -> DecodedImage {
    // SAFETY: the structure is libpng's, made and freed here; freeing is allowed at any time. libpng keeps a pointer
    // into `source`, which outlives both calls that use it.
    var control = unsafe png_image()
    defer { unsafe png_image_free(&control) }
    unsafe control.version = UInt32(PNG_IMAGE_VERSION)
    let outcome: Result<DecodedImage, DatasetError> = unsafe bytes.withUnsafeBytes { source in
      guard unsafe png_image_begin_read_from_memory(&control, source.baseAddress, source.count) != 0 else {
        return .failure(unsafe error(control, path: path))
      }
      let (width, height) = unsafe (Int(control.width), Int(control.height))
      do throws(DatasetError) {
        try ImageDecoder.checkSize(width: width, height: height, path: path)
      } catch {
        return .failure(error)
      }
      return unsafe read(&control, width: width, height: height, path: path)
    }
    return try outcome.get()
  }

  /// Decodes the pixels after the header was accepted.
  @unsafe
  private static func read(
    _ control: inout png_image, width: Int, height: Int, path: String
  ) -> Result<DecodedImage, DatasetError> {
    // SAFETY: plain numbers of a structure that libpng has filled.
    let kept = unsafe control.format & UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
    unsafe control.format = kept
    // 16-bit values are taken as they are stored, as every 8-bit reader does, not as linear light.
    unsafe control.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
    let channels = kept & UInt32(PNG_FORMAT_FLAG_COLOR) != 0 ? 3 : 1
    let hasAlpha = kept & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
    let stored = channels + (hasAlpha ? 1 : 0)
    var values = [UInt8](repeating: 0, count: width * height * stored)
    // SAFETY: the buffer has height rows of width * stored bytes, which is what libpng writes for this format.
    let ok = unsafe values.withUnsafeMutableBytes { target in
      unsafe png_image_finish_read(&control, nil, target.baseAddress, Int32(width * stored), nil)
    }
    guard ok != 0 else { return .failure(unsafe error(control, path: path)) }
    let shape = ImageShape(width: width, height: height, channels: channels)
    return .success(
      DecodedImage(shape: shape, pixels: hasAlpha ? laidOnWhite(values, channels: channels) : values))
  }

  /// Values with a last channel of opacity, laid on white: (v a + 255 (255 - a) + 127) / 255, rounded down.
  private static func laidOnWhite(_ values: [UInt8], channels: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(values.count / (channels + 1) * channels)
    let span = values.span
    for i in stride(from: 0, to: span.count, by: channels + 1) {
      let opacity = Int(span[i + channels])
      for c in 0..<channels {
        let sum = Int(span[i + c]) * opacity + 255 * (255 - opacity) + 127
        result.append(UInt8(truncatingIfNeeded: sum / 255))
      }
    }
    return result
  }

  /// libpng's own words as an error.
  @unsafe
  private static func error(_ control: png_image, path: String) -> DatasetError {
    // SAFETY: the message is a fixed array in a value of our own, read up to its end or its first zero.
    let said = unsafe withUnsafeBytes(of: control.message) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if said.contains("end of data") || said.contains("Not enough") {
      return DatasetError(
        code: .truncated, message: "\(path): the PNG is cut short; fetch it again", cause: said)
    }
    return DatasetError(
      code: .damagedImage, message: "\(path): the PNG is damaged; fetch it again", cause: said)
  }
}
