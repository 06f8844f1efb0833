// Zip archives as numpy.savez writes them: stored or deflated members, zip64 too. See NPYReader for what is in them.

import CZlib
import Plumbing

/// The members of a zip archive in memory; every offset and length is checked against the archive.
struct ZipArchive {
  /// A member as the central directory says it is.
  struct Member {
    let name: String
    let method: Int
    let checksum: UInt32
    let packed: Int
    let size: Int
    let offset: Int
  }

  /// Most bytes of a member.
  static let mostBytes = 1 << 32

  let path: String
  private(set) var members: [Member] = []
  private let bytes: [UInt8]

  /// Reads the directory of an archive.
  init(_ bytes: [UInt8], path: String) throws(DatasetError) {
    self.bytes = bytes
    self.path = path
    guard bytes.starts(with: [0x50, 0x4b]) else {
      throw DatasetError(
        code: .wrongMagic,
        message: "\(path): is not an .npz file (wrong first bytes); save it with numpy.savez")
    }
    // The end record is 22 bytes and a comment of up to 65 535.
    let last = bytes.count - 22
    guard last >= 0,
      let end = stride(from: last, through: max(0, last - 65_535), by: -1).first(where: {
        number($0, 4) == 0x0605_4b50
      })
    else { throw damaged("its directory is missing, so it may be cut short", code: .truncated) }
    var (count, offset) = (number(end + 10, 2) ?? 0, number(end + 16, 4) ?? 0)
    if count == 0xffff || offset == 0xffff_ffff, number(end - 20, 4) == 0x0706_4b50,
      let wide = number(end - 12, 8), number(wide, 4) == 0x0606_4b50
    {
      guard let wideCount = number(wide + 32, 8), let wideOffset = number(wide + 48, 8) else {
        throw damaged("its directory runs past the end of the file")
      }
      (count, offset) = (wideCount, wideOffset)
    }
    for _ in 0..<count {
      guard number(offset, 4) == 0x0201_4b50, let method = number(offset + 10, 2),
        let checksum = number(offset + 16, 4), var packed = number(offset + 20, 4),
        var size = number(offset + 24, 4), let nameLength = number(offset + 28, 2),
        let extraLength = number(offset + 30, 2), let commentLength = number(offset + 32, 2),
        var start = number(offset + 42, 4), offset + 46 + nameLength + extraLength <= bytes.count
      else { throw damaged("its directory is damaged at byte \(offset)") }
      let extra = offset + 46 + nameLength
      if size == 0xffff_ffff || packed == 0xffff_ffff || start == 0xffff_ffff {
        guard let wide = wideNumbers(extra..<extra + extraLength, size: size, packed: packed, start: start)
        else {
          throw damaged("its directory is damaged at byte \(extra)")
        }
        (size, packed, start) = wide
      }
      members.append(
        Member(
          name: String(decoding: bytes[(offset + 46)..<extra], as: UTF8.self), method: method,
          checksum: UInt32(checksum), packed: packed, size: size, offset: start))
      offset = extra + extraLength + commentLength
    }
  }

  /// The content of a member.
  func content(_ member: Member) throws(DatasetError) -> [UInt8] {
    let name = "\(path): \(member.name)"
    let (at, found) = (member.offset, bytes.count)
    guard number(at, 4) == 0x0403_4b50, let nameLength = number(at + 26, 2),
      let extraLength = number(at + 28, 2),
      at + 30 + nameLength + extraLength <= found - member.packed
    else { throw damaged("\(member.name) is not where its directory says, at byte \(at)") }
    let start = at + 30 + nameLength + extraLength
    let packed = start..<start + member.packed
    guard member.size <= Self.mostBytes else {
      throw DatasetError(
        code: .tooLong, message: "\(name) has \(member.size) bytes; at most \(Self.mostBytes) are accepted")
    }
    let content: [UInt8]
    switch member.method {
    case 0: content = Array(bytes[packed])
    case 8:
      // Deflate packs at most about 1 in 1,032; a size beyond that is a lie, and nothing is reserved for it.
      guard member.size <= 1040 * member.packed + 64, let inflated = inflated(packed, size: member.size)
      else {
        throw damaged("\(member.name) cannot be unpacked", code: .corruptCompression)
      }
      content = inflated
    default:
      throw DatasetError(
        code: .corruptCompression,
        message:
          "\(name) is compressed with method \(member.method); save it with numpy.savez or savez_compressed")
    }
    // SAFETY: the buffer lives for the call, with its true length.
    let sum = unsafe content.withUnsafeBufferPointer { unsafe crc32_z(0, $0.baseAddress, $0.count) }
    guard content.count == member.size, UInt32(truncatingIfNeeded: sum) == member.checksum else {
      throw damaged("\(member.name) does not match its checksum", code: .corruptCompression)
    }
    return content
  }

  /// A little-endian number; nil where it would run past the end or cannot be an offset.
  private func number(_ offset: Int, _ count: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - count else { return nil }
    let value = bytes[offset..<(offset + count)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return value <= 1 << 48 ? Int(value) : nil
  }

  /// The 64-bit sizes of a member, in the extra field 1, of which only those are there that did not fit 32 bits.
  private func wideNumbers(
    _ extra: Range<Int>, size: Int, packed: Int, start: Int
  ) -> (size: Int, packed: Int, start: Int)? {
    var at = extra.lowerBound
    while at + 4 <= extra.upperBound, let id = number(at, 2), let length = number(at + 2, 2) {
      if id == 1 {
        var next = at + 4
        let end = min(extra.upperBound, next + length)
        func wide(_ narrow: Int) -> Int? {
          if narrow != 0xffff_ffff { return narrow }
          defer { next += 8 }
          return next + 8 <= end ? number(next, 8) : nil
        }
        guard let size = wide(size), let packed = wide(packed), let start = wide(start) else { return nil }
        return (size, packed, start)
      }
      at += 4 + length
    }
    return nil
  }

  /// Deflated bytes unpacked, exactly `size` of them; nil when they are damaged.
  private func inflated(_ packed: Range<Int>, size: Int) -> [UInt8]? {
    // SAFETY: zlib's stream stays at one address between its start and its end; it reads avail_in bytes of the archive
    // and writes at most avail_out bytes of the result, both of which outlive the calls.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    defer {
      unsafe inflateEnd(stream)
      unsafe stream.deallocate()
    }
    // -15 = largest window, no framing. The arguments are those of inflateInit2.
    let structSize = unsafe Int32(MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(stream, -15, ZLIB_VERSION, structSize) == Z_OK else { return nil }
    var result = [UInt8](repeating: 0, count: size)
    let isWhole = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe result.withUnsafeMutableBufferPointer { target in
        var (read, written) = (packed.lowerBound, 0)
        while true {
          let (available, room) = (min(packed.upperBound - read, 1 << 30), min(size - written, 1 << 30))
          unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(
            mutating: source.baseAddress?.advanced(by: read))
          unsafe stream.pointee.avail_in = UInt32(available)
          unsafe stream.pointee.next_out = unsafe target.baseAddress?.advanced(by: written)
          unsafe stream.pointee.avail_out = UInt32(room)
          let status = unsafe inflate(stream, Z_NO_FLUSH)
          read += available - Int(unsafe stream.pointee.avail_in)
          written += room - Int(unsafe stream.pointee.avail_out)
          if status == Z_STREAM_END { return written == size }
          let moved = unsafe Int(stream.pointee.avail_in) < available || Int(stream.pointee.avail_out) < room
          if status != Z_OK || !moved { return false }
        }
      }
    }
    return isWhole ? result : nil
  }

  private func damaged(_ what: String, code: DatasetError.Code = .corruptCompression) -> DatasetError {
    DatasetError(code: code, message: "\(path): \(what); fetch or save it again")
  }
}
