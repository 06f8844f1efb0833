// How folders are looked through: on this machine, or by another process that sees their file system.

import Plumbing

/// Lists folders.
protocol FolderLister {
  /// The names in a folder, in any order.
  /// - Throws: `DatasetError` for a folder that cannot be listed.
  func list(_ path: String) throws(DatasetError) -> [String]
  /// What is at a path whose folder was listed.
  func kind(of path: String) -> FileKind
  /// Whether a file begins as PNG, JPEG and WebP files do.
  func isImageByContent(_ path: String) -> Bool
}

/// Folders of this machine's file systems.
struct LocalFolders: FolderLister {
  func list(_ path: String) throws(DatasetError) -> [String] {
    do { return try listFolder(path) } catch { throw DatasetError(error, path: path) }
  }

  func kind(of path: String) -> FileKind { FileKind(path: path) }

  func isImageByContent(_ path: String) -> Bool { FolderNames.isImageByContent(path) }
}
