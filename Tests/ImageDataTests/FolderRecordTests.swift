// Finding a model's test part again: by what the files hold, not by what they are called.

import Foundation
import Testing
import _TestSupport

@testable import ImageData

@Suite struct FolderRecordTests {
  let folder: TemporaryFolder
  /// Choices of the training, and what it left behind.
  let chosen = FolderOptions(testShare: 200_000, seed: 5)
  let record: FolderRecord
  let held: LabelledImages

  init() throws {
    folder = try TemporaryFolder()
    try folder.writeClasses(["a": 30, "b": 30])
    record = try #require(try Self.open(folder, .train, chosen).record)
    held = try #require(try Self.open(folder, .test, chosen).test)
  }

  private static func open(_ folder: TemporaryFolder, _ parts: DatasetParts, _ options: FolderOptions) throws
    -> ImageDataset
  {
    try ImageDataset.open(folder.path("set"), parts: parts, threads: 2, folder: options, searchFolders: [])
  }

  /// What a model with this record is tested on.
  private func test(_ record: FolderRecord?) throws -> (images: LabelledImages, warnings: [String]) {
    let options = FolderOptions(seed: 5, classNames: ["a", "b"], learnedFrom: record)
    let set = try Self.open(folder, .test, options)
    return (try set.requireTest(), set.warnings)
  }

  @Test func aModelFindsItsTestPartAgain() throws {
    #expect(record.files == 60 && record.testShare == 200_000)
    #expect(record.names.count == 16 && record.content?.count == 16)
    let found = try test(record)
    #expect(found.images.digest == held.digest && found.images.count == 12 && found.warnings.isEmpty)
    // Another folder is taken whole, with a warning; without a record, without one.
    try folder.writeClasses(["a": 31])
    let changed = try test(record)
    #expect(changed.images.count == 61 && changed.warnings.count == 1)
    #expect(changed.warnings[0].contains("is not the folder that the model was trained on"))
    #expect(try test(nil).images.count == 61 && test(nil).warnings.isEmpty)
  }

  @Test func otherPicturesUnderTheSameNamesAreAnotherFolder() throws {
    try folder.writeClasses(["a": 30, "b": 30], more: 100)
    let changed = try test(record)
    #expect(changed.images.count == 60 && changed.warnings.count == 1)
    #expect(
      changed.warnings[0].contains("has the file names of the folder")
        && changed.warnings[0].contains("other pictures"))
  }

  @Test func oneOtherPictureIsSeen() throws {
    // Held out, with the length of the file that was there.
    let value = try #require(held.pixels(of: 0).first)
    let name = "set/\(held.classNames[Int(held.labels[0])])/\(value).png"
    let before = try Data(contentsOf: folder.url.appendingPathComponent(name))
    let after = TemporaryFolder.image(Int(value) + 64)
    #expect(before.count == after.count && Array(before) != after)
    try folder.write(after, to: name)
    #expect(try test(record).warnings.count == 1)
    try folder.write(Array(before), to: name)
    #expect(try test(record).warnings.isEmpty)
  }

  @Test func otherNamesForTheSameFilesAreTheSameFolder() throws {
    for name in ["a", "b"] {
      for n in 0..<30 {
        try FileManager.default.moveItem(
          atPath: folder.path("set/\(name)/\(n).png"), toPath: folder.path("set/\(name)/x\(n).png"))
      }
    }
    let found = try test(record)
    #expect(found.images.digest == held.digest && found.warnings.isEmpty)
    // The classes of two folders changed places.
    for (from, to) in [("a", "c"), ("b", "a"), ("c", "b")] {
      try FileManager.default.moveItem(atPath: folder.path("set/\(from)"), toPath: folder.path("set/\(to)"))
    }
    // Their pictures differ in nothing but their place, so make one class another.
    try folder.writeClasses(["a": 30], more: 100)
    #expect(try test(record).warnings.count == 1)
  }

  @Test func olderModelsKnowTheNames() throws {
    let old = FolderRecord(testShare: record.testShare, files: record.files, names: record.names)
    #expect(try test(old).images.digest == held.digest && test(old).warnings.isEmpty)
    let json = Data(#"{"files":60,"names":"\#(record.names)","testShare":200000}"#.utf8)
    #expect(try JSONDecoder().decode(FolderRecord.self, from: json) == old)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(try encoder.encode(old) == json)
  }

  @Test func sharesOutOfRangeAreNoRecord() throws {
    for share in [-1, 900_001, 1_000_000, Int.max] {
      let wrong = FolderRecord(testShare: share, files: 60, names: record.names, content: record.content)
      #expect(try test(wrong).images.count == 60 && test(wrong).warnings.count == 1)
    }
  }

  @Test func aTrainingPartTakenForATestPartIsSaid() throws {
    try folder.makeFolder("parts")
    try FileManager.default.moveItem(atPath: folder.path("set"), toPath: folder.path("parts/train"))
    try FileManager.default.moveItem(atPath: folder.path("parts"), toPath: folder.path("set"))
    let found = try test(nil)
    #expect(found.images.count == 60 && found.warnings.count == 1)
    #expect(found.warnings[0].contains("there is no test folder beside \(folder.path("set/train"))"))
  }
}
