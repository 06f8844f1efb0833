// A page reads PNG files as Tally does, and brings them to a model's size as it does.

import BinaryNetworks
import ImageData
import Plumbing
import Testing
import _NetworkTestSupport
import _TestSupport

@testable import WebExport

@Suite struct PictureTests {
  /// Every colour type and depth, with and without interlacing, with all row filters, transparent colours, palettes, stated bits, turned, of
  /// any size: the model's pixels are those of ImageDecoder.
  @Test(arguments: [(7, 5, 1), (4, 9, 3), (16, 16, 3)])
  func picturesAreReadAlike(width: Int, height: Int, channels: Int) throws {
    let model = try groupedModel(
      seed: 1, width: width, height: height, channels: channels, components: 2, levels: 2, classes: 2)
    var engine = try Engine()
    try engine.add(page: try WebPage(model).html)
    var expected: [[UInt8]?] = []
    var random = SeededGenerator(seed: UInt64(width))
    for (kind, depths) in [
      (0, [1, 2, 4, 8, 16]), (2, [8, 16]), (3, [1, 2, 4, 8]), (4, [8, 16]), (6, [8, 16]),
    ] {
      for depth in depths {
        for _ in 0..<12 {
          let file = RandomPNG(kind: kind, depth: depth, &random).bytes
          try engine.add(file, isPNG: true)
          expected.append(
            try? ImageDecoder.decode(file, path: "image.png", fitting: model.network.shape).pixels)
        }
      }
    }
    let results = try engine.results()
    #expect(expected.contains { $0 != nil })
    for (index, (result, pixels)) in zip(results, expected).enumerated() {
      #expect(result.pixels == pixels, "image \(index): \(result.error ?? "")")
    }
  }

  /// What Tally refuses is refused, in words.
  @Test func damagedPicturesAreRefused() throws {
    let model = try groupedModel(
      seed: 1, width: 8, height: 8, channels: 1, components: 2, levels: 2, classes: 2)
    let whole = png(
      width: 9, height: 9, colourType: 0, rows: (0..<9).map { y in (0..<9).map { UInt8(y * $0) } })
    var engine = try Engine()
    try engine.add(page: try WebPage(model).html)
    var flipped = whole
    flipped[flipped.count - 20] ^= 1
    let wide = png(width: 70_000, height: 1, colourType: 0, rows: [[0]])
    let bare = png(
      width: 9, height: 9, colourType: 3, rows: (0..<9).map { _ in [UInt8](repeating: 0, count: 9) })
    let files = [Array(whole.prefix(40)), Array(whole.prefix(60)), flipped, wide, bare, whole]
    for file in files { try engine.add(file, isPNG: true) }
    let errors = try engine.results().map(\.error)
    for (file, error) in zip(files, errors) {
      let isRead = (try? ImageDecoder.decode(file, path: "image.png")) != nil
      #expect(isRead == (error == nil))
      #expect(error.map { $0.hasPrefix("The ") && $0.hasSuffix(".") } ?? true)
    }
  }
}

/// A PNG file of random pixels, cut into rows with random filters.
private struct RandomPNG {
  let bytes: [UInt8]

  init(kind: Int, depth: Int, _ random: inout SeededGenerator) {
    let (width, height) = (random.pick(1...23), random.pick(1...23))
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][kind] ?? 1
    let isInterlaced = random.flip()
    let passes =
      isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    let isDark = depth == 16 && random.flip()
    var rows: [UInt8] = []
    for (x, y, dx, dy) in passes where x < width && y < height {
      let columns = (width - x + dx - 1) / dx
      for _ in 0..<(height - y + dy - 1) / dy {
        rows.append(isDark ? 0 : UInt8(random.below(5)))
        for i in 0..<(columns * depth * channels + 7) / 8 {
          rows.append(isDark && i % 2 == 0 ? UInt8(random.below(4)) : UInt8(random.below(256)))
        }
      }
    }
    bytes =
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
      + pngChunk(
        "IHDR",
        bigEndian(width, bytes: 4) + bigEndian(height, bytes: 4)
          + [UInt8(depth), UInt8(kind), 0, 0, isInterlaced ? 1 : 0])
      + Self.chunks(kind: kind, depth: depth, channels: channels, &random) + pngChunk("IDAT", zlib(rows))
      + pngChunk("IEND", [])
  }

  /// What may stand before the pixels; gamma and other colour chunks, which change nothing, among it.
  private static func chunks(
    kind: Int, depth: Int, channels: Int, _ random: inout SeededGenerator
  ) -> [UInt8] {
    func bytes(_ count: Int, below: Int = 256) -> [UInt8] {
      (0..<count).map { _ in UInt8(random.below(below)) }
    }
    var chunks = random.flip() ? pngChunk("gAMA", [0, 0, 0x40, 0]) : []
    if random.flip() {
      let bits = (0..<(kind == 3 ? 3 : channels)).map { _ in UInt8(random.pick(1...(kind == 3 ? 8 : depth))) }
      chunks += pngChunk("sBIT", bits)
    }
    let entries = kind == 3 ? random.pick(1...(1 << depth)) : 0
    if kind == 3 { chunks += pngChunk("PLTE", bytes(3 * entries)) }
    if random.flip() {
      switch kind {
      case 0: chunks += pngChunk("tRNS", [0, UInt8(random.below(1 << min(8, depth)))])
      case 2: chunks += pngChunk("tRNS", [0, 1, 0, 2, 0, 3])
      case 3: chunks += pngChunk("tRNS", bytes(random.pick(1...entries)))
      default: break
      }
    }
    if random.flip() {
      let tiff: [UInt8] =
        [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(random.pick(0...9)), 0, 0]
        + [0, 0, 0, 0]
      chunks += pngChunk("eXIf", tiff)
    }
    return chunks
  }
}
