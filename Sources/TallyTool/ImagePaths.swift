// From what is named on the command line, or written to the standard input, to the paths of image files.

import Foundation
import ImageData
import Plumbing

enum ImagePaths {
  /// The files that arguments name: a folder stands for the images in it, in the order of their names.
  static func expanding(_ arguments: [String]) throws -> [String] {
    try arguments.flatMap { path -> [String] in
      guard FileKind(path: path) == .folder else { return [path] }
      let names = try listFolder(path)
      let images = names.filter(ImageFile.isImageName).sorted()
      guard !images.isEmpty else {
        let hasFolders = names.contains { FileKind(path: "\(path)/\($0)") == .folder }
        throw UserError(
          description: "\(path): no PNG or JPEG files in this folder; "
            + (hasFolders
              ? "name its sub-folders (\(path.hasSuffix("/") ? path : path + "/")*/), or give it as --data"
              : "name a folder of images"))
      }
      return images.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }
  }

  /// Calls `body` with the paths on the standard input, one a line, as they come: with all that are there at once.
  static func fromStandardInput(_ body: ([String]) throws -> Void) throws {
    let longestLine = 1 << 20
    var rest: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: at most as many bytes are read as the buffer has.
      let count = unsafe read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw UserError(description: "cannot read the standard input; give paths through a pipe or a file")
      }
      rest.append(contentsOf: buffer[..<count])
      var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      // Behind the last line break is the beginning of a line, or at the end a line without one.
      rest = count == 0 ? [] : Array(lines.removeLast())
      guard rest.count <= longestLine else {
        throw UserError(
          description: "the standard input: a line of more than \(longestLine) bytes is not a path")
      }
      let paths = lines.map {
        String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
      }
      .filter { !$0.isEmpty }
      if !paths.isEmpty { try body(paths) }
      if count == 0 { return }
    }
  }
}
