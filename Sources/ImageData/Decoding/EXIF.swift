// The one thing of EXIF that matters here: how an image is to be turned. Where it stands in a file is known to
// JPEGSegments, PNGChunks and WebPChunks.

/// EXIF, a TIFF structure that image files carry.
enum EXIF {
  /// The orientation tag (0x0112) in the first directory of a TIFF structure; nil if there is no valid one.
  static func orientation(_ tiff: [UInt8]) -> Int? {
    let isLittle: Bool
    if tiff.starts(with: [0x49, 0x49, 42, 0]) {
      isLittle = true
    } else if tiff.starts(with: [0x4d, 0x4d, 0, 42]) {
      isLittle = false
    } else {
      return nil
    }
    func number(_ offset: Int, bytes count: Int) -> Int? {
      guard offset >= 0, offset <= tiff.count - count else { return nil }
      let bytes = tiff[offset..<(offset + count)]
      return isLittle
        ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, bytes: 4), let entries = number(directory, bytes: 2) else { return nil }
    for entry in 0..<entries {
      let at = directory + 2 + 12 * entry
      guard let tag = number(at, bytes: 2) else { return nil }
      if tag != 0x0112 { continue }
      // A single 16-bit number, stored in the entry itself.
      guard number(at + 2, bytes: 2) == 3, number(at + 4, bytes: 4) == 1,
        let value = number(at + 8, bytes: 2), (1...8).contains(value)
      else { return nil }
      return value
    }
    return nil
  }
}
