// Paths on the standard input: one a line, or each with a NUL behind it.

import Foundation
import Plumbing

/// Cuts bytes that come piece by piece into paths.
struct PathStream {
  /// What stands between two paths.
  enum Separator {
    case line, null
  }

  /// No path is longer than this.
  static let longestPath = 1 << 20

  private var separator: Separator?
  private var rest: [UInt8] = []
  private var lines = 0

  /// - Parameter separator: nil for what the first bytes show: NULs, as `find -print0` writes them, or lines.
  init(separator: Separator?) { self.separator = separator }

  /// The paths that end in these bytes.
  /// - Throws: `UserError` for a path that is too long, or a NUL among lines: what it cuts is no path.
  mutating func take(_ bytes: some Collection<UInt8>) throws -> [String] {
    rest.append(contentsOf: bytes)
    if lines == 0, Self.isPicture(rest) {
      throw UserError(
        description: "the standard input holds a picture, not paths of pictures; name the file instead",
        code: 2)
    }
    if separator == nil {
      separator = rest.contains(0) ? .null : rest.contains(UInt8(ascii: "\n")) ? .line : nil
    }
    guard let separator else { return try checked([]) }
    var parts = rest.split(
      separator: separator == .null ? 0 : UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    rest = Array(parts.removeLast())
    return try checked(parts)
  }

  /// Whether bytes begin as PNG, JPEG and WebP files do.
  private static func isPicture(_ bytes: [UInt8]) -> Bool {
    [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a], [0xff, 0xd8, 0xff]].contains { bytes.starts(with: $0) }
      || bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WEBP".utf8))
  }

  /// The path at the end that has nothing behind it.
  mutating func end() throws -> [String] {
    defer { rest = [] }
    return try checked([rest[...]])
  }

  private mutating func checked(_ parts: [ArraySlice<UInt8>]) throws -> [String] {
    if separator != .null, parts.contains(where: { $0.contains(0) }) || rest.contains(0) {
      throw UserError(
        description:
          "the standard input: a NUL behind line \(lines); if paths are separated by NUL, give --null",
        code: 2)
    }
    guard rest.count <= Self.longestPath, parts.allSatisfy({ $0.count <= Self.longestPath }) else {
      throw UserError(
        description:
          "the standard input: more than \(Self.longestPath) bytes without a line break are not a path")
    }
    lines += parts.count
    return parts.filter { !$0.isEmpty }.map { part in
      let path = FileName.text(Array(part))
      // Lists from Windows; but a name may end so.
      guard separator != .null, part.last == UInt8(ascii: "\r"), FileKind(path: path) == .missing else {
        return path
      }
      return FileName.text(Array(part.dropLast()))
    }.filter { !$0.isEmpty }
  }

  /// Calls `body` with the paths on the standard input as they come: with all that are there at once.
  static func fromStandardInput(_ separator: Separator?, _ body: ([String]) throws -> Void) throws {
    var stream = PathStream(separator: separator)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: at most as many bytes are read as the buffer has.
      let count = unsafe read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw UserError(description: "cannot read the standard input; give paths through a pipe or a file")
      }
      let paths = count == 0 ? try stream.end() : try stream.take(buffer[..<count])
      if !paths.isEmpty { try body(paths) }
      if count == 0 { return }
    }
  }
}
