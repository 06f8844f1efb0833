// Which folders are classes and parts, whatever else lies beside and in them, and what is said of that.

import Foundation
import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct FolderLayoutTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func open(_ parts: DatasetParts = .all, _ options: FolderOptions = FolderOptions(testShare: 0))
    throws
    -> ImageDataset
  {
    try ImageDataset.open(folder.path("set"), parts: parts, threads: 2, folder: options, searchFolders: [])
  }

  private func refusal(_ parts: DatasetParts = .all) throws -> DatasetError {
    try #require(datasetError { _ = try open(parts) })
  }

  // MARK: Parts and classes

  @Test func strayPicturesChangeNoLayout() throws {
    for part in ["train", "val", "test"] {
      try folder.writeClasses(["a": 3, "b": 2], in: "set/\(part)")
      try folder.write(TemporaryFolder.image(1), to: "set/\(part)/overview.png")
    }
    try folder.write(TemporaryFolder.image(1), to: "set/overview.png")
    let set = try open()
    #expect(set.train?.classNames == ["a", "b"] && set.train?.count == 5)
    #expect(set.validation?.count == 5 && set.test?.count == 5 && set.warnings.count == 3)
    #expect(set.warnings.allSatisfy { $0.contains("skipped 1 image beside the class folders") })
    // Beside class folders alone, too.
    try folder.writeClasses(["a": 3, "b": 2], in: "plain")
    try folder.write(TemporaryFolder.image(1), to: "plain/overview.png")
    let plain = try openHere(folder.path("plain"))
    #expect(plain.train?.classNames == ["a", "b"] && plain.warnings.count == 1)
  }

  @Test func aClassMayBeCalledTrainAndHoldAFolder() throws {
    try folder.writeClasses(["train": 20, "bus": 20])
    try folder.writeClasses(["old": 3], in: "set/train")
    let set = try open()
    #expect(set.train?.classNames == ["bus", "train"] && set.train?.count == 40)
    #expect(set.notes.contains { $0.contains("1 folder inside class folders") })
    // Without another class nobody can tell.
    try FileManager.default.removeItem(atPath: folder.path("set/bus"))
    let error = try refusal()
    #expect(error.code == .unrecognisedFolder && error.message.contains("set/train: holds as many images"))
  }

  @Test func pathsBesidePartsAreNamed() throws {
    try folder.writeClasses(["a": 3, "b": 2], in: "set/train")
    try folder.writeClasses(["test": 4, "more": 1])
    try folder.makeFolder("set/docs")
    let set = try open()
    #expect(set.train?.count == 5 && set.test == nil && set.warnings.count == 2)
    #expect(
      set.warnings.contains { $0.contains("test/ with its 4 images, which has no folders for the classes") })
    #expect(set.warnings.contains { $0.contains("more/ with its 1 image,") })
    #expect(set.notes.contains { $0.contains("docs/") })
  }

  @Test func aFolderAroundTheClassesIsNamed() throws {
    try folder.writeClasses(["a": 3, "b": 2], in: "set/photos")
    #expect(try refusal().message.contains("name \(folder.path("set/photos")) as the data set"))
  }

  // MARK: What is left out

  @Test func systemsOwnFilesAndFoldersCountForNothing() throws {
    try folder.writeClasses(["a": 3, "b": 2])
    let digest = try open().train?.digest
    for name in [
      "@eaDir", "lost+found", "__MACOSX", ".git", ".thumbnails", "#recycle", "$RECYCLE.BIN",
      "System Volume Information", "a/@eaDir", "a/.ipynb_checkpoints",
    ] {
      try folder.writeClasses([name: 1])
    }
    for name in ["._1.png", ".DS_Store", "Thumbs.db", "desktop.ini", "a/._1.png", "b/Thumbs.db"] {
      try folder.write([0, 5, 22, 7], to: "set/\(name)")
    }
    let set = try open()
    #expect(set.train?.digest == digest && set.warnings.isEmpty)
    #expect(set.notes.contains { $0.contains("16 hidden or system names") })
  }

  @Test func otherFilesArePassedOver() throws {
    try folder.writeClasses(["a": 10, "b": 10])
    for name in ["a/notes.txt", "b/x.XML", "b/y.xml", "b/noending", "README"] {
      try folder.write([1], to: "set/\(name)")
    }
    try folder.writeClasses(["inner": 1], in: "set/a")
    let set = try open(.train)
    #expect(set.train?.count == 20 && set.warnings.isEmpty)
    let note = try #require(set.notes.first { $0.contains("skipped") })
    for words in ["5 files", "2 .xml", "1 .txt", "2 no ending", "1 folder inside"] {
      #expect(note.contains(words), "\(words) in \(note)")
    }
  }

  @Test func emptyClassFoldersAreWarnedOf() throws {
    try folder.writeClasses(["a": 3, "b": 2, "empty": 0, "texts": 0])
    try folder.write([1], to: "set/texts/x.txt")
    try folder.writeClasses(["poodle": 1, "collie": 1], in: "set/dogs")
    let set = try open()
    #expect(set.train?.classNames == ["a", "b"] && set.warnings.count == 1)
    #expect(set.warnings[0].contains("make no class: dogs/ (2 folders inside), empty/, texts/"))
  }

  @Test func picturesThatAreNotReadAreNamed() throws {
    try folder.writeClasses(["a": 3, "b": 2])
    for name in ["a/1.gif", "a/2.GIF", "a/3.heic", "b/1.tiff"] { try folder.write([1], to: "set/\(name)") }
    try folder.write(TemporaryFolder.image(1), to: "set/b/IMG_1")
    let set = try open()
    #expect(set.train?.count == 5 && set.warnings.count == 2)
    #expect(
      set.warnings.contains {
        $0.hasSuffix("2 GIF files, 1 HEIC file in a/, 1 TIFF file in b/; convert them to PNG")
      })
    #expect(set.warnings.contains { $0.contains("1 file in b/: images by their content") })
  }

  @Test func aClassOfNothingElseIsRefused() throws {
    try folder.writeClasses(["a": 3, "b": 2], in: "set/train")
    try folder.writeClasses(["a": 3], in: "set/test")
    try folder.makeFolder("set/train/c")
    for n in 0..<12 { try folder.write([1], to: "set/train/c/\(n).bmp") }
    let error = try refusal()
    #expect(
      error.message.contains("set/train: only 12 BMP files in c/")
        && error.message.contains("convert them to PNG"))
    #expect(try open(.test).test?.count == 3)
    // Where all classes are so, and where only the names are wrong.
    try FileManager.default.removeItem(atPath: folder.path("set/train/a"))
    try FileManager.default.removeItem(atPath: folder.path("set/train/b"))
    #expect(try refusal(.train).message.contains("12 BMP files in c/"))
    try FileManager.default.removeItem(atPath: folder.path("set"))
    for name in ["a", "b"] {
      try folder.makeFolder("set/\(name)")
      try folder.write(TemporaryFolder.image(1), to: "set/\(name)/IMG_1")
    }
    let unnamed = try refusal()
    #expect(
      unnamed.message.contains("1 image named like no image in a/") && unnamed.message.contains("endings"))
  }

  // MARK: Names

  @Test func classFoldersMayBeCalledAlmostAnything() throws {
    let names = [
      "two words", "🐈‍⬛", "שלום", String(repeating: "n", count: 255), "-rf", "a,b", "100%", "\\", "'\"",
    ]
    try folder.writeClasses(Dictionary(uniqueKeysWithValues: names.map { ($0, 2) }))
    let set = try open()
    #expect(Set(set.train?.classNames ?? []) == Set(names) && set.train?.count == 2 * names.count)
    #expect(set.warnings.isEmpty)
  }

  @Test func namesThatAreNotTextAreRefused() throws {
    try folder.writeClasses(["a": 3, "b": 2])
    guard folder.makeFolder(named: Array("caf".utf8) + [0xe9], in: "set") else { return }
    // Whatever the language of a listing, such a name may not vanish where it holds images.
    let place = folder.path("set")
    let names = try listFolder(place)
    if let name = names.first(where: { $0.hasPrefix("caf") }), FileKind(path: "\(place)/\(name)") == .folder {
      try AtomicFile.write(TemporaryFolder.image(1), to: "\(place)/\(name)/1.png")
    }
    let error = try refusal()
    #expect(error.code == .wrongNames && error.message.contains("caf") && error.message.contains("convmv"))
  }

  @Test func namesWithControlCharactersAreRefused() throws {
    try folder.writeClasses(["a": 3, "b\n\u{1b}[2J": 2])
    let error = try refusal()
    #expect(error.code == .wrongNames && error.message.contains(#""b\n\e[2J" holds a control character"#))
  }

  @Test func namesThatCannotBeToldApartAreRefused() throws {
    try folder.writeClasses(["a": 3])
    #expect(folder.makeFolder(named: Array("a ".utf8), in: "set"))
    try folder.write(TemporaryFolder.image(1), to: "set/a /1.png")
    let error = try refusal()
    #expect(error.code == .wrongNames && error.message.contains(#""a" and "a ""#))
  }

  // MARK: Links and permissions

  @Test func linksLeadNowhereWithoutHarm() throws {
    try folder.writeClasses(["a": 3, "b": 2])
    try folder.writeClasses(["elsewhere": 4], in: "other")
    let manager = FileManager.default
    for (link, target) in [
      ("loop", "loop"), ("gone", "nowhere"), ("a/up", ".."), ("a/self", "."), ("c", "../other/elsewhere"),
    ] {
      try manager.createSymbolicLink(atPath: folder.path("set") + "/" + link, withDestinationPath: target)
    }
    let set = try open()
    #expect(set.train?.classNames == ["a", "b", "c"] && set.train?.classCounts == [3, 2, 4])
    #expect(set.warnings.count == 1 && set.warnings[0].contains("gone, loop: a link to nowhere"))
    try manager.createSymbolicLink(atPath: folder.path("set/round"), withDestinationPath: ".")
    #expect(try open().warnings.contains { $0.contains("round/ (4 folders inside)") })
  }

  @Test func foldersThatCannotBeListed() async throws {
    try folder.writeClasses(["a": 3, "b": 2], in: "set/train")
    try folder.writeClasses(["a": 1], in: "set/test")
    for name in ["set/lost+found", "set/private", "set/test/lost+found", "set/train/secret"] {
      try folder.makeFolder(name)
      try FileManager.default.setAttributes([.posixPermissions: 0o000], ofItemAtPath: folder.path(name))
    }
    let place = folder.path("set")
    // A process of its own, which gives up the superuser's rights where it has them.
    await #expect(processExitsWith: .success) { [place = place as String] in
      try giveUpRights()
      // Where it would be a class it is an error, elsewhere not.
      let error = try #require(datasetError { _ = try openHere(place) })
      #expect(error.code == .unreadable && error.message.contains("train/secret: reading is not permitted"))
      let test = try openHere(place + "/test")
      #expect(test.train?.count == 1 && test.warnings.isEmpty)
    }
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.path("set/train/secret"))
    await #expect(processExitsWith: .success) { [place = place as String] in
      try giveUpRights()
      let set = try openHere(place)
      #expect(
        set.train?.count == 5 && set.warnings.contains { $0.contains("private/, which cannot be listed") })
    }
    for name in ["set/lost+found", "set/private", "set/test/lost+found"] {
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path(name))
    }
  }
}
