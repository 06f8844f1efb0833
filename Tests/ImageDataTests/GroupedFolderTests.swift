// Folders of images whose parts are drawn by group: what is held out, and how it is found again.

import Foundation
import Testing
import _TestSupport

@testable import ImageData

@Suite struct GroupedFolderTests {
  private let folder: TemporaryFolder
  /// The first digits of a name are its group.
  private static let rule = #"/(\d)\d*\.png"#

  init() throws {
    folder = try TemporaryFolder()
    try folder.writeClasses(["a": 60, "b": 60])
  }

  private func open(_ parts: DatasetParts, _ options: FolderOptions, _ place: String = "set") throws
    -> ImageDataset
  {
    try ImageDataset.open(folder.path(place), parts: parts, threads: 2, folder: options, searchFolders: [])
  }

  /// The groups of images whose first pixel is their number.
  private func groups(_ images: LabelledImages) -> Set<String> {
    Set((0..<images.count).map { String("\(images.pixels(of: $0)[0])".prefix(1)) })
  }

  private func chosen(_ share: Int = 100_000, rule: String = rule) -> FolderOptions {
    FolderOptions(testShare: share, seed: 3, groupRule: rule)
  }

  @Test func noGroupIsOnBothSides() throws {
    for share in [50_000, 100_000, 300_000] {
      let set = try open(.all, chosen(share))
      let (train, test) = (try set.requireTrain(), try set.requireTest())
      #expect(groups(train).isDisjoint(with: groups(test)) && train.count + test.count == 120)
      let learned = try #require(train.groups)
      #expect(learned.record.count == 10 && Set(learned.keys).count < 10)
      #expect(set.notes.contains { $0.contains("parts drawn by group: 10 groups of 120 images") })
      #expect(set.notes.contains { $0.contains("in whole groups, drawn by class with seed 3") })
    }
  }

  @Test func aModelFindsItsTestPartAgain() throws {
    let set = try open(.all, chosen())
    let known = try #require(set.train?.groups?.record)
    func test(_ record: GroupRecord?) throws -> (images: LabelledImages, warnings: [String]) {
      let options = FolderOptions(
        seed: 3, classNames: ["a", "b"], learnedFrom: set.record, learnedGroups: record)
      let found = try open(.test, options)
      return (try found.requireTest(), found.warnings)
    }
    #expect(try test(known).images.digest == set.test?.digest && test(known).warnings.isEmpty)
    for other in [
      nil, GroupRecord(rule: known.rule, count: known.count, digest: "0123456789abcdef"),
      GroupRecord(rule: nil, count: known.count, digest: known.digest),
    ] {
      #expect(try test(other).images.count == 120 && test(other).warnings.count == 1)
    }
  }

  @Test func withoutARuleNothingChanges() throws {
    let plain = try open(.all, FolderOptions(testShare: 100_000, seed: 3))
    #expect(plain.train?.groups == nil && plain.test?.count == 12)
    // Groups of one image each hold out as many of every class.
    let single = try open(.all, chosen(rule: #".*"#))
    #expect(single.test?.classCounts == plain.test?.classCounts)
  }

  @Test func filesThatDoNotMatchAreGroupsOfTheirOwn() throws {
    let set = try open(.train, chosen(rule: #"/(1)\d\.png"#))
    #expect(set.notes.contains { $0.contains("100 files do not match and are each a group of their own") })
    #expect(set.train?.groups?.record.count == 101)
    for (rule, words) in [("nowhere", "matches none of 120 files"), ("[", "is not a regular expression")] {
      let error = #expect(throws: DatasetError.self) { try open(.train, chosen(rule: rule)) }
      #expect(error?.code == .wrongGroups && error?.message.contains(words) == true)
    }
    // One group of most images, and one that holds everything.
    let most = try open(.train, chosen(rule: #"/[1-5]\d(\.png)"#))
    #expect(
      most.warnings.count == 1 && most.warnings[0].contains("the group \".png\" holds 100 of 120 images"))
    #expect(most.train?.count == 108)
    let error = #expect(throws: DatasetError.self) { try open(.train, chosen(rule: "png")) }
    #expect(error?.message.contains("no group can be held out for testing") == true)
  }

  @Test func pathsBeginWithTheFolderOfAPart() throws {
    for part in ["train", "test"] { try folder.writeClasses(["a": 20, "b": 20], in: "parts/\(part)") }
    let set = try open(.train, chosen(rule: #"^(?:train|test)/[ab]/(\d)"#), "parts")
    #expect(set.train?.groups?.record.count == 10)
    #expect(set.warnings.contains { $0.contains("10 groups that") })
    let own = try open(.train, chosen(rule: #"^train/[ab]/\d"#), "parts")
    #expect(own.train?.groups?.record.count == 20 && own.warnings.isEmpty)
  }
}
