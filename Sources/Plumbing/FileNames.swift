// The system's file names are bytes, Swift's strings are Unicode: how each becomes the other without a loss.

/// File names and paths as strings.
///
/// A byte that is not part of valid UTF-8 stands as one private-use scalar, U+F780 for 0x80 to U+F7FF for 0xFF. A name
/// that really holds such a scalar stands with the bytes of its UTF-8 escaped, so that every name has one string, and
/// that string gives back the name.
package enum FileName {
  private static let escapes: ClosedRange<UInt32> = 0xF780...0xF7FF

  /// The string for a name.
  package static func text(_ bytes: [UInt8]) -> String {
    // Nearly always the name is UTF-8 and holds no such scalar; in UTF-8 these begin with EF 9E or EF 9F.
    if bytes.allSatisfy({ $0 < 0xEF }), let text = String(validating: bytes, as: UTF8.self) { return text }
    var text = String.UnicodeScalarView()
    var index = 0
    while index < bytes.count {
      let length = lengthOfScalar(bytes[index])
      let part = bytes[index..<min(index + length, bytes.count)]
      if let scalar = String(validating: part, as: UTF8.self)?.unicodeScalars.first,
        !escapes.contains(scalar.value)
      {
        text.append(scalar)
        index += length
      } else {
        text.append(escape(bytes[index]))
        index += 1
      }
    }
    return String(text)
  }

  /// The bytes of a name.
  package static func bytes(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 1)
    for scalar in text.unicodeScalars {
      if let byte = escapedByte(scalar) {
        bytes.append(byte)
      } else {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
    return bytes
  }

  /// Whether the bytes of a name are valid UTF-8, so that other programs read its string as it is.
  package static func isUTF8(_ text: String) -> Bool {
    !text.unicodeScalars.contains { escapedByte($0) != nil }
      || String(validating: bytes(text), as: UTF8.self) != nil
  }

  /// Calls `body` with a path as the system takes it: its bytes and a terminating 0.
  /// - Throws: `FileError` when the path is empty or has a NUL in it; either would name another place.
  package static func withPath<R>(
    _ path: String, _ body: (UnsafePointer<CChar>) -> R
  ) throws(FileError) -> R {
    guard !path.isEmpty else {
      throw FileError(code: .missing, message: "the path is empty; name a file or a folder")
    }
    var bytes = bytes(path)
    guard !bytes.contains(0) else {
      throw FileError(code: .missing, message: "the path \(path) has a NUL in it; name a file or a folder")
    }
    bytes.append(0)
    // SAFETY: the buffer is not empty, ends with 0 and lives for the call; CChar and UInt8 have one layout.
    return unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { name in
        guard let start = name.baseAddress else {
          preconditionFailure("a buffer that is not empty has a start")
        }
        return unsafe body(start)
      }
    }
  }

  /// The byte that a scalar stands for, nil for one that stands for itself.
  static func escapedByte(_ scalar: Unicode.Scalar) -> UInt8? {
    escapes.contains(scalar.value) ? UInt8(scalar.value - escapes.lowerBound + 0x80) : nil
  }

  private static func escape(_ byte: UInt8) -> Unicode.Scalar {
    // A byte below 0x80 is valid by itself and never comes here.
    Unicode.Scalar(escapes.lowerBound + UInt32(byte & 0x7F)) ?? "\u{F780}"
  }

  /// How many bytes a scalar has that begins so; 1 for a byte that begins none.
  private static func lengthOfScalar(_ byte: UInt8) -> Int {
    switch byte {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }
}

extension Sequence<String> {
  /// In the order of their text; names that differ only in how they spell the same text, in that of their bytes.
  package func sortedAsNames() -> [String] {
    sorted { $0 == $1 ? $0.utf8.lexicographicallyPrecedes($1.utf8) : $0 < $1 }
  }
}
