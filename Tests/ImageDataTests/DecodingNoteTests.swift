// Files that are not as they should be and are read all the same: what shows, and what is said.

import Plumbing
import Testing
import _ImageWriting
import _TestSupport

@testable import ImageData

@Suite struct DecodingNoteTests {
  private let shape = ImageShape(width: 24, height: 16, channels: 3)

  private func read(_ bytes: [UInt8]) throws -> NotedImage {
    try ImageDecoder.decodeNoting(bytes, path: "a/b", fitting: shape)
  }

  private var plain: [UInt8] {
    jpeg(width: 24, height: 16, channels: 3, pixels: noise(24 * 16 * 3, seed: 1)) { $0.quality = 90 }
  }

  /// Where a marker stands.
  private func place(of marker: UInt8, in file: [UInt8]) throws -> Int {
    try #require(file.indices.first { file[$0...].starts(with: [0xff, marker]) })
  }

  @Test func whatChangesNoPixelOfAJPEG() throws {
    let whole = try read(plain)
    #expect(whole.notes.isEmpty)
    var scan = plain
    let start = try place(of: 0xda, in: plain)
    scan.replaceSubrange(start + 11..<start + 14, with: [0, 5, 0])
    var version = plain
    version[11] = 2
    // Adobe's segment counts where there is no JFIF segment, which has 18 bytes.
    let adobe = withSegment(
      0xee, Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 3], in: Array(plain[..<2]) + plain[20...])
    let frame = try place(of: 0xc0, in: plain)
    let files = [
      scan, version, adobe, plain[..<frame] + [1, 2, 3] + plain[frame...],
    ]
    for file in files {
      let found = try read(file)
      #expect(found.image == whole.image)
      #expect(found.notes.count == 1 && !found.notes[0].isSerious, "\(found.notes)")
    }
    // What stands behind the end or between markers as padding is in order.
    for file in [plain + [1, 2, 3], plain[..<frame] + [0xff, 0xff] + plain[frame...]] {
      #expect(try read(file).notes.isEmpty)
      #expect(try read(file).image == whole.image)
    }
  }

  @Test func damageIsCounted() throws {
    let file = jpeg(width: 24, height: 16, channels: 3, pixels: noise(24 * 16 * 3, seed: 1)) {
      $0.restarts = 1
    }
    let restart = try place(of: 0xd0, in: file)
    // The first row of blocks ends too early: its rest is a guess, the second row is as it was.
    let found = try read(Array(file[..<(restart - 30)] + file[restart...]))
    #expect(found.notes.count == 1 && found.notes[0].isSerious)
    #expect(found.notes[0].text.hasPrefix("the JPEG is damaged in one place"))
    let whole = try read(file)
    #expect(found.image != whole.image)
    #expect(found.image.pixels.suffix(24 * 3) == whole.image.pixels.suffix(24 * 3))
  }

  @Test func aFileThatEndsInTheMiddleIsRefused() throws {
    for progressive in [false, true] {
      let file = jpeg(
        width: 24, height: 16, channels: 3, pixels: noise(24 * 16 * 3, seed: 1), progressive: progressive)
      for count in 0..<file.count {
        let code = datasetError { _ = try read(Array(file[..<count])) }?.code
        #expect(code == (count == 0 ? .empty : count < 3 ? .wrongMagic : .truncated), "\(count)")
      }
    }
  }

  @Test func whatChunksSayOfColourChangesNothing() throws {
    let grey = [UInt8](repeating: 128, count: 8)
    let chunks = [
      pngChunk("gAMA", bigEndian(100_000, bytes: 4)), pngChunk("gAMA", bigEndian(55_556, bytes: 4)),
      pngChunk("sRGB", [0]), pngChunk("iCCP", [65, 0, 0] + zlib(noise(300, seed: 1))),
      pngChunk("bKGD", [0, 7]),
      pngChunk("cHRM", (0..<8).flatMap { bigEndian(20_000 + 1_000 * $0, bytes: 4) }),
    ]
    for chunk in chunks {
      let file = png(width: 8, height: 1, colourType: 0, chunks: chunk, rows: [grey])
      #expect(try ImageDecoder.decode(file, path: "").pixels == grey)
      #expect(try ImageDecoder.decodeNoting(file, path: "", fitting: shape).notes.isEmpty)
    }
  }

  private func wide(_ values: [Int], bits: UInt8?, colourType: UInt8 = 0) throws -> (
    pixels: [UInt8], notes: [DecodingNote]
  ) {
    let perPixel = colourType == 4 ? 2 : 1
    let stated = bits.map { pngChunk("sBIT", [UInt8](repeating: $0, count: perPixel)) } ?? []
    let file = png(
      width: values.count / perPixel, height: 1, colourType: colourType, depth: 16, chunks: stated,
      rows: [values.flatMap { bigEndian($0, bytes: 2) }])
    let raw = try PNGDecoder.decode(file, path: "")
    return (raw.image.pixels, raw.notes)
  }

  @Test func significantBits() throws {
    let sensor = [0, 1, 2_048, 4_095]
    // Stated, with values as they came from a sensor, and with values as the format asks.
    #expect(try wide(sensor, bits: 12) == ([0, 0, 128, 255], []))
    #expect(try wide(sensor.map { $0 << 4 }, bits: 12) == ([0, 0, 128, 255], []))
    #expect(try wide(sensor.map { $0 << 4 | $0 >> 8 }, bits: 12) == ([0, 0, 128, 255], []))
    // A dark picture that is spread as it should be stays dark.
    #expect(try wide([0, 16, 1_600, 4_080], bits: 12).pixels == [0, 0, 6, 16])
    // Fewer bits are stated than values have, or all of them: nothing is scaled.
    #expect(try wide([0, 4_096, 65_535], bits: 12).pixels == [0, 16, 255])
    #expect(try wide([0, 4_097, 65_535], bits: 16).pixels == [0, 16, 255])
    // Nothing is stated: said, and left as it is.
    let unsaid = try wide(sensor, bits: nil)
    #expect(unsaid.pixels == [0, 0, 8, 16])
    #expect(unsaid.notes.count == 1 && unsaid.notes[0].isSerious && unsaid.notes[0].text.contains("4095"))
    for values in [[0, 0], [0, 4_096], [7_000, 65_535]] { #expect(try wide(values, bits: nil).notes.isEmpty) }
    // Opacity has bits of its own.
    #expect(try wide([4_095, 4_095, 0, 4_095, 0, 1], bits: 12, colourType: 4).pixels == [255, 0, 255])
  }

  /// As libpng brings 16 bits to 8 by itself.
  @Test func everyWideValue() throws {
    let values = (0..<65_536).map { $0 }
    for from in stride(from: 0, to: 65_536, by: 16_384) {
      let some = Array(values[from..<from + 16_384])
      #expect(try wide(some, bits: nil).pixels == some.map { UInt8(($0 * 255 + 32_895) >> 16) })
    }
  }

  @Test func aFolderSaysItOnce() {
    var notes = DecodingNotes()
    notes.add([DecodingNote("dark", isSerious: true)], item: 3)
    notes.add([DecodingNote("odd", isSerious: false), DecodingNote("black", isSerious: true)], item: 1)
    notes.add([], item: 0)
    let said = notes.lines(of: 9, in: "f") { "f/\($0)" }
    #expect(said.serious.count == 1 && said.serious[0].hasPrefix("f: 2 of 9 images"))
    #expect(said.serious[0].hasSuffix("the first is f/1: black"))
    #expect(said.others.count == 1 && said.others[0].hasSuffix("the first is f/1: odd"))
    let nothing = DecodingNotes().lines(of: 9, in: "f") { "\($0)" }
    #expect(nothing.serious.isEmpty && nothing.others.isEmpty)
  }
}
