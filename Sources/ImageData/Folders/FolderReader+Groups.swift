// The groups of image files: made by a regular expression from their paths below the data folder.

import Plumbing

extension FolderReader {
  /// The groups of a part's files, in their order.
  /// - Throws: `DatasetError` `wrongGroups` for an expression that is none or takes too long.
  func groups(of part: ClassFolders.Part, by rule: String) throws(DatasetError) -> NamedGroups {
    let paths = part.files.map { pathBelowRoot($0, in: part) }
    let names = try GroupPattern(text: rule).names(of: paths)
    return NamedGroups(names, rule: rule) { "\(part.classes[part.files[$0].label])/\(part.files[$0].name)" }
  }

  /// The groups of the files to learn from as the options ask for, with what is to be said of them; nil where they do
  /// not.
  /// - Throws: `DatasetError` `wrongGroups` where no file matches, too.
  mutating func groupsToLearnFrom() throws(DatasetError) -> NamedGroups? {
    guard let rule = options.groupRule, let train = folders.train, let first = train.files.first else {
      return nil
    }
    let groups = try groups(of: train, by: rule)
    guard groups.ungrouped < groups.names.count else {
      throw DatasetError(
        code: .wrongGroups,
        message:
          "\(train.path): --group \"\(rule.printable)\" matches none of \(groups.names.count) files; it is tried on "
          + "paths such as \(pathBelowRoot(first, in: train))")
    }
    let said = groups.lines(train.path)
    notes.append(said.note)
    warnings += said.warnings
    for part in [folders.validation, folders.test].compactMap({ $0 }) {
      let others = Set(try self.groups(of: part, by: rule).names.compactMap { $0 })
      let both = others.intersection(groups.names.compactMap { $0 }).sorted()
      if !both.isEmpty {
        warnings.append(
          "\(part.path): has \(counted(both.count, "group")) that \(train.path) has, too "
            + "(\(LeftOut.list(both))), so accuracy on it looks too good")
      }
    }
    return groups
  }

  /// The path of a file below the data folder, as it is printed: `class/name`, or `train/class/name` where the folder has
  /// parts.
  func pathBelowRoot(_ file: ClassFolders.Part.File, in part: ClassFolders.Part) -> String {
    let place = "\(part.classes[file.label])/\(file.name)"
    let name = part.path.utf8.lastIndex(of: UInt8(ascii: "/")).map {
      String(part.path[part.path.index(after: $0)...])
    }
    return (folders.hasParts ? "\(name ?? part.path)/\(place)" : place).printable
  }
}
