// Zip archives as numpy.savez writes them: stored or deflated members, zip64 too. See
// ZipMemberSource for unpacking them and NPYReader for what is in them.

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

  /// The content of a member, to be read from start to end.
  func open(_ member: Member) throws(DatasetError) -> DecodedFile {
    let name = "\(path): \(member.name)"
    let (at, found) = (member.offset, bytes.count)
    guard number(at, 4) == 0x0403_4b50, let nameLength = number(at + 26, 2),
      let extraLength = number(at + 28, 2),
      at + 30 + nameLength + extraLength <= found - member.packed
    else { throw damaged("\(member.name) is not where its directory says, at byte \(at)") }
    let start = at + 30 + nameLength + extraLength
    guard member.size <= Self.mostBytes else {
      throw DatasetError(
        code: .tooLong, message: "\(name) has \(member.size) bytes; at most \(Self.mostBytes) are accepted")
    }
    guard member.method == 0 || member.method == 8 else {
      throw DatasetError(
        code: .corruptCompression,
        message:
          "\(name) is compressed with method \(member.method); save it with numpy.savez or savez_compressed")
    }
    return DecodedFile(
      try ZipMemberSource(
        archive: bytes, packed: start..<start + member.packed, member: member, name: name), name: name)
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

  private func damaged(_ what: String, code: DatasetError.Code = .corruptCompression) -> DatasetError {
    DatasetError(code: code, message: "\(path): \(what); fetch or save it again")
  }
}
