// From what is named on the command line to the paths of image files; PathStream has those on the standard input.

import Foundation
import ImageData
import Plumbing

enum ImagePaths {
  /// The files that arguments name: a folder stands for the images in it, in the order of their names.
  /// - Parameter warn: told of pictures in folders that are not read.
  static func expanding(_ arguments: [String], warn: (String) -> Void) throws -> [String] {
    try arguments.flatMap { path -> [String] in
      guard FileKind(path: path) == .folder else { return [path] }
      let names = try listFolder(path).filter { !FolderNames.isPassedOver($0) }
      let images = names.filter(ImageFile.isImageName).sorted()
      let unread = unreadPictures(names)
      guard !images.isEmpty else {
        let hasFolders = names.contains { FileKind(path: "\(path)/\($0)") == .folder }
        throw UserError(
          description: "\(path): no \(FolderNames.readFormats) files in this folder; "
            + (unread.map { "convert its \($0) to PNG" }
              ?? (hasFolders
                ? "name its sub-folders (\(path.hasSuffix("/") ? path : path + "/")*/), or give it as --data"
                : "name a folder of images"))
        )
      }
      if let unread { warn("\(path): skipped \(unread); convert them to PNG") }
      return images.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }
  }

  /// Pictures of formats that are not read, by number and format; nil if there are none.
  private static func unreadPictures(_ names: [String]) -> String? {
    var formats: [String: Int] = [:]
    for name in names {
      if let format = FolderNames.unreadFormat(name) { formats[format, default: 0] += 1 }
    }
    if formats.isEmpty { return nil }
    return formats.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { counted($0.value, "\($0.key) file") }.joined(separator: ", ")
  }
}
