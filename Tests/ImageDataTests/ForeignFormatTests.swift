// Files that are not images that are read: named by their first bytes, with a remedy.

import Testing

@testable import ImageData

@Suite struct ForeignFormatTests {
  private func iso(_ brand: String) -> [UInt8] { [0, 0, 0, 24] + Array("ftyp\(brand)".utf8) }

  @Test func kinds() throws {
    let zeros = [UInt8](repeating: 0, count: 128)
    let cases: [([UInt8], String, String)] = [
      (iso("heic"), "HEIC", "heif-convert"), (iso("mif1"), "HEIC", "JPEG"), (iso("avif"), "AVIF", "convert"),
      (iso("crx "), "raw photo", "develop"), (iso("isom"), "video", "ffmpeg"),
      (Array("GIF89a".utf8), "GIF", "convert"), (Array("BM6".utf8), "BMP", "convert"),
      (Array("II*\0".utf8), "TIFF", "convert"), (Array("MM\0+".utf8), "TIFF", "convert"),
      ([0, 0, 0, 12] + Array("jP  ".utf8) + [13, 10, 0x87, 10], "JPEG 2000", "convert"),
      ([0xff, 0x4f, 0xff, 0x51], "JPEG 2000", "convert"), ([0xff, 0x0a], "JPEG XL", "djxl"),
      ([0, 0, 0, 12] + Array("JXL ".utf8) + [13, 10, 0x87, 10], "JPEG XL", "djxl"),
      (Array("8BPS".utf8), "Photoshop", "convert"), (Array("%PDF-1.7".utf8), "PDF", "render"),
      (Array("PK\u{3}\u{4}".utf8), "archive", "unpack"), ([0x1f, 0x8b, 8], "compressed", "unpack"),
      (Array("version https://git-lfs.github.com/spec/v1\noid sha256:".utf8), "Git LFS", "git lfs pull"),
      (Array("<?xml version='1.0'?>\n<svg xmlns=''>".utf8), "SVG", "render"),
      (Array("\n <!DOCTYPE html><html>".utf8), "web page", "fetch"),
      ([0xef, 0xbb, 0xbf] + Array("<html>".utf8), "web page", "fetch"),
      (Array("<?xml version='1.0'?><Error><Code>AccessDenied".utf8), "error message", "fetch"),
      (Array("{\"error\": 404}".utf8), "error message", "fetch"),
      ([0x89, 0x50, 0x4e, 0x47, 0x0a, 0x1a, 0x0a], "as text", "as binary"),
      ([0, 5, 0x16, 7], "AppleDouble", "remove"), (zeros, "zero bytes", "fetch"),
      (zeros + Array("DICM".utf8), "DICOM", "convert"), ([0x93] + Array("NUMPY".utf8), "NumPy", "--data"),
      (Array("P6\n2 2\n255\n".utf8), "PNM", "convert"), (Array("RIFF0000WAVE".utf8), "WAV", "extract"),
    ]
    for (bytes, name, remedy) in cases {
      let error = try #require(datasetError { _ = try ImageDecoder.decode(bytes, path: "a/b") }, "\(name)")
      #expect(error.code == .wrongMagic && error.message.hasPrefix("a/b: "))
      #expect(error.message.contains(name) && error.message.contains(remedy), "\(error)")
      #expect(!error.message.contains("\n"))
    }
    #expect(ForeignFormat.kind(of: Array("some words".utf8)) == nil)
    #expect(ForeignFormat.kind(of: [0x7f]) == nil)
  }
}
