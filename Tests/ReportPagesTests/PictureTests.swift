// Pictures: PNG files read back by their specification, cropping, shrinking, sheets.

import CZlib
import ImageData
import Plumbing
import Testing

@testable import ReportPages

/// What a PNG file holds.
private struct DecodedPNG {
  var width = 0
  var height = 0
  var colourType = 0
  /// Bytes of the pixels without the filters.
  var pixels: [UInt8] = []

  struct Failure: Error { let what: String }

  /// Reads a file of the kind Tally writes; every chunk's checksum must be right.
  init(_ file: [UInt8]) throws {
    guard file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else {
      throw Failure(what: "signature")
    }
    var at = 8
    var compressed: [UInt8] = []
    var names: [String] = []
    while at < file.count {
      let length = Self.number(file[at..<at + 4])
      let checked = file[at + 4..<at + 8 + length]
      guard Self.crc(checked) == UInt32(Self.number(file[at + 8 + length..<at + 12 + length])) else {
        throw Failure(what: "checksum at \(at)")
      }
      names.append(String(decoding: checked.prefix(4), as: UTF8.self))
      let data = Array(checked.dropFirst(4))
      if names.last == "IHDR" {
        (width, height, colourType) = (Self.number(data[0..<4]), Self.number(data[4..<8]), Int(data[9]))
        guard data[8] == 8, data[10...] == [0, 0, 0] else { throw Failure(what: "header") }
      }
      if names.last == "IDAT" { compressed += data }
      at += 12 + length
    }
    guard names == ["IHDR", "IDAT", "IEND"] else { throw Failure(what: "chunks \(names)") }
    let row = 1 + width * (colourType == 0 ? 1 : 3)
    var rows = [UInt8](repeating: 0xEE, count: row * height + 1)
    var length = uLong(rows.count)
    let count = uLong(compressed.count)
    // SAFETY: both pointers come with the lengths of their arrays.
    let status = unsafe rows.withUnsafeMutableBufferPointer { out in
      unsafe compressed.withUnsafeBufferPointer {
        unsafe uncompress(out.baseAddress, &length, $0.baseAddress, count)
      }
    }
    guard status == Z_OK, Int(length) == row * height else { throw Failure(what: "data") }
    for y in 0..<height {
      guard rows[y * row] == 0 else { throw Failure(what: "filter") }
      pixels += rows[y * row + 1..<(y + 1) * row]
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  /// CRC-32 bit by bit.
  private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}

@Suite struct PictureTests {
  private func gradient(_ width: Int, _ height: Int) -> Raster {
    var raster = Raster(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width { raster[x, y] = (UInt8(x * 7 % 256), UInt8(y * 5 % 256), UInt8((x + y) % 256)) }
    }
    return raster
  }

  @Test(arguments: [(1, 1), (3, 2), (300, 7), (64, 65)])
  func colourReadsBack(_ size: (width: Int, height: Int)) throws {
    let raster = gradient(size.width, size.height)
    let decoded = try DecodedPNG(raster.png())
    #expect((decoded.width, decoded.height) == (size.width, size.height))
    #expect(decoded.colourType == (raster.isGrey ? 0 : 2))
    if !raster.isGrey { #expect(decoded.pixels == raster.bytes) }
  }

  @Test func greyReadsBackWithOneByteAPixel() throws {
    var raster = Raster(width: 5, height: 3, colour: (9, 9, 9))
    raster[4, 2] = (200, 200, 200)
    let decoded = try DecodedPNG(raster.png())
    #expect(decoded.colourType == 0)
    #expect(decoded.pixels == Array(repeating: 9, count: 14) + [200])
  }

  @Test func aFlippedBitIsNoticed() throws {
    var file = gradient(8, 8).png()
    file[file.count / 2] ^= 4
    #expect(throws: DecodedPNG.Failure.self) { try DecodedPNG(file) }
  }

  @Test func imagesOfTwoChannelsAreShownAsTheirMean() throws {
    let images = try LabelledImages(
      shape: ImageShape(width: 2, height: 1, channels: 2), pixels: [10, 20, 0, 255], labels: [0],
      classNames: ["a"])
    #expect(Raster(images, 0).bytes == [15, 15, 15, 127, 127, 127])
  }

  @Test func cropsReachBeyondTheEdges() {
    let raster = gradient(6, 5)
    let part = raster.crop(-1..<3, 4..<8, lit: (0..<2, 4..<8))
    #expect((part.width, part.height) == (4, 4))
    for y in 0..<4 {
      for x in 0..<4 {
        let (sourceX, sourceY) = (x + 4, y - 1)
        let inside = sourceX < 6 && sourceY >= 0
        let red = inside ? Int(raster[sourceX, sourceY].red) : 128
        #expect(Int(part[x, y].red) == (inside && sourceY >= 2 ? (red + 128) / 2 : red))
      }
    }
  }

  @Test func shrinkingTakesMeans() {
    let raster = gradient(10, 5)
    #expect(raster.shrunk(toSide: 10) == raster)
    let small = raster.shrunk(toSide: 4)
    #expect((small.width, small.height) == (4, 2))
    // Columns 9 and rows 3 and 4 are what is left for the last pixel.
    #expect(small[3, 1].red == 63)
    #expect(small[3, 1].green == (15 + 20) / 2)
  }

  @Test func sheetsPlaceTilesInRows() throws {
    let tiles = (0..<5).map { Raster(width: 2, height: 3, colour: (UInt8($0), 0, 0)) }
    let sheet = try #require(SpriteSheet(tiles, columns: 3)).raster
    #expect((sheet.width, sheet.height) == (8, 7))
    for (i, corner) in [(0, 0), (3, 0), (6, 0), (0, 4), (3, 4)].enumerated() {
      #expect(sheet[corner.0, corner.1].red == UInt8(i))
      #expect(sheet[corner.0 + 1, corner.1 + 2].red == UInt8(i))
    }
    #expect(sheet[2, 0] == Raster.neutral && sheet[7, 5] == Raster.neutral)
    #expect(SpriteSheet([], columns: 3) == nil)
  }
}
