// Which file each image was read from, for messages and lists that name it.

import Plumbing

/// The files of images, in the order of the images.
struct ImageFiles: Sendable {
  /// The files of one part of a data set.
  private struct Part {
    let part: ClassFolders.Part
    let files: [ClassFolders.Part.File]
  }
  private let parts: [Part]

  /// Files of a part.
  init(_ part: ClassFolders.Part, _ files: [ClassFolders.Part.File]) {
    parts = [Part(part: part, files: files)]
  }

  private init(parts: [Part]) { self.parts = parts }

  /// The path of a file.
  subscript(index: Int) -> String {
    var index = index
    for part in parts {
      if index < part.files.count { return part.part.path(part.files[index]) }
      index -= part.files.count
    }
    preconditionFailure("no such file")
  }

  /// Where another process finds the files of some indices, a run of images of one part at a time, in an order that suits
  /// it.
  /// - Parameters:
  ///   - wave: most images of a run.
  ///   - body: told of the indices of a run and their places.
  func eachDistantRun(
    _ wave: Int, _ body: ([Int], DistantPlaces) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    var before = 0
    for part in parts {
      let order = part.files.indices.sorted { part.files[$0].row < part.files[$1].row }
      for first in stride(from: 0, to: order.count, by: wave) {
        let run = order[first..<min(order.count, first + wave)]
        try body(run.map { before + $0 }, part.part.places(run.lazy.map { part.files[$0] }))
      }
      before += part.files.count
    }
  }

  /// Some of the files of a single part.
  func subset(_ indices: [Int]) -> ImageFiles {
    precondition(parts.count == 1, "files are chosen before they are joined")
    return ImageFiles(
      parts: parts.map { part in
        Part(part: part.part, files: indices.map { part.files[$0] })
      })
  }

  /// The files with others behind them.
  func followed(by others: ImageFiles) -> ImageFiles { ImageFiles(parts: parts + others.parts) }
}
