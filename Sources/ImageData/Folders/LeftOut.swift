// What class folders hold that no class gets, and how a person is told: a note where it is usual, a warning where
// pictures or classes are lost, an error where a class has nothing but pictures that are not read.

import Plumbing

/// What was found in a part of a data set and is not read.
struct LeftOut {
  /// Pictures of formats that are not read, in one class folder.
  struct Unread {
    let folder: String
    /// Their number by format.
    var formats: [String: Int] = [:]
    /// PNG, JPEG and WebP files whose names do not say so.
    var unnamed = 0

    var count: Int { formats.values.reduce(unnamed, +) }
  }

  /// Files that are no pictures by name, by their endings; hidden names and systems' own; folders inside class folders
  /// that have images.
  var others: [String: Int] = [:]
  var hidden = 0
  var innerFolders = 0
  /// Pictures beside the class folders.
  var loose = 0
  /// Names beside the class folders that lead nowhere.
  var broken: [String] = []
  /// Folders without any picture, and how many folders are inside.
  var emptyClasses: [(name: String, folders: Int)] = []
  /// Folders with images and pictures that are not read; folders with such pictures alone.
  var mixedClasses: [Unread] = []
  var lostClasses: [Unread] = []

  /// Counts a file that is no picture.
  mutating func addOther(_ name: String) {
    let ending = FolderNames.ending(name)
    others[ending.isEmpty ? "no ending" : ".\(ending.printable)", default: 0] += 1
  }

  /// What is usual, in words; nil if there is nothing.
  func note(at path: String) -> String? {
    var parts: [String] = []
    let files = others.values.reduce(0, +)
    if files > 0 {
      let kinds = others.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
      let listed = kinds.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      parts.append("\(counted(files, "file")) without an image's name (\(listed))")
    }
    if hidden > 0 { parts.append(counted(hidden, "hidden or system name")) }
    if innerFolders > 0 { parts.append("\(counted(innerFolders, "folder")) inside class folders") }
    return parts.isEmpty ? nil : "\(path): skipped \(parts.joined(separator: "; "))"
  }

  /// What a person must know, a line each.
  func warnings(at path: String) -> [String] {
    var lines: [String] = []
    if loose > 0 {
      lines.append(
        "skipped \(counted(loose, "image")) beside the class folders; move what is to be used into them")
    }
    if !broken.isEmpty {
      lines.append("skipped \(Self.list(broken)): a link to nowhere, or a place that cannot be entered")
    }
    if !emptyClasses.isEmpty {
      let folders = emptyClasses.map { name, folders in
        name.printable + "/" + (folders == 0 ? "" : " (\(counted(folders, "folder")) inside)")
      }
      lines.append("skipped folders without images, which make no class: \(Self.list(folders))")
    }
    let pictures = mixedClasses.filter { !$0.formats.isEmpty }.map(Self.formats)
    if !pictures.isEmpty { lines.append("skipped \(Self.list(pictures)); convert them to PNG") }
    let unnamed = mixedClasses.filter { $0.unnamed > 0 }.map {
      "\(counted($0.unnamed, "file")) in \($0.folder.printable)/"
    }
    if !unnamed.isEmpty {
      lines.append(
        "skipped \(Self.list(unnamed)): images by their content, but not by their name; give them endings such as .png"
      )
    }
    return lines.map { "\(path): \($0)" }
  }

  /// The error for classes that have nothing but pictures that are not read; nil where there is no such class.
  func lostClassesError(at path: String) -> DatasetError? {
    guard !lostClasses.isEmpty else { return nil }
    let listed = lostClasses.map { lost in
      lost.formats.isEmpty
        ? "\(counted(lost.unnamed, "image")) named like no image in \(lost.folder.printable)/"
        : Self.formats(lost)
    }
    let isNaming = lostClasses.allSatisfy { $0.formats.isEmpty }
    return DatasetError(
      code: .empty,
      message: "\(path): only \(Self.list(listed)), so these folders have no image that can be read; "
        + (isNaming ? "give the files endings such as .png or .jpg" : "convert them to PNG")
        + ", or move the folders away")
  }

  private static func formats(_ unread: Unread) -> String {
    let kinds = unread.formats.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return kinds.map { counted($0.value, "\($0.key) file") }.joined(separator: ", ")
      + " in \(unread.folder.printable)/"
  }

  /// The first few of some texts.
  static func list(_ texts: [String]) -> String {
    let shown = texts.prefix(5).map { $0.printable }.joined(separator: ", ")
    return texts.count > 5 ? "\(shown) and \(texts.count - 5) more" : shown
  }
}
