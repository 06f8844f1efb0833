// A folder that appears with all its files or not at all. One file is AtomicFile's.

/// Folders written as a whole.
package enum FilledFolder {
  /// Writes files into a folder: first all of them into a new folder beside it, which then takes its place.
  ///
  /// A folder with files of its own keeps those that have other names. When anything fails before the last step, what was there is as it was.
  /// - Parameters:
  ///   - files: paths within the folder, with `/` between their parts, and contents.
  ///   - path: the folder; it is made if it is not there.
  /// - Throws: `FileError` naming the path and the operating system's reason.
  package static func write(_ files: [(path: String, bytes: [UInt8])], to path: String) throws(FileError) {
    if path.isEmpty { throw .emptyPath("write") }
    let folder = path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    var outer: [String] = []
    if let slash = folder.utf8.lastIndex(of: UInt8(ascii: "/")), slash != folder.startIndex {
      outer = try makeFolders(String(folder[..<slash]))
    }
    var generator = SystemRandomNumberGenerator()
    let temporary = "\(AtomicFile.folder(of: folder))/.tally-\(String(generator.next(), radix: 36)).tmp"
    var made: [String] = []
    var written: [String] = []
    do throws(FileError) {
      made += try makeFolders(temporary)
      for file in files {
        let place = "\(temporary)/\(file.path)"
        made += try makeFolders(AtomicFile.folder(of: place))
        written.append(place)
        try AtomicFile.write(file.bytes, to: place)
      }
      try put(files.map(\.path), from: temporary, into: folder)
      // Unless it has become the folder, nothing is left in it.
      removeEmptyFolders(made)
    } catch {
      for file in written { _ = FileCalls.unlink(file) }
      removeEmptyFolders(made)
      removeEmptyFolders(outer)
      throw error
    }
  }

  private static func put(
    _ files: [String], from temporary: String, into folder: String
  ) throws(FileError) {
    // Takes the place of no folder and of an empty one.
    if FileCalls.rename(temporary, folder) == 0 { return }
    guard FileKind(path: folder) == .folder else {
      throw FileError(
        code: .failed, message: "cannot write \(folder): there is a file of this name; name a folder")
    }
    for file in files {
      try makeFolders(AtomicFile.folder(of: "\(folder)/\(file)"))
      try moveFile("\(temporary)/\(file)", to: "\(folder)/\(file)")
    }
  }
}
