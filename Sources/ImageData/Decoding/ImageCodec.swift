// The decoders in C, behind values: bytes in, stored pixels or an error out. All pointers of decoding are here.
// What the pixels mean is in PNGDecoder, JPEGDecoder and WebPDecoder.

import CImageDecoders

/// Pixels as a file stores them, in whole bytes.
struct StoredImage {
  let width, height: Int
  /// Values a pixel: an even number where the last is opacity, except for ink.
  let channels: Int
  /// 8, or 16 with the high byte first.
  let depth: Int
  /// The significant bits of a value, of grey or colour and of opacity, as far as the file states them; else 0.
  let colourBits, opacityBits: Int
  /// `width * height * channels * depth / 8` bytes.
  var values: [UInt8]
  /// What the library had to say though it went on; nil for nothing.
  let note: DecodingNote?
}

/// A decoder.
enum ImageCodec: String {
  case png = "PNG"
  case jpeg = "JPEG"
  case webp = "WebP"

  /// Decodes a file, or the part of an animation that is one picture.
  /// - Throws: `wrongShape` for too many pixels, before any is decoded; `truncated`, `damagedImage`, `tooLong`.
  func read(_ bytes: ArraySlice<UInt8>, path: String) throws(DatasetError) -> StoredImage {
    var (image, report) = header(bytes)
    let (width, height) = (Int(image.width), Int(image.height))
    if width > 0 { try ImageDecoder.checkSize(width: width, height: height, path: path) }
    try check(report, path: path)
    let size = width * height * Int(image.channels) * Int(image.depth / 8)
    var values = [UInt8](repeating: 0, count: size)
    // SAFETY: the source is read within its count; the target has as many bytes as the header asks for.
    unsafe bytes.withUnsafeBufferPointer { source in
      unsafe values.withUnsafeMutableBufferPointer { target in
        let (from, to) = (source.baseAddress, target.baseAddress)
        switch self {
        case .png: unsafe td_png_pixels(from, source.count, &image, to, &report)
        case .jpeg: unsafe td_jpeg_pixels(from, source.count, &image, to, &report)
        case .webp: unsafe td_webp_pixels(from, source.count, &image, to, &report)
        }
      }
    }
    try check(report, path: path)
    return StoredImage(
      width: width, height: height, channels: Int(image.channels), depth: Int(image.depth),
      colourBits: Int(image.colour_bits), opacityBits: Int(image.opacity_bits), values: values,
      note: note(report))
  }

  /// Width and height as the header says; the beginning of a file may be enough.
  func size(_ bytes: ArraySlice<UInt8>, path: String) throws(DatasetError) -> (width: Int, height: Int) {
    let (image, report) = header(bytes)
    try check(report, path: path)
    return (Int(image.width), Int(image.height))
  }

  private func header(_ bytes: ArraySlice<UInt8>) -> (td_image, td_report) {
    var (image, report) = (td_image(), td_report())
    // SAFETY: the source is read within its count.
    unsafe bytes.withUnsafeBufferPointer { source in
      switch self {
      case .png: unsafe td_png_header(source.baseAddress, source.count, &image, &report)
      case .jpeg: unsafe td_jpeg_header(source.baseAddress, source.count, &image, &report)
      case .webp: unsafe td_webp_header(source.baseAddress, source.count, &image, &report)
      }
    }
    return (image, report)
  }

  private func note(_ report: td_report) -> DecodingNote? {
    let said = words(report)
    if report.damages > 0 {
      let places = report.damages == 1 ? "one place" : "\(report.damages) places"
      return DecodingNote(
        "the \(rawValue) is damaged in \(places), and what it shows there is a guess (\(said))",
        isSerious: true)
    }
    return report.remarks > 0
      ? DecodingNote("the \(rawValue) is not quite as it should be, but whole (\(said))", isSerious: false)
      : nil
  }

  private func check(_ report: td_report, path: String) throws(DatasetError) {
    let (code, problem): (DatasetError.Code, String)
    switch Int(report.status) {
    case TD_DONE: return
    case TD_CUT_SHORT: (code, problem) = (.truncated, "the \(rawValue) is cut short; fetch it again")
    case TD_UNSUPPORTED:
      (code, problem) = (
        .damagedImage, "a \(rawValue) of a kind that is not read; convert it to an 8-bit PNG"
      )
    case TD_TOO_MUCH:
      (code, problem) = (.tooLong, "the \(rawValue) takes too much to decode; save it anew or remove it")
    default: (code, problem) = (.damagedImage, "the \(rawValue) is damaged; fetch it again")
    }
    throw DatasetError(code: code, message: "\(path): \(problem)", cause: words(report))
  }

  private func words(_ report: td_report) -> String {
    // SAFETY: a fixed array in a value of our own, read up to its end or its first zero.
    unsafe withUnsafeBytes(of: report.text) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
