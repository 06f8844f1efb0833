// The groups of arrays' images: an array of whole numbers or text beside them, in the same archive or in a file.

import Plumbing

extension ArrayReader {
  /// The groups of the images to learn from.
  /// - Parameters:
  ///   - rule: the name of an array in the archive, or an .npy file.
  ///   - count: the number of images.
  func groups(by rule: String, count: Int) throws(DatasetError) -> NamedGroups {
    let array = try NPYArray(try file(of: rule))
    let names = try array.groupNames()
    guard names.count == count else {
      throw DatasetError(
        code: .wrongGroups,
        message:
          "\(array.name): names groups of \(names.count) images, but \(spec) has \(count) to learn from")
    }
    let name = location.archive == nil ? Self.lastComponent(rule) : rule
    return NamedGroups(names, rule: name)
  }

  /// The groups that a model's test part was drawn by: of the same name in the archive, or in a file beside the images.
  /// - Throws: `DatasetError` `wrongGroups` where they are not there, or are others.
  func groups(of known: GroupRecord, count: Int) throws(DatasetError) -> ImageGroups {
    func refuse(_ what: String) -> DatasetError {
      DatasetError(
        code: .wrongGroups,
        message: "\(spec): the model's test part was drawn by group, and \(what), so it cannot be found again"
      )
    }
    guard let name = known.rule, !name.contains("/") || location.archive != nil else {
      throw refuse("a program gave the groups")
    }
    let rule = location.archive == nil ? pathBesideImages(name) : name
    if location.archive == nil, FileKind(path: rule) == .missing {
      throw refuse("\(rule.printable) is not there; put the file of groups there")
    }
    let groups = try groups(by: rule, count: count).groups
    guard groups.record == known else { throw refuse("the groups in \(rule.printable) are others") }
    return groups
  }

  private func pathBesideImages(_ name: String) -> String {
    let images: String? =
      switch location.train {
      case .idx(let images, _), .npy(let images, _): images
      case .cifar(let batches, _): batches.first
      case nil: nil
      }
    guard let images, let slash = images.utf8.lastIndex(of: UInt8(ascii: "/")) else { return name }
    return "\(images[...slash])\(name)"
  }

  private func file(of rule: String) throws(DatasetError) -> DecodedFile {
    guard let path = location.archive else {
      guard FileKind(path: rule) != .missing else {
        throw DatasetError(
          code: .wrongGroups,
          message:
            "--group \"\(rule.printable)\": no such file; for \(spec) name an .npy file with the group of every image "
            + "(a regular expression is for folders of images)")
      }
      return try DecodedFile(path: rule)
    }
    let bytes: [UInt8]
    do { bytes = try readFile(path, limit: NPYReader.mostBytes) } catch {
      throw DatasetError(error, path: path)
    }
    let archive = try ZipArchive(bytes, path: path)
    guard let member = archive.members.first(where: { $0.name == rule + ".npy" }) else {
      throw DatasetError(
        code: .wrongGroups,
        message: "\(path): holds no array \"\(rule.printable)\" for --group, but "
          + LeftOut.list(
            archive.members.map { $0.name.hasSuffix(".npy") ? String($0.name.dropLast(4)) : $0.name })
          + "; name the one with the group of every image")
    }
    return try archive.open(member)
  }

  private static func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

extension NPYArray {
  /// Most bytes of a group's name.
  private static let mostNameBytes = 1 << 12

  /// The numbers or texts as names, so that 7 and "7" are the same group; nothing may follow them.
  /// - Throws: `DatasetError` `wrongGroups` for arrays that are neither, or not one value an image.
  func groupNames() throws(DatasetError) -> [String] {
    let width = type.kind == "U" ? 4 * type.width : type.width
    guard type.isInteger || type.kind == "b" || "US".contains(type.kind),
      (1...Self.mostNameBytes).contains(width)
    else {
      throw wrongGroups("\(type.description), but groups are whole numbers or text; save g.astype('int64')")
    }
    guard shape.count == 1 || shape.count == 2 && shape[1] == 1 else {
      throw wrongGroups("shape \(shape), but there is one group for every image; save an array of N groups")
    }
    var names: [String] = []
    while names.count < count {
      let some = min(count - names.count, 1 << 12)
      let bytes = try source.read(some * width, of: "its \(count) groups")
      for item in 0..<some { names.append(groupName(bytes[item * width..<(item + 1) * width])) }
    }
    try source.expectEnd()
    return names
  }

  private func groupName(_ bytes: ArraySlice<UInt8>) -> String {
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      (type.isBigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
    }
    switch type.kind {
    case "S": return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    case "U":
      let scalars = stride(from: bytes.startIndex, to: bytes.endIndex, by: 4)
        .map { number(bytes[$0..<$0 + 4]) }.prefix { $0 != 0 }
        .map { Unicode.Scalar(UInt32(truncatingIfNeeded: $0)) ?? "\u{FFFD}" }
      return String(String.UnicodeScalarView(scalars))
    case "i":
      let shift = Int64(64 - 8 * type.width)
      return "\(Int64(bitPattern: number(bytes) << UInt64(shift)) >> shift)"
    default: return "\(number(bytes))"
    }
  }

  private func wrongGroups(_ what: String) -> DatasetError {
    DatasetError(code: .wrongGroups, message: "\(name): \(what)")
  }
}
