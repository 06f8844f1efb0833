// Pictures as PNG files (ISO/IEC 15948): signature, header, one compressed data chunk, end. Writing only.

import CZlib

extension Raster {
  /// The picture as the bytes of a PNG file: 8 bits, grey if it is, else red, green and blue.
  package func png() -> [UInt8] {
    let grey = isGrey
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    var header = bigEndian(width) + bigEndian(height)
    // Bit depth, colour type, then deflate, the five filters, no interlacing: the only values there are.
    header += [8, grey ? 0 : 2, 0, 0, 0]
    appendChunk("IHDR", header, to: &file)
    appendChunk("IDAT", deflated(scanlines(grey: grey)), to: &file)
    appendChunk("IEND", [], to: &file)
    return file
  }

  /// Rows of bytes, each after a byte that names its filter (0: none).
  private func scanlines(grey: Bool) -> [UInt8] {
    var rows: [UInt8] = []
    rows.reserveCapacity(height * (1 + width * (grey ? 1 : 3)))
    for y in 0..<height {
      rows.append(0)
      let row = bytes[3 * y * width..<3 * (y + 1) * width]
      if grey {
        for i in stride(from: row.startIndex, to: row.endIndex, by: 3) { rows.append(row[i]) }
      } else {
        rows += row
      }
    }
    return rows
  }
}

private func bigEndian(_ value: Int) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
}

/// Length, type, data, and the CRC-32 of type and data.
private func appendChunk(_ type: StaticString, _ data: [UInt8], to file: inout [UInt8]) {
  let checked = Array("\(type)".utf8) + data
  file += bigEndian(data.count) + checked
  // SAFETY: pointer and length are those of the array, which outlives the call.
  let crc = unsafe checked.withUnsafeBufferPointer { unsafe crc32(0, $0.baseAddress, uInt($0.count)) }
  file += bigEndian(Int(crc))
}

/// A zlib stream of bytes.
private func deflated(_ bytes: [UInt8]) -> [UInt8] {
  var length = compressBound(uLong(bytes.count))
  var stream = [UInt8](repeating: 0, count: Int(length))
  // SAFETY: both pointers come with the lengths of their arrays, which outlive the call; `length` becomes what
  // was written, at most the bound.
  let status = unsafe stream.withUnsafeMutableBufferPointer { out in
    unsafe bytes.withUnsafeBufferPointer {
      unsafe compress2(out.baseAddress, &length, $0.baseAddress, uLong($0.count), 9)
    }
  }
  precondition(status == Z_OK, "compress2 fails only without memory")
  return Array(stream[..<Int(length)])
}
