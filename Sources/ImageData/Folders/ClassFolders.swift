// Folders whose sub-folders are classes: which files they hold. Only listings are read here, no images.

import Plumbing

/// A folder of class folders, or of the parts train, val and test that each are one.
struct ClassFolders {
  /// One part: its classes and the images of all of them, in the order of their names' bytes.
  struct Part {
    /// An image.
    struct File: Hashable {
      /// Index into `classes`.
      let label: Int
      /// The name within the class folder.
      let name: String
    }
    let path: String
    var classes: [String] = []
    var files: [File] = []
    /// Files that are neither PNG nor JPEG by name, by their endings; hidden ones; folders inside class folders.
    var ignored: [String: Int] = [:]
    var hidden = 0
    var innerFolders = 0
    /// Class folders without any image.
    var emptyClasses: [String] = []

    /// The path of an image.
    func path(_ file: File) -> String { "\(path)/\(classes[file.label])/\(file.name)" }
  }

  private(set) var train: Part?
  private(set) var validation: Part?
  private(set) var test: Part?
  /// Whether the folder has parts; otherwise all of it is in `train`.
  private(set) var hasParts = false
  /// Other folders beside the parts.
  private(set) var passedOver: [String] = []

  /// The names of the folders of a part, small or large.
  private static var partNames: [(WritableKeyPath<ClassFolders, Part?>, [String])] {
    [
      (\.train, ["train", "training"]), (\.validation, ["val", "valid", "validation"]),
      (\.test, ["test", "testing"]),
    ]
  }

  /// Looks at a folder; nil when no sub-folder holds images.
  /// - Throws: `DatasetError` for what cannot be listed, and for two folders of the same part.
  init?(_ path: String, names: [String]) throws(DatasetError) {
    var root = path
    while root.count > 1, root.hasSuffix("/") { root.removeLast() }
    let folders = names.filter { !$0.hasPrefix(".") && FileKind(path: "\(root)/\($0)") == .folder }
    guard !folders.isEmpty else { return nil }
    var found: [(WritableKeyPath<ClassFolders, Part?>, String)] = []
    for folder in folders {
      guard let part = Self.partNames.first(where: { $0.1.contains(folder.lowercased()) }),
        try Self.holdsClasses("\(root)/\(folder)")
      else { continue }
      if let other = found.first(where: { $0.0 == part.0 }) {
        throw DatasetError(
          code: .unrecognisedFolder,
          message: "\(root): both \(other.1)/ and \(folder)/ are there; keep one of them")
      }
      found.append((part.0, folder))
    }
    if found.isEmpty {
      train = try Self.part(root, names)
      if train?.files.isEmpty ?? true { return nil }
    } else {
      hasParts = true
      for (part, folder) in found {
        let place = "\(root)/\(folder)"
        self[keyPath: part] = try Self.part(place, try Self.list(place))
      }
      passedOver = folders.filter { folder in !found.contains { $0.1 == folder } }
    }
  }

  /// Whether a folder holds folders and no images: then it can be a part, not a class.
  private static func holdsClasses(_ path: String) throws(DatasetError) -> Bool {
    let names = try list(path)
    return !names.contains(where: ImageFile.isImageName)
      && names.contains { !$0.hasPrefix(".") && FileKind(path: "\(path)/\($0)") == .folder }
  }

  private static func part(_ path: String, _ names: [String]) throws(DatasetError) -> Part {
    var part = Part(path: path)
    for name in inByteOrder(names) {
      if name.hasPrefix(".") {
        part.hidden += 1
        continue
      }
      guard FileKind(path: "\(path)/\(name)") == .folder else {
        part.ignored[ending(name), default: 0] += 1
        continue
      }
      let label = part.classes.count
      let before = part.files.count
      for file in inByteOrder(try list("\(path)/\(name)")) {
        if file.hasPrefix(".") {
          part.hidden += 1
        } else if ImageFile.isImageName(file) {
          part.files.append(Part.File(label: label, name: file))
        } else if FileKind(path: "\(path)/\(name)/\(file)") == .folder {
          part.innerFolders += 1
        } else {
          part.ignored[ending(file), default: 0] += 1
        }
      }
      if part.files.count > before { part.classes.append(name) } else { part.emptyClasses.append(name) }
    }
    return part
  }

  /// Names in the order of their bytes, the same in every language and on every system.
  static func inByteOrder(_ names: [String]) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func list(_ path: String) throws(DatasetError) -> [String] {
    do { return try listFolder(path) } catch { throw DatasetError(error, path: path) }
  }

  private static func ending(_ name: String) -> String {
    name.lastIndex(of: ".").map { name[$0...].lowercased() } ?? "no ending"
  }
}

extension ClassFolders.Part {
  /// What was skipped, in words; nil if nothing was.
  var passedOver: String? {
    var parts: [String] = []
    let files = ignored.values.reduce(0, +)
    if files > 0 {
      let kinds = ignored.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
      let listed = kinds.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      parts.append("\(files) files without a PNG or JPEG name (\(listed))")
    }
    if hidden > 0 { parts.append("\(hidden) hidden names") }
    if innerFolders > 0 { parts.append("\(innerFolders) folders inside class folders") }
    if !emptyClasses.isEmpty {
      parts.append("class folders without images: \(emptyClasses.prefix(5).joined(separator: ", "))")
    }
    return parts.isEmpty ? nil : "\(path): skipped \(parts.joined(separator: "; "))"
  }
}
