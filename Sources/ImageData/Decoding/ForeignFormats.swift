// Files that are not read as images: what they are by their first bytes, and what to do about each.

/// A kind of file that is often found where images are.
struct ForeignFormat {
  /// What it is, with an article.
  let name: String
  let remedy: String
  /// Byte strings that stand at these offsets, any of them.
  private let marks: [(offset: Int, bytes: [UInt8])]

  private init(_ name: String, _ remedy: String, _ marks: [(Int, String)]) {
    self.name = name
    self.remedy = remedy
    // One byte a character, so that bytes from 0x80 can be written.
    self.marks = marks.map { ($0.0, $0.1.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }) }
  }

  private static let convert = "convert it to PNG, JPEG or WebP"
  private static let fetch = "the download went wrong, so fetch it again"

  /// Brands of ISO media files, at offset 8.
  private static func brands(_ names: String...) -> [(Int, String)] { names.map { (4, "ftyp" + $0) } }

  private static let all: [ForeignFormat] = [
    ForeignFormat(
      "a Git LFS pointer", "the file itself is elsewhere, so run: git lfs pull",
      [(0, "version https://git-lfs.github.com/spec/"), (0, "version https://hawser.github.com/spec/")]),
    ForeignFormat("an AVIF picture", convert, brands("avif", "avis")),
    ForeignFormat(
      "a HEIC (HEIF) photo", "convert it to JPEG (heif-convert IN.heic OUT.jpg)",
      brands("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1")),
    ForeignFormat("a raw photo (CR3)", "develop it to JPEG or PNG", brands("crx ")),
    ForeignFormat("a video", "extract pictures (ffmpeg -i IN OUT%05d.png)", [(4, "ftyp")]),
    ForeignFormat("a GIF", convert, [(0, "GIF87a"), (0, "GIF89a"), (0, "GIF8")]),
    ForeignFormat("a BMP", convert, [(0, "BM")]),
    ForeignFormat("a raw photo (CR2)", "develop it to JPEG or PNG", [(8, "CR\u{2}")]),
    ForeignFormat(
      "a TIFF", convert, [(0, "II*\0"), (0, "MM\0*"), (0, "II+\0"), (0, "MM\0+"), (0, "IIRO"), (0, "IIU\0")]),
    ForeignFormat("a raw photo (RAF)", "develop it to JPEG or PNG", [(0, "FUJIFILMCCD-RAW")]),
    ForeignFormat("a JPEG 2000", convert, [(4, "jP  \r\n\u{87}\n"), (0, "\u{ff}\u{4f}\u{ff}\u{51}")]),
    ForeignFormat(
      "a JPEG XL", "convert it (djxl IN.jxl OUT.png)", [(4, "JXL \r\n\u{87}\n"), (0, "\u{ff}\n")]),
    ForeignFormat("a JPEG XR", convert, [(0, "II\u{bc}\u{1}")]),
    ForeignFormat("a Photoshop file", convert, [(0, "8BPS")]),
    ForeignFormat("an icon (ICO)", convert, [(0, "\0\0\u{1}\0"), (0, "\0\0\u{2}\0")]),
    ForeignFormat("an OpenEXR picture", convert, [(0, "v/1\u{1}")]),
    ForeignFormat("a Radiance picture", convert, [(0, "#?RADIANCE"), (0, "#?RGBE")]),
    ForeignFormat("a QOI picture", convert, [(0, "qoif")]),
    ForeignFormat("a DDS texture", convert, [(0, "DDS ")]),
    ForeignFormat("a DICOM file", convert, [(128, "DICM")]),
    ForeignFormat(
      "a PNM picture", convert, (1...7).flatMap { n in [" ", "\n", "\r"].map { (0, "P\(n)\($0)") } }),
    ForeignFormat(
      "a PNG changed by a transfer as text", "fetch it again, as binary",
      [(0, "\u{89}PNG"), (0, "\u{c2}\u{89}PNG"), (0, "\u{ef}\u{bf}\u{bd}PNG"), (0, "\u{9}PNG")]),
    ForeignFormat("a PDF", "extract or render its pictures", [(0, "%PDF")]),
    ForeignFormat("PostScript", "render it to PNG", [(0, "%!PS"), (0, "\u{c5}\u{d0}\u{d3}\u{c6}")]),
    ForeignFormat(
      "an archive", "unpack it",
      [(0, "PK\u{3}\u{4}"), (0, "PK\u{5}\u{6}"), (0, "Rar!"), (0, "7z\u{bc}\u{af}"), (257, "ustar")]),
    ForeignFormat(
      "a compressed file", "unpack it",
      [(0, "\u{1f}\u{8b}"), (0, "\u{fd}7zXZ"), (0, "BZh"), (0, "(\u{b5}/\u{fd}")]),
    ForeignFormat("a NumPy array", "name it to --data", [(0, "\u{93}NUMPY")]),
    ForeignFormat(
      "the AppleDouble shadow that macOS makes of another file", "remove it", [(0, "\0\u{5}\u{16}\u{7}")]),
    ForeignFormat("an AVI or WAV file", "extract pictures", [(8, "AVI "), (8, "WAVE")]),
    ForeignFormat("a program", "remove it", [(0, "\u{7f}ELF"), (0, "MZ")]),
  ]

  /// What a file is by its first bytes, if it is a kind known here.
  static func kind(of bytes: [UInt8]) -> (name: String, remedy: String)? {
    if let known = all.first(where: { $0.matches(bytes) }) { return (known.name, known.remedy) }
    if bytes.prefix(4096).allSatisfy({ $0 == 0 }) {
      return ("nothing but zero bytes", "a copy was not finished, so fetch it again")
    }
    return markup(bytes)
  }

  private func matches(_ bytes: [UInt8]) -> Bool {
    marks.contains { bytes.dropFirst($0.offset).starts(with: $0.bytes) }
  }

  /// Text between angle brackets or in JSON, as servers send it in place of an image.
  private static func markup(_ bytes: [UInt8]) -> (name: String, remedy: String)? {
    let head = bytes.prefix(1024)
    let text = String(
      decoding: head.starts(with: [0xef, 0xbb, 0xbf]) ? head.dropFirst(3) : head, as: UTF8.self
    )
    .lowercased()
    let start = text.drop { $0.isWhitespace }
    if start.hasPrefix("<"), text.contains("<svg") { return ("an SVG drawing", "render it to PNG") }
    let opens = ["<!doctype", "<html", "<head", "<body", "<?xml", "<error", "<!--", "{\"", "{\n", "http/1."]
    return opens.contains { start.hasPrefix($0) } ? ("a web page or an error message", fetch) : nil
  }
}
