// What a JPEG file says before its pixels: size and EXIF orientation. Every offset is checked; what is damaged counts
// as absent.
// Inside EXIF looks EXIF.swift.

/// The segments of a JPEG file that matter here.
struct JPEGSegments: Hashable {
  /// How the image is to be turned, 1 (as it is) to 8, as EXIF numbers it.
  private(set) var orientation = 1
  /// Pixels in a row, and rows; nil where no frame header was found.
  private(set) var size: (width: Int, height: Int)? {
    get { width > 0 && height > 0 ? (width, height) : nil }
    set { (width, height) = newValue ?? (0, 0) }
  }
  private var width = 0
  private var height = 0

  /// Walks over the segments of a file, or of its beginning, up to the first scan. The first orientation counts.
  init(_ bytes: [UInt8]) {
    var at = 2
    var hasOrientation = false
    while at + 4 <= bytes.count {
      let marker = bytes[at + 1]
      switch marker {
      // Bytes too many before a marker, which decoders pass over, and padding.
      case _ where bytes[at] != 0xff, 0xff:
        at += 1
        continue
      case 0x00, 0x01, 0xd0...0xd8:  // markers without a length
        at += 2
        continue
      case 0xd9, 0xda: return
      default: break
      }
      let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      guard length >= 2, at + 2 + length <= bytes.count else { return }
      let content = bytes[(at + 4)..<(at + 2 + length)]
      switch marker {
      case 0xe1 where !hasOrientation && content.starts(with: Array("Exif\0\0".utf8)):
        if let found = EXIF.orientation(Array(content.dropFirst(6))) {
          (orientation, hasOrientation) = (found, true)
        }
      case 0xc0...0xcf where marker != 0xc4 && marker != 0xc8 && marker != 0xcc && content.count >= 5:
        let i = content.startIndex
        size = (
          width: Int(content[i + 3]) << 8 | Int(content[i + 4]),
          height: Int(content[i + 1]) << 8 | Int(content[i + 2])
        )
      default: break
      }
      at += 2 + length
    }
  }
}
