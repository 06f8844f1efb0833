// A model file taken apart and put together again, so that tests can change a single field of it.

import Plumbing

/// The sections of a model file as bytes, put together with a right checksum.
struct ModelFileBytes {
  var version: UInt16
  var sections: [(tag: String, bytes: [UInt8])]

  /// Takes apart what the writer wrote, by the layout of docs/model-file.md.
  init(_ file: [UInt8]) {
    version = UInt16(Self.number(file, at: 8, size: 2))
    sections = []
    var position = 14
    for _ in 0..<Self.number(file, at: 10, size: 4) {
      let length = Self.number(file, at: position + 4, size: 8)
      let content = position + 12
      sections.append(
        (
          String(decoding: file[position..<position + 4], as: UTF8.self),
          Array(file[content..<content + length])
        ))
      position = content + length
    }
  }

  var file: [UInt8] {
    var writer = ByteWriter()
    writer.append([0x89, 0x54, 0x41, 0x4C, 0x4C, 0x59, 0x0D, 0x0A])
    writer.append(UInt64(version), bytes: 2)
    writer.append(UInt64(sections.count), bytes: 4)
    for section in sections {
      writer.append(Array(section.tag.utf8))
      writer.append(UInt64(section.bytes.count), bytes: 8)
      writer.append(section.bytes)
    }
    writer.appendChecksum()
    return writer.bytes
  }

  /// The first section with a tag.
  subscript(tag: String) -> [UInt8] {
    get { sections.first { $0.tag == tag }?.bytes ?? [] }
    set {
      guard let index = sections.firstIndex(where: { $0.tag == tag }) else { return }
      sections[index].bytes = newValue
    }
  }

  static func number(_ bytes: [UInt8], at offset: Int, size: Int) -> Int {
    (0..<size).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  /// The bytes with the checksum made right for what is in front of it.
  static func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(Array(bytes.dropLast(8)))
    writer.appendChecksum()
    return writer.bytes
  }
}
