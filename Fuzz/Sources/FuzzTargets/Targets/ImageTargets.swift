// Image files, each format with its first bytes in place, and EXIF inside of two of them.

import ImageData
import Plumbing

/// Decodes images.
enum ImageTargets {
  static func png(_ bytes: [UInt8]) throws {
    let magic: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    let bytes = Checksums.png(magic + bytes.dropFirst(8))
    if bytes.count >= 24, isSlow(big(bytes, 16, 4), big(bytes, 20, 4)) { return }
    try decode(bytes)
  }

  static func jpeg(_ bytes: [UInt8]) throws {
    let bytes = [0xff, 0xd8, 0xff] + bytes.dropFirst(3)
    for at in bytes.indices.dropLast(9) where bytes[at] == 0xff && bytes[at + 1] & 0xf0 == 0xc0 {
      if isSlow(big(bytes, at + 5, 2), big(bytes, at + 7, 2)) { return }
    }
    try decode(bytes)
  }

  static func webp(_ bytes: [UInt8]) throws {
    guard bytes.count >= 30 else { throw Refusal("too short") }
    var bytes = bytes
    bytes.replaceSubrange(0..<4, with: Array("RIFF".utf8))
    bytes.replaceSubrange(8..<12, with: Array("WEBP".utf8))
    func little(_ at: Int, _ count: Int) -> Int {
      bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    let sizes = [
      (little(24, 3) + 1, little(27, 3) + 1), (little(26, 2) & 0x3fff, little(28, 2) & 0x3fff),
      (little(21, 2) & 0x3fff + 1, little(22, 3) >> 6 & 0x3fff + 1),
    ]
    if sizes.contains(where: { isSlow($0.0, $0.1) }), bytes.count % 8 != 0 { return }
    try decode(bytes)
  }

  /// A TIFF structure in the two files that may hold one.
  static func exif(_ bytes: [UInt8]) throws {
    let tiff = Array(bytes.prefix(65_000))
    let content = Array("Exif\0\0".utf8) + tiff
    let length = [
      UInt8(truncatingIfNeeded: (content.count + 2) >> 8), UInt8(truncatingIfNeeded: content.count + 2),
    ]
    let jpeg = ImageSeeds.plainJPEG
    try decode(jpeg[..<2] + [0xff, 0xe1] + length + content + jpeg[2...])
    try decode(ImageSeeds.plainPNG(width: 3, height: 2, chunks: ImageSeeds.chunk("eXIf", tiff)))
  }

  /// Decodes a file as it is and as a model takes it.
  private static func decode(_ bytes: [UInt8]) throws {
    let image = try ImageDecoder.decode(bytes, path: "image")
    law("pixels fit the image") { image.pixels.count == image.shape.pixels }
    guard image.shape.pixels <= 1 << 16 else { return }
    for channels in DecodedImage.channelCounts {
      let shape = ImageShape(width: 5, height: 4, channels: channels)
      let fitted = try ImageDecoder.decode(bytes, path: "image", fitting: shape)
      law("fitting is the same before turning and after") { fitted == image.fitted(to: shape) }
    }
  }

  /// Whether a size is accepted, but leaves no time for the small ones.
  private static func isSlow(_ width: Int, _ height: Int) -> Bool {
    guard width <= ImageDecoder.mostPixels, height <= ImageDecoder.mostPixels else { return false }
    return width * height > 1 << 17 && width * height <= ImageDecoder.mostPixels
  }

  private static func big(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
    bytes[at..<at + count].reduce(0) { $0 << 8 | Int($1) }
  }
}
