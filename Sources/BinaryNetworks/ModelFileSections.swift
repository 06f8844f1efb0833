// The frame of a model file: header, checksum, sections. What is in the sections is ModelFileReader.swift's.

import Plumbing

/// Reads little-endian numbers of one section; every failure names the file and the byte.
struct SectionReader {
  /// The section's tag.
  let tag: String
  /// The whole file, so that offsets are the file's.
  let bytes: [UInt8]
  /// The next byte to be read.
  private(set) var position: Int
  private let end: Int
  private let file: String

  init(tag: String, bytes: [UInt8], range: Range<Int>, file: String) {
    self.tag = tag
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
    self.file = file
  }

  /// Bytes left to read.
  var remaining: Int { end - position }

  /// The error for something that is wrong at a byte, by default the next one.
  func invalid(_ what: String, at offset: Int? = nil, cause: String? = nil) -> ModelFileError {
    ModelFileError(
      code: .invalid,
      message: "\(file): section \(tag), byte \(offset ?? position): \(what); make the model again",
      cause: cause)
  }

  /// Fails unless `count` items of `size` bytes are left.
  func expect(_ count: Int, of size: Int, _ what: String) throws(ModelFileError) {
    guard count <= remaining / size else {
      throw invalid("\(count) \(what) of \(size) bytes, but \(remaining) bytes are left in the section")
    }
  }

  /// A number of 1 to 8 bytes, its low 64 bits as they are.
  mutating func raw(_ size: Int, _ what: String) throws(ModelFileError) -> UInt64 {
    try expect(1, of: size, what)
    var value: UInt64 = 0
    for i in 0..<size { value |= UInt64(bytes[position + i]) << UInt64(8 * i) }
    position += size
    return value
  }

  /// A number of 1 to 4 bytes in a range.
  mutating func number(_ size: Int, in range: ClosedRange<Int>, _ what: String) throws(ModelFileError) -> Int
  {
    let value = Int(try raw(size, what))
    guard range.contains(value) else {
      throw invalid(
        "\(what) is \(value), but it is \(range.lowerBound) to \(range.upperBound)", at: position - size)
    }
    return value
  }

  /// One of the values that codes stand for.
  mutating func choice<T>(_ values: [T], _ what: String) throws(ModelFileError) -> T {
    values[try number(1, in: 0...values.count - 1, what)]
  }

  /// The kind that a code stands for.
  mutating func choice<T: CodedChoice>(of kinds: T.Type, _ what: String) throws(ModelFileError) -> T {
    let code = try number(1, in: T.fileCodes, what)
    guard let kind = T(fileCode: code) else {
      throw invalid("\(what) is \(code), which stands for nothing", at: position - 1)
    }
    return kind
  }

  /// `count` bytes as text.
  mutating func text(_ count: Int, _ what: String) throws(ModelFileError) -> String {
    try expect(count, of: 1, "bytes of \(what)")
    guard let text = String(validating: bytes[position..<position + count], as: UTF8.self) else {
      throw invalid("\(what) is not UTF-8 text")
    }
    position += count
    return text
  }

  /// `count` numbers of `size` bytes, sign-extended.
  mutating func integers<T: FixedWidthInteger>(
    _ count: Int, as: T.Type, _ what: String
  ) throws(ModelFileError) -> [T] {
    let size = T.bitWidth / 8
    try expect(count, of: size, what)
    let start = position
    position += count * size
    return (0..<count).map { index in
      var value: UInt64 = 0
      for i in 0..<size { value |= UInt64(bytes[start + index * size + i]) << UInt64(8 * i) }
      return T(truncatingIfNeeded: value)
    }
  }

  /// Goes on `count` bytes further.
  mutating func skip(_ count: Int, _ what: String) throws(ModelFileError) {
    try expect(count, of: 1, what)
    position += count
  }

  /// Fails unless everything was read.
  func expectEnd() throws(ModelFileError) {
    guard remaining == 0 else { throw invalid("\(remaining) extra bytes at the end of the section") }
  }
}

/// Takes a file apart into its sections.
struct ModelFileSections {
  /// The sections in order, optional ones that this build does not know left out.
  let sections: [SectionReader]
  /// The format version, 1 to the newest.
  let version: UInt64

  /// Checks magic, checksum, version and the sections' lengths.
  init(_ bytes: [UInt8], file: String) throws(ModelFileError) {
    let magic = ModelFile.magic
    guard bytes.prefix(magic.count).elementsEqual(magic.prefix(bytes.count)) else {
      throw ModelFileError(
        code: .notAModel,
        message:
          "\(file): not a model file: wrong bytes at byte 0; name a file that Tally wrote")
    }
    let truncated = ModelFileError(
      code: .truncated, message: "\(file): truncated: it ends at byte \(bytes.count); copy or make it again")
    guard bytes.count >= ModelFile.headerBytes + 8 else { throw truncated }
    let end = bytes.count - 8
    var crc = CRC64()
    crc.update(bytes.span.extracting(0..<end))
    let isWhole = crc.value == Self.number(bytes, at: end, size: 8)
    let version = Self.number(bytes, at: magic.count, size: 2)
    if !isWhole && version <= ModelFile.version && Self.sectionsRunPast(end, of: bytes) { throw truncated }
    guard isWhole else {
      throw ModelFileError(
        code: .damaged,
        message:
          "\(file): damaged: its \(bytes.count) bytes do not match the checksum at byte \(end); "
          + "copy or make it again")
    }
    guard version <= ModelFile.version else {
      throw ModelFileError(
        code: .futureVersion,
        message:
          "\(file): written by a newer Tally: format version \(version) at byte \(magic.count), this build reads "
          + "up to \(ModelFile.version); update Tally")
    }
    var frame = SectionReader(tag: "header", bytes: bytes, range: magic.count..<end, file: file)
    guard version > 0 else { throw frame.invalid("there is no format version 0") }
    try frame.skip(2, "format version")
    let count = Int(try frame.raw(4, "number of sections"))
    try frame.expect(count, of: ModelFile.sectionHeaderBytes, "sections")
    var sections: [SectionReader] = []
    for _ in 0..<count {
      let (start, tag, length) = try Self.header(&frame)
      let content = frame.position
      try frame.skip(length, "bytes of section \(tag)")
      if ModelFile.Tag(rawValue: tag) != nil {
        sections.append(SectionReader(tag: tag, bytes: bytes, range: content..<frame.position, file: file))
      } else if !(97...122).contains(bytes[start]) {
        throw ModelFileError(
          code: .futureVersion,
          message:
            "\(file): section \(tag) at byte \(start) is required but unknown to this build; update Tally")
      }
    }
    try frame.expectEnd()
    self.sections = sections
    self.version = version
  }

  /// A section's tag and length.
  private static func header(
    _ frame: inout SectionReader
  ) throws(ModelFileError) -> (start: Int, tag: String, length: Int) {
    let start = frame.position
    try frame.skip(4, "bytes of a section's tag")
    let tag = frame.bytes[start..<start + 4]
    guard tag.allSatisfy({ (33...126).contains($0) }) else {
      throw frame.invalid("a section's tag is not printable ASCII", at: start)
    }
    let length = try frame.raw(8, "a section's length")
    guard length <= UInt64(frame.remaining) else {
      throw frame.invalid("a section of \(length) bytes runs past the end", at: start)
    }
    return (start, String(decoding: tag, as: UTF8.self), Int(length))
  }

  /// Whether the sections of a file that fails its checksum end after byte `end`, as they do in a file cut short.
  private static func sectionsRunPast(_ end: Int, of bytes: [UInt8]) -> Bool {
    var position = ModelFile.headerBytes
    for _ in 0..<number(bytes, at: ModelFile.headerBytes - 4, size: 4) {
      guard position + ModelFile.sectionHeaderBytes <= end else { return true }
      let length = number(bytes, at: position + 4, size: 8)
      position += ModelFile.sectionHeaderBytes
      guard length <= UInt64(end - position) else { return true }
      position += Int(length)
    }
    return false
  }

  private static func number(_ bytes: [UInt8], at offset: Int, size: Int) -> UInt64 {
    var value: UInt64 = 0
    for i in 0..<size { value |= UInt64(bytes[offset + i]) << UInt64(8 * i) }
    return value
  }
}
