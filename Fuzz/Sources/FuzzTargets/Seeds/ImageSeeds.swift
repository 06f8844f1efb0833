// Small image files: PNG and JPEG put together here, WebP as bytes of files that others wrote.

import CZlib
import ImageData
import Plumbing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Images.
enum ImageSeeds {
  static func pngs() -> [[UInt8]] {
    let extras: [(String, [UInt8])] = [
      ("gAMA", [0, 0, 0xb1, 0x8f]), ("sRGB", [0]), ("sBIT", [5]), ("tRNS", [0, 9]),
      ("eXIf", tiff(orientation: 6, little: true)), ("bKGD", [0, 40]),
    ]
    var files = [
      (UInt8(0), UInt8(1), 1), (0, 4, 4), (0, 16, 16), (2, 8, 24), (2, 16, 48), (4, 8, 16), (6, 8, 32),
    ]
    .map { kind, depth, bits in png(5, 4, kind, depth, bitsPerPixel: bits) }
    files.append(png(5, 4, 3, 2, bitsPerPixel: 2, chunks: chunk("PLTE", noise(12)) + chunk("tRNS", [9, 90])))
    files.append(png(9, 9, 2, 8, bitsPerPixel: 24, isInterlaced: true))
    files += extras.map { png(4, 3, 0, 8, bitsPerPixel: 8, chunks: chunk($0.0, $0.1)) }
    return files
  }

  static func jpegs() -> [[UInt8]] {
    let samplings = [[1, 1], [2, 1], [2, 2], [1, 2], [4, 1]]
    var files = samplings.map { jpeg(17, 9, factors: [$0, [1, 1], [1, 1]]) }
    files.append(jpeg(17, 9, factors: [[2, 2], [1, 1], [1, 1]], isProgressive: true))
    let adobe = segment(0xee, Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 0])
    files.append(jpeg(9, 8, factors: Array(repeating: [1, 1], count: 4), segments: adobe))
    let exif = segment(0xe1, Array("Exif\0\0".utf8) + tiff(orientation: 8, little: false))
    return files + [jpeg(6, 4, factors: [[1, 1]], segments: exif)]
  }

  /// Lossy, lossless, with opacity, with EXIF, animated.
  static func webps() -> [[UInt8]] {
    [
      "UklGRm4AAABXRUJQVlA4IGIAAABQAQCdASoJAAcAB0CWJbAABGGAAMslebwmH9FWPtczShcOoVZ7yBN7yLS6f6bCNinCxccwWqPwlQfdA/ylf3EfoGf5Sv74eAA0kChQAi/yTlWLrUuAAbf6YMh0W1Q4ZOAAAAA=",
      "UklGRnAAAABXRUJQVlA4TGMAAAAvA4AAAF+gKJIURwFmEIBwXGQN1D1zUKIokqTmcgQRvPhjBb94wYmaSJKUg/wsUH6K3tUbfBUMVfMffEuZ7P1ln+67QvxKUtusZ0Mo4IVcFRRCskKxPI5vcimkkHJE/4NzjwUA",
      "UklGRlgAAABXRUJQVlA4WAoAAAAQAAAABAAAAwAAQUxQSAoAAAABB1CyiAhERP8DVlA4ICgAAACwAQCdASoFAAQAB0CWJYgCdAD0bRugAMls8VOHO/nPJCt77NBOAAAA",
      "UklGRoAAAABXRUJQVlA4WAoAAAAIAAAAAgAAAQAAVlA4TD8AAAAvAkAAAC+goG0bphd/uQ7AcJBJ28iqzwrdzn1DUds2UCnc7Mb/MRLzH/M25ANat/cM1LRtwIY6/4JoRP9jfgEARVhJRhoAAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA==",
      "UklGRuAAAABXRUJQVlA4WAoAAAACAAAAAgAAAQAAQU5JTQYAAAAAAAAAAABBTk1GVgAAAAAAAAAAAAIAAAEAAAAAAAJWUDhMPgAAAC8CQAAAL6CgbRumCMq7jN/Gg0zaNgj9enYapxAAGiaJGLJL/GwK8x+6U0LxwPasQCHbCHDoXo+DuIj+x7kCQU5NRlYAAAAAAAAAAAACAAABAAAAAAAAVlA4TD4AAAAvAkAAAC+goG0bpgjKu4zfxoNM2jYI/Xp2GqcQABomiRiyS/xsCvMfulNC8cD2rEAh2whwaveoHMBF9D/GCw==",
    ].map { Array(Data(base64Encoded: $0) ?? Data()) }
  }

  static func exif() -> [[UInt8]] {
    (1...8).map { tiff(orientation: $0, little: $0 % 2 == 0) }
  }

  /// A TIFF structure with two entries, the second an orientation.
  private static func tiff(orientation: Int, little: Bool) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      let bytes = big(value, count)
      return little ? bytes.reversed() : bytes
    }
    func entry(_ tag: Int, _ value: Int) -> [UInt8] {
      number(tag, 2) + number(3, 2) + number(1, 4) + number(value, 2) + [0, 0]
    }
    return (little ? [0x49, 0x49] : [0x4d, 0x4d]) + number(42, 2) + number(8, 4) + number(2, 2)
      + entry(0x0100, 77) + entry(0x0112, orientation) + number(0, 4)
  }

  // MARK: PNG

  /// A grey image.
  static func plainPNG(width: Int, height: Int, chunks: [UInt8] = []) -> [UInt8] {
    png(width, height, 0, 8, bitsPerPixel: 8, chunks: chunks)
  }

  /// A chunk with its checksum.
  static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + content
    return big(content.count, 4) + body + big(Int(CRC32.checksum(body)), 4)
  }

  /// Noise; of an interlaced image as many bytes as its passes may have.
  private static func png(
    _ width: Int, _ height: Int, _ kind: UInt8, _ depth: UInt8, bitsPerPixel: Int, isInterlaced: Bool = false,
    chunks: [UInt8] = []
  ) -> [UInt8] {
    func rows(_ width: Int, _ height: Int) -> [UInt8] {
      width == 0 ? [] : (0..<height).flatMap { [UInt8($0 % 5)] + noise((width * bitsPerPixel + 7) / 8) }
    }
    // Adam7: where each pass begins, and its steps.
    let passes = [
      (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ]
    let content =
      isInterlaced
      ? passes.flatMap { rows((width - $0.0 + $0.2 - 1) / $0.2, (height - $0.1 + $0.3 - 1) / $0.3) }
      : rows(width, height)
    return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
      + chunk("IHDR", big(width, 4) + big(height, 4) + [depth, kind, 0, 0, isInterlaced ? 1 : 0]) + chunks
      + chunk("IDAT", zlib(content)) + chunk("IEND", [])
  }

  private static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    var size = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(size))
    // SAFETY: the buffers live for the call, with their true sizes.
    let status = unsafe compress2(&result, &size, bytes, UInt(bytes.count), 6)
    precondition(status == Z_OK)
    return Array(result[..<Int(size)])
  }

  // MARK: JPEG

  /// A grey image.
  static let plainJPEG = jpeg(3, 2, factors: [[1, 1]])

  /// A segment with its length.
  static func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
    [0xff, marker] + big(content.count + 2, 2) + content
  }

  /// A file whose values are all the same: its codes have one bit, which is 0 for no difference and for no more
  /// frequencies; what is changed of them is other differences.
  /// - Parameter factors: how often each component is sampled, across and down.
  private static func jpeg(
    _ width: Int, _ height: Int, factors: [[Int]], isProgressive: Bool = false, segments: [UInt8] = []
  ) -> [UInt8] {
    let (across, down) = (factors.map { $0[0] }.max() ?? 1, factors.map { $0[1] }.max() ?? 1)
    let units = ((width + 8 * across - 1) / (8 * across)) * ((height + 8 * down - 1) / (8 * down))
    let bits = units * factors.reduce(0) { $0 + $1[0] * $1[1] } * (isProgressive ? 1 : 2)
    let components = factors.indices.map { UInt8($0 + 1) }
    // Three codes, of one to three bits.
    let codes: [UInt8] = [1, 1, 1] + [UInt8](repeating: 0, count: 13)
    return [0xff, 0xd8] + segments + segment(0xdb, [0] + [UInt8](repeating: 3, count: 64))
      + segment(
        isProgressive ? 0xc2 : 0xc0,
        [8] + big(height, 2) + big(width, 2) + [UInt8(factors.count)]
          + zip(components, factors).flatMap { [$0, UInt8($1[0] << 4 | $1[1]), 0] })
      + segment(0xc4, [0x00] + codes + [0, 1, 4]) + segment(0xc4, [0x10] + codes + [0x00, 0x01, 0x12])
      + segment(
        0xda, [UInt8(factors.count)] + components.flatMap { [$0, 0] } + [0, isProgressive ? 0 : 63, 0])
      + [UInt8](repeating: 0, count: bits / 8)
      + [0xff >> UInt8(bits % 8), 0xff, 0xd9].suffix(bits % 8 == 0 ? 2 : 3)
  }

  /// Seeded bytes.
  static func noise(_ count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: 9)
    return (0..<count).map { _ in UInt8(generator.below(256)) }
  }

  /// A number in big-endian bytes.
  static func big(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
  }
}
