// Folders whose sub-folders are classes: which of them are parts of a data set. Only listings are read here, no images;
// one part is in ClassFolders+Part.swift.

import Plumbing

/// A folder of class folders, or of the parts train, val and test that each are one.
struct ClassFolders {
  private(set) var train: Part?
  private(set) var validation: Part?
  private(set) var test: Part?
  /// Whether the folder has parts; otherwise all of it is in `train`.
  private(set) var hasParts = false
  /// What lies beside the parts and is none: a note of what is usual, and what a person must know.
  private(set) var note: String?
  private(set) var warnings: [String] = []

  /// The names of the folders of a part, small or large.
  private static var partNames: [(WritableKeyPath<ClassFolders, Part?>, [String])] {
    [
      (\.train, ["train", "training"]), (\.validation, ["val", "valid", "validation"]),
      (\.test, ["test", "testing"]),
    ]
  }

  /// What a folder with the name of a part is by what it holds.
  private enum Leaning {
    /// Nothing but files: a class.
    case aClass
    /// Folders, and fewer pictures beside them than in them: a part.
    case aPart
    /// Folders of pictures, and as many beside them.
    case either
  }

  /// Looks at a folder; nil when no sub-folder holds images.
  /// - Parameter lister: lists the folders.
  /// - Throws: `DatasetError` for what cannot be listed, for names that no class can have, for two folders of the same
  ///   part, and where a folder may be a part or a class.
  init?(_ path: String, names: [String], lister: any FolderLister = LocalFolders()) throws(DatasetError) {
    var root = path
    while root.utf8.count > 1, root.hasSuffix("/") { root.removeLast() }
    let folders = names.filter {
      !FolderNames.isPassedOver($0) && lister.kind(of: "\(root)/\($0)") == .folder
    }
    guard !folders.isEmpty else { return nil }
    let found = try Self.parts(root, folders, lister)
    guard !found.isEmpty else {
      try takeWhole(root, names, lister)
      if train == nil { return nil }
      return
    }
    hasParts = true
    for (part, folder) in found {
      let place = "\(root)/\(folder)"
      self[keyPath: part] = try Part(place, try lister.list(place), lister)
    }
    lookBeside(root, folders.filter { folder in !found.contains { $0.1 == folder } }, lister)
  }

  /// The same images, which another process reads where they lie.
  /// - Parameter path: the data set's folder; nil for a table, whose images are called by their rows.
  func read(by reader: any DistantImages, below path: String?) -> ClassFolders {
    var copy = self
    for part in [\ClassFolders.train, \.validation, \.test] {
      copy[keyPath: part]?.isRead(by: reader, below: path)
    }
    return copy
  }

  /// The parts of a list.
  /// - Throws: `DatasetError` where it holds no image, and for names that no class can have.
  init(_ list: ImageList) throws(DatasetError) {
    (train, validation, test) = (
      try Part(list, .train), try Part(list, .validation), try Part(list, .test)
    )
    guard train != nil || validation != nil || test != nil else {
      throw DatasetError(code: .empty, message: "\(list.name): has no rows; name a table of images")
    }
  }

  /// Takes all folders as classes, if any of them holds images.
  private mutating func takeWhole(
    _ root: String, _ names: [String], _ lister: any FolderLister
  ) throws(DatasetError) {
    let part = try Part(root, names, lister)
    guard part.files.isEmpty else {
      train = part
      return
    }
    if let error = part.leftOut.lostClassesError(at: root) { throw error }
    if let inner = part.leftOut.emptyClasses.first(where: { $0.folders > 0 })?.name {
      throw DatasetError(
        code: .unrecognisedFolder,
        message:
          "\(root): its folders hold no images, but \(inner.printable)/ holds folders; if these are the "
          + "classes, name \(root)/\(inner.printable) as the data set")
    }
  }

  /// The folders that are parts.
  private static func parts(
    _ root: String, _ folders: [String], _ lister: any FolderLister
  ) throws(DatasetError) -> [(WritableKeyPath<ClassFolders, Part?>, String)] {
    var found: [(part: WritableKeyPath<ClassFolders, Part?>, folder: String)] = []
    var doubtful: String?
    var isSure = false
    for folder in folders {
      guard let part = partNames.first(where: { $0.1.contains(folder.lowercased()) })?.0 else { continue }
      switch try leaning("\(root)/\(folder)", lister) {
      case .aClass: continue
      case .aPart: isSure = true
      case .either: doubtful = folder
      }
      if let other = found.first(where: { $0.part == part }) {
        throw DatasetError(
          code: .unrecognisedFolder,
          message: "\(root): both \(other.folder)/ and \(folder)/ are there; keep one of them")
      }
      found.append((part, folder))
    }
    guard let doubtful, !isSure else { return found }
    // A class may be called train and hold folders: then there are other classes.
    let isClass = folders.contains { folder in
      !found.contains { $0.folder == folder }
        && ((try? lister.list("\(root)/\(folder)"))?.contains(where: FolderNames.isPicture) ?? false)
    }
    if isClass { return [] }
    throw DatasetError(
      code: .unrecognisedFolder,
      message:
        "\(root)/\(doubtful): holds as many images as its folders do, so it may be a class or a part of the data "
        + "set; move the images or the folders away")
  }

  /// What a folder with the name of a part is.
  private static func leaning(_ path: String, _ lister: any FolderLister) throws(DatasetError) -> Leaning {
    let names = try lister.list(path).filter { !FolderNames.isPassedOver($0) }
    let loose = names.count(where: FolderNames.isPicture)
    let folders = names.filter { !FolderNames.isPicture($0) && lister.kind(of: "\(path)/\($0)") == .folder }
    if folders.isEmpty { return .aClass }
    if loose == 0 { return .aPart }
    var inside = 0
    for folder in folders {
      inside += pictures((try? lister.list("\(path)/\(folder)")) ?? [])
      if inside > loose { return .aPart }
    }
    return inside == 0 ? .aClass : .either
  }

  /// Says what is beside the parts.
  private mutating func lookBeside(_ root: String, _ folders: [String], _ lister: any FolderLister) {
    var plain: [String] = []
    for folder in folders {
      let name = folder.printable + "/"
      guard let names = try? lister.list("\(root)/\(folder)") else {
        warnings.append("\(root): skipped \(name), which cannot be listed")
        continue
      }
      let images = Self.pictures(names)
      let inside = images > 0 ? 0 : Self.picturesInside("\(root)/\(folder)", names, lister)
      if images + inside > 0 {
        let isPart = Self.partNames.contains { $0.1.contains(folder.lowercased()) }
        warnings.append(
          "\(root): skipped \(name) with its \(counted(images + inside, "image")), which "
            + (isPart
              ? "has no folders for the classes" : "is beside the parts of the data set, not in one of them"))
      } else {
        plain.append(name)
      }
    }
    if !plain.isEmpty { note = "\(root): skipped the folders \(LeftOut.list(plain))" }
  }

  /// Pictures among names.
  private static func pictures(_ names: [String]) -> Int {
    names.count { FolderNames.isPicture($0) && !FolderNames.isPassedOver($0) }
  }

  /// Pictures in the folders of a folder; those that cannot be listed have none.
  private static func picturesInside(_ path: String, _ names: [String], _ lister: any FolderLister) -> Int {
    names.filter { !FolderNames.isPassedOver($0) && lister.kind(of: "\(path)/\($0)") == .folder }
      .reduce(0) { $0 + pictures((try? lister.list("\(path)/\($1)")) ?? []) }
  }

  /// Names in the order of their bytes, the same in every language and on every system.
  static func inByteOrder(_ names: [String]) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
