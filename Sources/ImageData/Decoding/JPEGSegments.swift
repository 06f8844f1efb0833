// What a JPEG file says before its pixels: size, EXIF orientation, Adobe's marker. Every offset is checked;
// what is damaged counts as absent.
// Inside EXIF looks EXIF.swift.

/// The segments of a JPEG file that matter here.
struct JPEGSegments: Hashable {
  /// How the image is to be turned, 1 (as it is) to 8, as EXIF numbers it.
  private(set) var orientation = 1
  /// Whether there is an Adobe APP14 segment; then CMYK values are stored inverted.
  private(set) var hasAdobeMarker = false
  /// Whether the file ends before its first scan.
  private(set) var endsEarly = false
  /// Pixels in a row, and rows; nil where no frame header was found.
  private(set) var size: (width: Int, height: Int)? {
    get { width > 0 && height > 0 ? (width, height) : nil }
    set { (width, height) = newValue ?? (0, 0) }
  }
  private var width = 0
  private var height = 0

  /// Walks over the segments of a file, or of its beginning, up to the first scan.
  init(_ bytes: [UInt8]) {
    var at = 2
    while at + 4 <= bytes.count, bytes[at] == 0xff {
      let marker = bytes[at + 1]
      switch marker {
      case 0xff:  // padding
        at += 1
        continue
      case 0x01, 0xd0...0xd8:  // markers without a length
        at += 2
        continue
      case 0xd9, 0xda: return
      default: break
      }
      let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      guard length >= 2 else { return }
      guard at + 2 + length <= bytes.count else { break }
      let content = bytes[(at + 4)..<(at + 2 + length)]
      switch marker {
      case 0xe1 where content.starts(with: Array("Exif\0\0".utf8)):
        if let found = EXIF.orientation(Array(content.dropFirst(6))) { orientation = found }
      case 0xee where content.starts(with: Array("Adobe".utf8)): hasAdobeMarker = true
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
    endsEarly = at + 4 > bytes.count || bytes[at] == 0xff
  }
}
