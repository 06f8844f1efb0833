// PNG files made by the tests, chunk by chunk with zlib alone.

import CZlib

/// A number in big-endian bytes.
public func bigEndian(_ value: Int, bytes count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
}

/// `bytes` as a zlib stream.
public func zlib(_ bytes: [UInt8]) -> [UInt8] {
  var size = compressBound(UInt(bytes.count))
  var result = [UInt8](repeating: 0, count: Int(size))
  // SAFETY: the buffers live for the call, with their true sizes.
  let status = unsafe compress2(&result, &size, bytes, UInt(bytes.count), 6)
  precondition(status == Z_OK)
  return Array(result[..<Int(size)])
}

/// One PNG chunk with its length and checksum.
public func pngChunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
  let body = Array(type.utf8) + content
  // SAFETY: the buffer lives for the call.
  let sum = unsafe crc32(0, body, UInt32(body.count))
  return bigEndian(content.count, bytes: 4) + body + bigEndian(Int(sum), bytes: 4)
}

/// A PNG file whose rows are as its colour type stores them: 0 grey, 2 RGB, 3 palette, 4 grey and opacity, 6 RGB and
/// opacity.
public func png(
  width: Int, height: Int, colourType: UInt8, depth: UInt8 = 8, chunks: [UInt8] = [], rows: [[UInt8]]
) -> [UInt8] {
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    + pngChunk(
      "IHDR", bigEndian(width, bytes: 4) + bigEndian(height, bytes: 4) + [depth, colourType, 0, 0, 0])
    + chunks + pngChunk("IDAT", zlib(rows.flatMap { [0] + $0 })) + pngChunk("IEND", [])
}
