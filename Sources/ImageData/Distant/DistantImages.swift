// Images that another process reads where they lie: what it is asked, and what this one knows of them without their
// pixels. How they are asked for is in LayerwiseTraining/Remote.

package import Plumbing
import Synchronization

/// Whoever reads images that this process does not.
package protocol DistantImages: Sendable {
  /// The names in a folder and what they are; the path is below the data set's folder, "" for that folder itself.
  func list(_ folder: String) throws(DatasetError) -> [(name: String, kind: FileKind)]
  /// The first 12 bytes of a file, fewer where it has no more.
  func beginning(of file: String) throws(DatasetError) -> [UInt8]
  /// What the files of images are, one by one.
  func look(at places: DistantPlaces) throws(DatasetError) -> [FileLook]
  /// What images fitted to a shape are, one by one.
  func fit(_ places: DistantPlaces, to shape: ImageShape) throws(DatasetError) -> [FittedLook]
}

/// Where images are.
package enum DistantPlaces: Sendable {
  /// Paths below the data set's folder.
  case files([String])
  /// Rows of a table.
  case rows([Int])

  /// How many there are.
  package var count: Int {
    switch self {
    case .files(let files): files.count
    case .rows(let rows): rows.count
    }
  }
}

/// A part of a data set whose images another process reads.
final class DistantPart: Sendable {
  /// Images that are asked for at a time.
  static let wave = 1 << 15

  let reader: any DistantImages
  /// The part's folder below that of the data set; nil for a table.
  let folder: String?
  private let looks = Mutex<[FileLook]>([])

  init(reader: any DistantImages, folder: String?) { (self.reader, self.folder) = (reader, folder) }

  /// What the files of a part are, in the order of `part.files`; asked for once.
  func looks(at part: ClassFolders.Part) throws(DatasetError) -> [FileLook] {
    let known = looks.withLock { $0 }
    if !known.isEmpty || part.files.isEmpty { return known }
    var found = [FileLook](
      repeating: FileLook(length: 0, sum: 0, shorterSide: 0), count: part.files.count)
    try eachWave(of: part.files, in: part) { some, places throws(DatasetError) in
      for (at, look) in zip(some, try reader.look(at: places)) { found[at] = look }
    }
    let all = found
    looks.withLock { $0 = all }
    return all
  }

  /// What images fitted to a shape are; `take` is told of each by its place in `files`, in any order.
  func fit(
    _ files: [ClassFolders.Part.File], of part: ClassFolders.Part, to shape: ImageShape,
    take: (Int, FittedLook) -> Void
  ) throws(DatasetError) {
    looks.withLock { $0 = [] }
    try eachWave(of: files, in: part) { some, places throws(DatasetError) in
      for (at, look) in zip(some, try reader.fit(places, to: shape)) { take(at, look) }
    }
  }

  /// Calls `body` with some of the files after others: by place, as a table is read row group by row group.
  private func eachWave(
    of files: [ClassFolders.Part.File], in part: ClassFolders.Part,
    _ body: (ArraySlice<Int>, DistantPlaces) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let order = files.indices.sorted { files[$0].row < files[$1].row }
    for first in stride(from: 0, to: order.count, by: Self.wave) {
      let some = order[first..<min(order.count, first + Self.wave)]
      try body(some, part.places(some.lazy.map { files[$0] }))
    }
  }
}

/// What is known of the pixels of images that are not here, in the order they would have in a store.
struct DistantPixels: Sendable {
  /// CRC-64 of the pixels of each.
  var sums: [UInt64] = []
  /// The least and the largest value in each.
  var least: [UInt8] = []
  var most: [UInt8] = []

  /// The same with others behind them.
  func followed(by others: DistantPixels) -> DistantPixels {
    DistantPixels(sums: sums + others.sums, least: least + others.least, most: most + others.most)
  }
}

/// Folders that another process lists. What is special in them is kept, so that it is asked for once.
final class DistantFolders: FolderLister {
  private let reader: any DistantImages
  private let root: String
  /// What is no plain file, by its path.
  private var kinds: [String: FileKind] = [:]

  /// - Parameter root: the data set's folder as it is written, without a slash at its end.
  init(_ reader: any DistantImages, root: String) { (self.reader, self.root) = (reader, root) }

  func list(_ path: String) throws(DatasetError) -> [String] {
    let entries = try reader.list(below(path))
    for entry in entries where entry.kind != .file { kinds["\(path)/\(entry.name)"] = entry.kind }
    return entries.map(\.name)
  }

  func kind(of path: String) -> FileKind { kinds[path] ?? .file }

  func isImageByContent(_ path: String) -> Bool {
    (try? reader.beginning(of: below(path))).map(FolderNames.isImage(beginning:)) ?? false
  }

  private func below(_ path: String) -> String {
    String(path.dropFirst(root.count).drop { $0 == "/" })
  }
}
