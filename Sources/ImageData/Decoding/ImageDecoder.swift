// From the bytes of a PNG, JPEG or WebP file to an image: the format by its first bytes, hostile sizes refused.
// What is special to a format is in PNGDecoder, JPEGDecoder and WebPDecoder; files are opened by ImageFile.

package import Plumbing

/// An image as its file stores it, not yet upright.
struct RawImage {
  var image: DecodedImage
  /// How it is to be turned, 1 (as it is) to 8, as EXIF numbers it.
  var orientation = 1
  var notes: [DecodingNote]

  /// Whether width and height change places.
  var lies: Bool { orientation >= 5 }
}

/// Decodes PNG, JPEG and WebP.
///
/// PNG: grey, colour, palette, 1 to 16 bits a value (brought to 8), interlaced or not. JPEG: baseline and
/// progressive, any sampling, grey, colour and CMYK. WebP: lossy and lossless. Of an animation the first picture counts.
/// Where an image is transparent, white shines through. Colour profiles and gamma are not applied. All are turned
/// upright by their EXIF orientation; one that is damaged counts as none. Everything else is refused.
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

  /// The same with what else is known of the file.
  static func decodeNoting(
    _ bytes: [UInt8], path: String, fitting shape: ImageShape
  ) throws(DatasetError) -> NotedImage {
    try checkTarget(shape)
    let raw = try decodeRaw(bytes, path: path)
    let (width, height) = (raw.image.shape.width, raw.image.shape.height)
    return NotedImage(
      image: fit(raw, to: shape), width: raw.lies ? height : width, height: raw.lies ? width : height,
      isGrey: raw.image.isGrey, notes: raw.notes)
  }

  private static func fit(_ raw: RawImage, to shape: ImageShape) -> DecodedImage {
    let size = ImageShape(
      width: raw.lies ? shape.height : shape.width, height: raw.lies ? shape.width : shape.height,
      channels: shape.channels)
    // Turning commutes with area averaging, and the fitted image is the smaller one.
    return raw.image.fitted(to: size).oriented(raw.orientation)
  }

  /// The format of a file.
  enum Format {
    case png, jpeg, webp

    static let pngMagic: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    static let jpegMagic: [UInt8] = [0xff, 0xd8, 0xff]

    init(_ bytes: [UInt8], path: String) throws(DatasetError) {
      if bytes.isEmpty {
        throw DatasetError(code: .empty, message: "\(path): an empty file; remove it or fetch it again")
      }
      if bytes.starts(with: Self.pngMagic) {
        self = .png
      } else if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
        self = .webp
      } else if bytes.starts(with: Self.jpegMagic) {
        self = .jpeg
      } else if let other = ForeignFormat.kind(of: bytes) {
        throw DatasetError(
          code: .wrongMagic,
          message: "\(path): \(other.name) by its first bytes, none of PNG, JPEG and WebP; \(other.remedy)")
      } else {
        throw DatasetError(
          code: .wrongMagic,
          message:
            "\(path): none of PNG, JPEG and WebP by its first bytes; convert it to one of these or remove it")
      }
    }
  }

  private static func decodeRaw(_ bytes: [UInt8], path: String) throws(DatasetError) -> RawImage {
    var raw: RawImage
    switch try Format(bytes, path: path) {
    case .png:
      raw = try PNGDecoder.decode(bytes, path: path)
      raw.orientation = PNGChunks(bytes).orientation
    case .jpeg:
      raw = try JPEGDecoder.decode(bytes, path: path)
      raw.orientation = JPEGSegments(bytes).orientation
    case .webp: raw = try WebPDecoder.decode(bytes, path: path)
    }
    return raw
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
}
