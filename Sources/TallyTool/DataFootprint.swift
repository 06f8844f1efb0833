// What can be said of a data set without reading it: the names and lengths of its files.

import Foundation
import ImageData
import Plumbing

/// Tells whether the files of a data set are those of an earlier day.
enum DataFootprint {
  /// Folders below the data's: a part's, and in it a class's.
  private static let mostDepth = 2

  /// CRC-64 of the names and lengths of a data set's files, in hexadecimal digits; nil for a set that is known by name, and
  /// where there are no files.
  static func of(_ data: String) -> String? {
    if DatasetLocator.knownNames.contains(data) { return nil }
    var (crc, files) = (CRC64(), 0)
    func add(_ path: String, _ name: String, depth: Int) {
      switch FileKind(path: path) {
      case .folder:
        guard depth <= mostDepth, let names = try? listFolder(path) else { return }
        for inner in names.sorted() where !FolderNames.isPassedOver(inner) {
          add("\(path)/\(inner)", "\(name)/\(inner)", depth: depth + 1)
        }
      case .file:
        guard depth == 0 || isOfData(name, depth: depth), let length = fileLength(path) else { return }
        crc.update(Array("\(name) \(length)\n".utf8).span)
        files += 1
      case .missing, .other: break
      }
    }
    let isOne = FileKind(path: data) != .missing
    for (place, path) in (isOne ? [data] : data.split(separator: ",").map(String.init)).enumerated() {
      add(path, "\(place)", depth: 0)
    }
    return files == 0 ? nil : String(crc.value, radix: 16)
  }

  /// Whether a file in a folder is one that could be read; notes and pictures beside the data are not.
  private static func isOfData(_ name: String, depth: Int) -> Bool {
    ImageFile.isImageName(name)
      ? depth > 1 : ["-ubyte", ".bin", ".npy", ".npz", ".parquet"].contains { name.contains($0) }
  }
}
