// What a PNG file says beside its pixels: EXIF orientation. Every offset is checked; what is damaged counts as absent.

import Plumbing

/// The chunks of a PNG file that matter here.
struct PNGChunks: Hashable {
  /// How the image is to be turned, 1 (as it is) to 8, as EXIF numbers it.
  private(set) var orientation = 1

  /// Walks over the chunks of a file up to the first `eXIf` whose checksum is right; it may stand before or after the
  /// pixels.
  init(_ bytes: [UInt8]) {
    var at = ImageDecoder.Format.pngMagic.count
    while at + 12 <= bytes.count {
      let length = Self.number(bytes, at: at)
      guard length <= bytes.count - at - 12 else { return }
      let type = bytes[at + 4..<at + 8]
      if type.elementsEqual("IEND".utf8) { return }
      if type.elementsEqual("eXIf".utf8),
        CRC32.checksum(Array(bytes[at + 4..<at + 8 + length]))
          == UInt32(Self.number(bytes, at: at + 8 + length))
      {
        orientation = EXIF.orientation(Array(bytes[at + 8..<at + 8 + length])) ?? 1
        return
      }
      at += 12 + length
    }
  }

  private static func number(_ bytes: [UInt8], at offset: Int) -> Int {
    bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}
