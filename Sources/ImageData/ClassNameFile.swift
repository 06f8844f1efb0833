// Class names out of a text file, one a line: classes.txt, batches.meta.txt. What a name may be is in ClassNames.

import Plumbing

/// Reads files of class names.
///
/// A file is UTF-8, with or without a byte order mark; lines end as on any system. Blanks at either end of a line are left
/// out. Empty lines may follow the last name, but not stand before it: nobody could tell whether a name is missing.
enum ClassNameFile {
  /// Most bytes of a file.
  static let mostBytes = 1 << 24

  /// The names in a file.
  /// - Throws: `DatasetError` that names the file and the line.
  static func read(_ path: String) throws(DatasetError) -> [String] {
    let bytes: [UInt8]
    do { bytes = try readFile(path, limit: mostBytes) } catch { throw DatasetError(error, path: path) }
    return try names(in: bytes, path: path)
  }

  /// The names in the bytes of a file.
  static func names(in bytes: [UInt8], path: String) throws(DatasetError) -> [String] {
    func wrong(_ what: String) -> DatasetError {
      DatasetError(code: .wrongNames, message: "\(path): \(what)")
    }
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) || bytes.contains(0) {
      throw wrong("is UTF-16 text or no text at all; save it as UTF-8, one class name a line")
    }
    var names: [String] = []
    var firstEmpty: Int?
    var rest = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes[3...] : bytes[...]
    var number = 0
    while !rest.isEmpty, names.count <= ClassNames.most {
      let line = takeLine(&rest)
      number += 1
      guard let text = String(validating: line, as: UTF8.self) else {
        throw wrong(
          "line \(number), \"\(escaped(line.prefix(120)))\", is not UTF-8 (perhaps Latin-1); save the file as UTF-8, "
            + "for example with iconv -f LATIN1 -t UTF-8")
      }
      let name = ClassNames.trimmed(text)
      guard !name.isEmpty else {
        firstEmpty = firstEmpty ?? number
        continue
      }
      if let firstEmpty {
        throw wrong(
          "line \(firstEmpty) is empty, but names follow; name the class there or take the line out")
      }
      names.append(name)
    }
    guard !names.isEmpty else { throw wrong("holds no class names; write one a line, or remove the file") }
    // Every line up to the first empty one is a name.
    if let problem = ClassNames.problem(in: names, place: { "line \($0 + 1)" }) {
      throw wrong("\(problem); give each class a line and a name of its own")
    }
    return names
  }

  /// The first line, without what ends it, which is taken off as well.
  private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let end = rest.firstIndex(where: { $0 == 0x0a || $0 == 0x0d }) else {
      defer { rest = [] }
      return rest
    }
    let line = rest[..<end]
    let isPair = rest[end] == 0x0d && end + 1 < rest.endIndex && rest[end + 1] == 0x0a
    rest = rest[(isPair ? end + 2 : end + 1)...]
    return line
  }

  /// Bytes as text, those that are not ASCII as `\xE9`.
  private static func escaped(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { byte in
      (0x20..<0x7f).contains(byte)
        ? String(UnicodeScalar(byte))
        : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
    .joined()
  }
}
