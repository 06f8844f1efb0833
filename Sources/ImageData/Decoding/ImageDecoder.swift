// From the bytes of a PNG or JPEG file to an image: the format by its first bytes, hostile sizes refused.
// The formats themselves are in PNGDecoder and JPEGDecoder; files are opened by ImageFile.

package import Plumbing

/// Decodes PNG and JPEG.
///
/// PNG: grey, colour, palette, 1 to 16 bits a value (brought to 8), interlaced or not; where it is transparent,
/// white shines through. JPEG: baseline and progressive, grey, colour and CMYK. Both are turned upright by their EXIF
/// orientation; one that is damaged counts as none. Everything else is refused.
package enum ImageDecoder {
  /// Most pixels of an image that is decoded, 64 Mi; what promises more is refused by its header.
  package static let mostPixels = 1 << 26

  /// Decodes an image.
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: its name, for the error.
  /// - Throws: `DatasetError` that names the file: `empty`, `wrongMagic`, `wrongShape` for too many pixels, `truncated`
  ///   or `damagedImage`.
  package static func decode(_ bytes: [UInt8], path: String) throws(DatasetError) -> DecodedImage {
    let raw = try decodeRaw(bytes, path: path)
    return raw.image.oriented(raw.orientation)
  }

  /// Decodes an image and fits it to a shape; the same as fitting what `decode` gives, but faster.
  /// - Throws: as `decode`; `wrongShape` also for a shape that images cannot be fitted to.
  package static func decode(
    _ bytes: [UInt8], path: String, fitting shape: ImageShape
  ) throws(DatasetError) -> DecodedImage {
    try checkTarget(shape)
    return fit(try decodeRaw(bytes, path: path), to: shape)
  }

  /// The same, and whether the file shows no colour at all, whatever the shape.
  static func decodeNotingColour(
    _ bytes: [UInt8], path: String, fitting shape: ImageShape
  ) throws(DatasetError) -> (image: DecodedImage, isGrey: Bool) {
    try checkTarget(shape)
    let raw = try decodeRaw(bytes, path: path)
    return (fit(raw, to: shape), raw.image.isGrey)
  }

  private static func fit(
    _ raw: (image: DecodedImage, orientation: Int), to shape: ImageShape
  ) -> DecodedImage {
    let lies = raw.orientation >= 5
    let size = ImageShape(
      width: lies ? shape.height : shape.width, height: lies ? shape.width : shape.height,
      channels: shape.channels)
    // Turning commutes with area averaging, and the fitted image is the smaller one.
    return raw.image.fitted(to: size).oriented(raw.orientation)
  }

  /// The format of a file.
  enum Format {
    case png, jpeg

    static let pngMagic: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    static let jpegMagic: [UInt8] = [0xff, 0xd8, 0xff]

    init(_ bytes: [UInt8], path: String) throws(DatasetError) {
      if bytes.isEmpty {
        throw DatasetError(code: .empty, message: "\(path): an empty file; remove it or fetch it again")
      }
      if bytes.starts(with: Self.pngMagic) {
        self = .png
      } else if bytes.starts(with: Self.jpegMagic) {
        self = .jpeg
      } else {
        let kind = otherFormat(bytes).map { "looks like \($0)" } ?? "is neither PNG nor JPEG"
        throw DatasetError(
          code: .wrongMagic, message: "\(path): \(kind) by its first bytes; convert it to PNG or JPEG")
      }
    }
  }

  private static func decodeRaw(
    _ bytes: [UInt8], path: String
  ) throws(DatasetError) -> (image: DecodedImage, orientation: Int) {
    switch try Format(bytes, path: path) {
    case .png: return (try PNGDecoder.decode(bytes, path: path), PNGChunks(bytes).orientation)
    case .jpeg:
      let segments = JPEGSegments(bytes)
      return (try JPEGDecoder.decode(bytes, segments, path: path), segments.orientation)
    }
  }

  /// Refuses a size before any pixel is decoded.
  static func checkSize(width: Int, height: Int, path: String) throws(DatasetError) {
    let sides = 1...ImageShape.largestSide
    guard sides.contains(width), sides.contains(height), width * height <= mostPixels else {
      throw DatasetError(
        code: .wrongShape,
        message:
          "\(path): its header says \(width)x\(height) pixels, but sides must be 1 to \(ImageShape.largestSide) "
          + "and the whole at most \(mostPixels) pixels; make it smaller or remove it")
    }
  }

  /// Refuses a shape that images cannot be fitted to.
  static func checkTarget(_ shape: ImageShape) throws(DatasetError) {
    guard shape.isValid, DecodedImage.channelCounts.contains(shape.channels) else {
      throw DatasetError(
        code: .wrongShape,
        message: "image files cannot be converted to \(shape); use data with 1 or 3 channels")
    }
  }

  /// The name of a format that is not read, by its first bytes.
  private static func otherFormat(_ bytes: [UInt8]) -> String? {
    func has(_ text: String, at offset: Int) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
    if has("GIF8", at: 0) { return "GIF" }
    if has("RIFF", at: 0), has("WEBP", at: 8) { return "WebP" }
    if has("BM", at: 0) { return "BMP" }
    if has("II*\0", at: 0) || has("MM\0*", at: 0) { return "TIFF" }
    if has("ftypavif", at: 4) { return "AVIF" }
    if has("ftyphei", at: 4) || has("ftypmif1", at: 4) { return "HEIF" }
    if has("%PDF", at: 0) { return "PDF" }
    return nil
  }
}
