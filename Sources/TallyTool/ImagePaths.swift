// From what is named on the command line to the paths of image files; PathStream has those on the standard input.

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
}
