// What a WebP file holds beside its pixels, EXIF orientation and animations, and what its pixels mean. Every offset is
// checked; the decoder is behind ImageCodec.

import Plumbing

/// Decodes WebP files.
enum WebPDecoder {
  /// Decodes a file as it is stored, not yet turned upright; transparency laid on white, of an animation the first
  /// picture.
  static func decode(_ bytes: [UInt8], path: String) throws(DatasetError) -> RawImage {
    let chunks = WebPChunks(bytes)
    var stored: StoredImage
    if let frame = chunks.firstFrame {
      stored = try ImageCodec.webp.read(bytes[frame.content], path: path)
      if (frame.left, frame.top, stored.width, stored.height) != (0, 0, chunks.width, chunks.height) {
        stored = try placed(stored, frame, in: chunks, path: path)
      }
    } else {
      stored = try ImageCodec.webp.read(bytes[...], path: path)
    }
    if stored.channels == 4 { Opacity.layOnWhite(&stored.values, channels: 3) }
    let shape = ImageShape(width: stored.width, height: stored.height, channels: 3)
    return RawImage(
      image: DecodedImage(shape: shape, pixels: stored.values), orientation: chunks.orientation, notes: [])
  }

  /// A picture that is smaller than the animation, on a transparent ground.
  private static func placed(
    _ picture: StoredImage, _ frame: WebPChunks.Frame, in chunks: WebPChunks, path: String
  ) throws(DatasetError) -> StoredImage {
    let (width, height) = (chunks.width, chunks.height)
    guard frame.left + picture.width <= width, frame.top + picture.height <= height else {
      throw DatasetError(
        code: .damagedImage, message: "\(path): the WebP's first picture does not fit into it; fetch it again"
      )
    }
    try ImageDecoder.checkSize(width: width, height: height, path: path)
    var values = [UInt8](repeating: 0, count: 4 * width * height)
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let from = (y * picture.width + x) * picture.channels
        let to = 4 * ((frame.top + y) * width + frame.left + x)
        for c in 0..<3 { values[to + c] = picture.values[from + c] }
        values[to + 3] = picture.channels == 4 ? picture.values[from + 3] : 255
      }
    }
    return StoredImage(
      width: width, height: height, channels: 4, depth: 8, colourBits: 0, opacityBits: 0, values: values,
      note: picture.note)
  }
}

/// The chunks of a WebP file that matter here.
struct WebPChunks {
  /// A picture of an animation.
  struct Frame: Hashable {
    let left, top: Int
    /// Where its own chunks stand in the file.
    let content: Range<Int>
  }

  /// How the image is to be turned, 1 (as it is) to 8, as EXIF numbers it.
  private(set) var orientation = 1
  /// Width and height of an animation.
  private(set) var width = 0
  private(set) var height = 0
  /// The first picture of an animation; nil for a file that is not one.
  private(set) var firstFrame: Frame?

  /// Walks over the chunks of a file; what is damaged counts as absent.
  init(_ bytes: [UInt8]) {
    func number(_ at: Int, _ count: Int) -> Int {
      bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    var isAnimation = false
    var hasEXIF = false
    var at = 12
    while at + 8 <= bytes.count {
      let length = number(at + 4, 4)
      guard length <= bytes.count - at - 8 else { return }
      let content = at + 8..<at + 8 + length
      switch String(decoding: bytes[at..<at + 4], as: UTF8.self) {
      case "VP8X" where length >= 10:
        isAnimation = bytes[content.lowerBound] & 2 != 0
        (width, height) = (number(content.lowerBound + 4, 3) + 1, number(content.lowerBound + 7, 3) + 1)
      case "ANMF" where isAnimation && firstFrame == nil && length > 16:
        firstFrame = Frame(
          left: 2 * number(content.lowerBound, 3), top: 2 * number(content.lowerBound + 3, 3),
          content: content.lowerBound + 16..<content.upperBound)
      case "EXIF" where !hasEXIF:
        hasEXIF = true
        let tiff = bytes[content]
        let header = Array("Exif\0\0".utf8)
        orientation = EXIF.orientation(Array(tiff.starts(with: header) ? tiff.dropFirst(6) : tiff)) ?? 1
      default: break
      }
      at += 8 + length + length % 2
    }
  }
}
