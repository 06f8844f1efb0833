// One part of a data set of image files: its class folders and what is in them. Which folders are parts is decided in
// ClassFolders.swift.

import Plumbing

extension ClassFolders {
  /// One part: its classes and the images of all of them, in the order of their names' bytes.
  struct Part {
    /// An image.
    struct File: Hashable {
      /// Index into `classes`.
      let label: Int
      /// The name within the class folder; of a list's image what the table calls it, or its row.
      let name: String
      /// Which image of a list it is, or of the part's files.
      var row = 0
    }
    /// The folder; for a list the table's name.
    let path: String
    private(set) var classes: [String] = []
    private(set) var files: [File] = []
    private(set) var leftOut = LeftOut()
    /// The list that holds the images, where they are no files of their own.
    private var list: ImageList?
    /// Who reads the images, where they are not read here.
    private(set) var distant: DistantPart?

    /// Files of one folder whose names say nothing and whose first bytes are looked at.
    private static let mostLooks = 100

    /// Looks through a folder of class folders.
    /// - Parameters:
    ///   - names: what the folder holds.
    ///   - lister: lists the folders in it.
    /// - Throws: `DatasetError` for folders that cannot be listed, and for names that no class can have.
    init(_ path: String, _ names: [String], _ lister: any FolderLister) throws(DatasetError) {
      self.path = path
      for name in ClassFolders.inByteOrder(names) {
        if FolderNames.isPassedOver(name) {
          leftOut.hidden += 1
          continue
        }
        switch lister.kind(of: "\(path)/\(name)") {
        case .folder: try addClass(name, lister)
        case .missing:
          // A name that is not text may be one that could not be asked for.
          if let problem = ClassNames.problem(with: name) { throw Self.wrongName(path, name, problem) }
          leftOut.broken.append(name)
        case .file, .other:
          if FolderNames.isPicture(name) { leftOut.loose += 1 } else { leftOut.addOther(name) }
        }
      }
      try checkNames()
    }

    /// Takes the images of one part of a list: class by class, in the order of the rows.
    /// - Throws: `DatasetError` for names that no class can have.
    init?(_ list: ImageList, _ part: ImageList.Part) throws(DatasetError) {
      (path, self.list) = (list.name, list)
      var rows = [[Int]](repeating: [], count: list.classes.count)
      for (row, entry) in list.entries.enumerated() where entry.part == part { rows[entry.label].append(row) }
      for (name, rows) in zip(list.classes, rows) where !rows.isEmpty {
        files += rows.map { row in
          let name = list.entries[row].name
          return File(label: classes.count, name: name.isEmpty ? "\(row)" : name, row: row)
        }
        classes.append(name)
      }
      if files.isEmpty { return nil }
      try checkNames()
    }

    /// What an image is called: its path, or its row.
    func path(_ file: File) -> String {
      guard list != nil else { return "\(path)/\(classes[file.label])/\(file.name)" }
      let row = "\(path) row \(file.row)"
      return file.name == "\(file.row)" ? row : "\(row) (\(file.name))"
    }

    /// Has another process read the images.
    mutating func isRead(by reader: any DistantImages, below root: String?) {
      let below = root.map { String(path.dropFirst($0.count)).drop { $0 == "/" } }
      distant = DistantPart(reader: reader, folder: below.map(String.init))
    }

    /// Where the other process finds some images.
    func places(_ files: some Sequence<File>) -> DistantPlaces {
      guard let folder = distant?.folder else { return .rows(files.map(\.row)) }
      let start = folder.isEmpty ? "" : folder + "/"
      return .files(files.map { "\(start)\(classes[$0.label])/\($0.name)" })
    }

    /// The bytes of an image.
    func read(_ file: File) throws(DatasetError) -> [UInt8] {
      if let list { return try list.read(file.row) }
      return try ImageFile.read(path(file))
    }

    /// Bytes of an image; nil where it cannot be read.
    func length(_ file: File) -> Int? {
      list.map { $0.entries[file.row].place.count } ?? (try? InputFile(path: path(file)))?.size
    }

    /// Width and height of an image as its header says, before any turning.
    func size(_ file: File) throws(DatasetError) -> (width: Int, height: Int) {
      list == nil ? try ImageFile.size(path(file)) : try ImageFile.size(of: read(file), path: path(file))
    }

    /// Takes a folder up as a class, if it holds images.
    private mutating func addClass(_ name: String, _ lister: any FolderLister) throws(DatasetError) {
      let place = "\(path)/\(name)"
      let before = files.count
      var unread = LeftOut.Unread(folder: name)
      var (folders, looks) = (0, 0)
      for file in ClassFolders.inByteOrder(try lister.list(place)) {
        if FolderNames.isPassedOver(file) {
          leftOut.hidden += 1
        } else if ImageFile.isImageName(file) {
          files.append(File(label: classes.count, name: file, row: files.count))
        } else if let format = FolderNames.unreadFormat(file) {
          unread.formats[format, default: 0] += 1
        } else {
          let kind = lister.kind(of: "\(place)/\(file)")
          if case .folder = kind {
            folders += 1
            continue
          }
          looks += 1
          if looks <= Self.mostLooks, kind == .file, lister.isImageByContent("\(place)/\(file)") {
            unread.unnamed += 1
          } else {
            leftOut.addOther(file)
          }
        }
      }
      if files.count > before {
        classes.append(name)
        leftOut.innerFolders += folders
        if unread.count > 0 { leftOut.mixedClasses.append(unread) }
      } else if unread.count > 0 {
        leftOut.lostClasses.append(unread)
      } else {
        leftOut.emptyClasses.append((name, folders))
      }
    }

    /// Refuses folders whose names cannot be those of classes.
    private func checkNames() throws(DatasetError) {
      for name in classes + leftOut.lostClasses.map(\.folder) {
        if let problem = ClassNames.problem(with: name) { throw Self.wrongName(path, name, problem) }
      }
      if let (first, second) = ClassNames.firstRepeat(in: classes) {
        throw DatasetError(
          code: .wrongNames,
          message: "\(path): the classes \(ClassNames.quoted(classes[first])) and "
            + "\(ClassNames.quoted(classes[second])) have names that cannot be told apart (blanks at the end, or two "
            + "spellings of one text); rename or merge them")
      }
      guard classes.count <= ClassNames.most else {
        throw DatasetError(
          code: .countMismatch,
          message: "\(path): \(classes.count) class folders, but at most \(ClassNames.most) are possible")
      }
    }

    private static func wrongName(_ path: String, _ name: String, _ problem: String) -> DatasetError {
      DatasetError(
        code: .wrongNames,
        message:
          "\(path): the name of the class folder \(ClassNames.quoted(name)) \(problem); rename the folder"
          + (ClassNames.isText(name)
            ? "" : " (convmv -r -f latin1 -t utf8 --notest turns Latin-1 names into UTF-8)"))
    }
  }
}
