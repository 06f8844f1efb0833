// Checksums of a zip archive's members put right. Archives are walked without trust: what is not as it should be stays.

import CZlib
import Plumbing

/// Zip archives whose members match the checksums in the directory.
enum ZipChecksums {
  /// Most bytes of a member that are looked at.
  private static let most = 1 << 20

  static func mended(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    func number(_ at: Int, _ count: Int) -> Int {
      guard at >= 0, at + count <= bytes.count else { return -1 }
      return bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    // Directory entries wherever they stand, with small sizes in them.
    for at in bytes.indices where bytes[at] == 0x50 && number(at, 4) == 0x0201_4b50 {
      let (method, packed, start) = (number(at + 10, 2), number(at + 20, 4), number(at + 42, 4))
      guard number(start, 4) == 0x0403_4b50 else { continue }
      let content = start + 30 + number(start + 26, 2) + number(start + 28, 2)
      guard packed >= 0, content >= start + 30, content + packed <= bytes.count, at + 28 <= bytes.count
      else { continue }
      let stored = bytes[content..<content + packed]
      let plain = method == 8 ? inflated(stored) : Array(stored)
      let sum = CRC32.checksum(plain)
      for i in 0..<4 { bytes[at + 16 + i] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * i)) }
      if number(at + 24, 4) != 0xffff_ffff, method == 8 {
        for i in 0..<4 { bytes[at + 24 + i] = UInt8(truncatingIfNeeded: plain.count >> (8 * i)) }
      }
    }
    return bytes
  }

  /// What deflated bytes unpack to, up to where they are damaged.
  private static func inflated(_ packed: ArraySlice<UInt8>) -> [UInt8] {
    var source = Array(packed)
    var result = [UInt8](repeating: 0, count: min(most, 1040 * source.count + 64))
    var stream = unsafe z_stream()
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    // SAFETY: the stream is a local that is passed by reference from start to end, and not moved in between, as one call
    // does all; source and result outlive it, with their true sizes.
    let written = unsafe source.withUnsafeMutableBufferPointer { from in
      unsafe result.withUnsafeMutableBufferPointer { to in
        unsafe withUnsafeMutablePointer(to: &stream) { stream in
          guard unsafe inflateInit2_(stream, -15, ZLIB_VERSION, size) == Z_OK else { return 0 }
          unsafe stream.pointee.next_in = from.baseAddress
          unsafe stream.pointee.avail_in = UInt32(from.count)
          unsafe stream.pointee.next_out = to.baseAddress
          unsafe stream.pointee.avail_out = UInt32(to.count)
          _ = unsafe inflate(stream, Z_SYNC_FLUSH)
          defer { unsafe inflateEnd(stream) }
          return unsafe to.count - Int(stream.pointee.avail_out)
        }
      }
    }
    return Array(result[..<written])
  }
}
