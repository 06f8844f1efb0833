// JPEG through TurboJPEG, whose errors are return values. All its pointers stay in this file.
// What a JPEG says beside its pixels is in JPEGSegments.

import CTurboJPEG
import Plumbing

/// Decodes JPEG files.
enum JPEGDecoder {
  /// Decodes a file as it is stored, not yet turned upright.
  static func decode(
    _ bytes: [UInt8], _ segments: JPEGSegments, path: String
  ) throws(DatasetError) -> DecodedImage {
    // SAFETY: the handle is checked for nil and destroyed once.
    guard let handle = unsafe tjInitDecompress() else {
      throw DatasetError(
        code: .unreadable, message: "\(path): TurboJPEG could not be started; is memory short?")
    }
    defer { unsafe tjDestroy(handle) }
    var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    // SAFETY: TurboJPEG reads the buffer within its length, and writes four numbers.
    let headed = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe tjDecompressHeader3(
        handle, source.baseAddress, UInt(source.count), &width, &height, &sampling, &space)
    }
    if segments.endsEarly, headed != 0 || width == 0 { throw endsInTheMiddle(path, cause: nil) }
    if headed != 0 { try unsafe check(handle, path: path) }
    try ImageDecoder.checkSize(width: Int(width), height: Int(height), path: path)
    let isInk = space == Int32(TJCS_CMYK.rawValue) || space == Int32(TJCS_YCCK.rawValue)
    let isGrey = space == Int32(TJCS_GRAY.rawValue)
    let format = isInk ? TJPF_CMYK : isGrey ? TJPF_GRAY : TJPF_RGB
    let stored = isInk ? 4 : isGrey ? 1 : 3
    var values = [UInt8](repeating: 0, count: Int(width) * Int(height) * stored)
    let flags = Int32(TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
    // SAFETY: the target has height rows of width pixels of this format; the source is read within its length.
    let status = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe values.withUnsafeMutableBufferPointer { target in
        unsafe tjDecompress2(
          handle, source.baseAddress, UInt(source.count), target.baseAddress, width, 0, height,
          Int32(format.rawValue), flags)
      }
    }
    if status != 0 { try unsafe check(handle, path: path) }
    let shape = ImageShape(width: Int(width), height: Int(height), channels: isGrey ? 1 : 3)
    return DecodedImage(
      shape: shape, pixels: isInk ? lit(values, isInverted: segments.hasAdobeMarker) : values)
  }

  /// Light from ink: R = (255 - C)(255 - K) / 255, rounded, and so on. Files with Adobe's marker, nearly all, store
  /// 255 - C and so on.
  static func lit(_ inks: [UInt8], isInverted: Bool) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(inks.count / 4 * 3)
    let span = inks.span
    let flip: UInt8 = isInverted ? 0 : 255
    for i in stride(from: 0, to: span.count, by: 4) {
      let key = Int(span[i + 3] ^ flip)
      for c in 0..<3 { result.append(UInt8(truncatingIfNeeded: (Int(span[i + c] ^ flip) * key + 127) / 255)) }
    }
    return result
  }

  /// Throws what TurboJPEG said; a few bytes too many between two markers, which do no harm, are accepted.
  @unsafe
  private static func check(_ handle: tjhandle, path: String) throws(DatasetError) {
    // SAFETY: the text is the handle's own, terminated, copied at once.
    let said = unsafe String(cString: tjGetErrorStr2(handle))
    let isWarning = unsafe tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
    if isWarning, said.contains("extraneous bytes before marker") { return }
    if said.contains("Premature end") { throw endsInTheMiddle(path, cause: said) }
    throw DatasetError(
      code: .damagedImage,
      message: "\(path): the JPEG is damaged or of an unsupported kind; fetch it again",
      cause: said)
  }

  private static func endsInTheMiddle(_ path: String, cause: String?) -> DatasetError {
    DatasetError(
      code: .truncated, message: "\(path): the JPEG is cut short; fetch it again", cause: cause)
  }
}
