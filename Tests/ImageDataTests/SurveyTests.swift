// Surveys of folders and arrays: counts, sizes, duplicates, groups by name.

import Foundation
import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct SurveyTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func survey(_ name: String = "set", _ options: FolderOptions = FolderOptions()) throws -> DataSurvey
  {
    try DataSurvey.open(folder.path(name), options: options, threads: 2)
  }

  private func write(_ image: DecodedImage, _ name: String) throws {
    try folder.makeFolder(String(name[..<(name.lastIndex(of: "/") ?? name.startIndex)]))
    try folder.write(png(image), to: name)
  }

  /// The files of a group, below the set.
  private func names(_ group: DataSurvey.Duplicates) -> [String] {
    group.items.compactMap { $0.path.map { String($0.dropFirst(folder.path("set").count + 1)) } }
  }

  @Test func aFolderWithParts() throws {
    for n in 0..<6 {
      try write(DuplicateTests.picture(40 + 4 * n, seed: UInt64(n)), "set/train/a/\(n).png")
      try write(DuplicateTests.picture(80, seed: UInt64(n) + 20), "set/train/b/\(n).png")
      try write(DuplicateTests.picture(60, seed: UInt64(n) + 40), "set/test/a/\(n).png")
    }
    // A copy with another name in the other part; the same picture, smaller, as another class; a file that is none.
    try write(DuplicateTests.picture(40, seed: 0), "set/test/b/copy.png")
    try write(DuplicateTests.picture(56, seed: 22), "set/train/a/small.png")
    try write(DuplicateTests.picture(80, seed: 22), "set/train/a/same.png")
    try folder.write([1, 2, 3], to: "set/train/b/none.png")
    let survey = try self.survey()
    #expect(survey.classNames == ["a", "b"] && survey.parts.map(\.name) == ["training", "test"])
    #expect(survey.parts.map(\.counts) == [[8, 6], [6, 1]] && survey.images == 21)
    #expect(survey.parts[1].examples[1]?.path == folder.path("set/test/b/copy.png"))
    #expect(survey.widths == DataSurvey.Range([40, 60, 80]) && survey.widths == survey.heights)
    #expect(survey.shape == ImageShape(width: 60, height: 60, channels: 1))
    #expect(survey.unreadable.map(\.path) == [folder.path("set/train/b/none.png")])
    #expect(
      survey.duplicates.map(names) == [
        ["train/a/0.png", "test/b/copy.png"], ["train/a/same.png", "train/a/small.png", "train/b/2.png"],
      ])
    #expect(survey.duplicates.map(\.isExact) == [true, false] && survey.duplicates.map(\.copies) == [1, 1])
    let totals = survey.totals
    #expect(
      totals.groups == 2 && totals.mixed == 2 && totals.copies == 2 && totals.lookalikes == 1
        && totals.leaks == [0, 1])
    #expect(survey.isConsistent && survey.guess == nil)
    // With other threads the same, and what a log keeps.
    #expect(try DataSurvey.open(folder.path("set"), options: FolderOptions(), threads: 1) == survey)
    let abridged = survey.abridged(to: 1)
    #expect(abridged.duplicates.count == 1 && abridged.totals == totals && abridged.isConsistent)
    let read = try JSONDecoder().decode(DataSurvey.self, from: JSONEncoder().encode(survey))
    #expect(read == survey)
  }

  @Test func aDrawnTestPartIsAPart() throws {
    for n in 0..<40 {
      for name in ["a", "b"] {
        try write(
          DuplicateTests.picture(32, seed: UInt64(n) + (name == "a" ? 0 : 100)), "set/\(name)/\(n).png")
      }
      try write(DuplicateTests.picture(32, seed: UInt64(n)), "set/a/copy \(n).png")
    }
    let survey = try self.survey()
    let dataset = try ImageDataset.open(folder.path("set"))
    #expect(survey.parts.map(\.counts) == [dataset.train?.classCounts, dataset.test?.classCounts])
    // Of the pairs some are torn apart by the draw.
    let test = Set((0..<(dataset.test?.count ?? 0)).compactMap { dataset.test?.path(of: $0) })
    let torn = survey.duplicates.count { group in group.items.count { test.contains($0.path ?? "") } == 1 }
    #expect(survey.duplicates.count == 40 && torn > 0 && survey.totals.leaks == [0, torn])
  }

  @Test func arraysByTheirPixels() throws {
    let shape = ImageShape(width: 20, height: 20, channels: 1)
    let pictures = (0..<6).map { DuplicateTests.picture(20, seed: UInt64($0)).pixels }
    let train = try LabelledImages(
      shape: shape, pixels: pictures[0..<5].flatMap { $0 } + pictures[2], labels: [0, 1, 0, 1, 0, 1],
      classNames: ["x", "y"])
    let test = try LabelledImages(
      shape: shape, pixels: pictures[5] + pictures[4], labels: [0, 0], classNames: ["x", "y"])
    // An image that is repeated to balance classes is one image.
    let repeated = train.subset([0, 1, 2, 3, 4, 5, 1, 1])
    let survey = try DataSurvey("set", [("training", repeated), ("test", test)], root: "set", threads: 2)
    #expect(survey.parts.map(\.counts) == [[3, 3], [2, 0]] && survey.widths == nil)
    #expect(
      survey.duplicates == [
        DataSurvey.Duplicates(
          items: [
            DataSurvey.Item(part: 0, label: 0, path: nil, index: 2),
            DataSurvey.Item(part: 0, label: 1, path: nil, index: 5),
          ], copies: 1),
        DataSurvey.Duplicates(
          items: [
            DataSurvey.Item(part: 0, label: 0, path: nil, index: 4),
            DataSurvey.Item(part: 1, label: 0, path: nil, index: 1),
          ], copies: 1),
      ])
    #expect(survey.totals.mixed == 1 && survey.totals.leaks == [0, 1])
  }

  /// Writes pictures that differ little where they have one seed.
  private func write(_ files: [(name: String, seed: Int)]) throws {
    for (number, file) in files.enumerated() {
      try write(
        DuplicateTests.picture(32, seed: UInt64(file.seed), shift: number % 5 * 4), "set/\(file.name)")
    }
  }

  @Test func tracksByClassAndNumber() throws {
    // Track 3 of one class has nothing to do with track 3 of another.
    try write(
      (0..<3).flatMap { c in
        (0..<6).flatMap { track in
          (0..<5).map { frame in
            (String(format: "%05d/%05d_%05d.png", c, track, frame), 100 * c + track)
          }
        }
      })
    let survey = try self.survey()
    let guess = try #require(survey.guess)
    #expect(guess.rule == #"([^/]+/[^/]+)[_-]\d+\.\w+$"#)
    #expect(guess.groups == 18 && guess.images == 90 && guess.largest == 5 && guess.torn > 0)
    // What it says works: with it no group is torn.
    let grouped = try self.survey("set", FolderOptions(groupRule: guess.rule))
    #expect(grouped.groups?.count == 18 && grouped.guess == nil)
  }

  @Test func patientsOfSeveralClasses() throws {
    try write(
      (0..<8).flatMap { patient in
        (0..<6).map { view in
          (view % 2 == 0 ? "ill" : "well", "patient\(patient)-\("abcdef".dropFirst(view).prefix(1)).png")
        }.map { ("\($0.0)/\($0.1)", patient) }
      })
    let guess = try #require(try self.survey().guess)
    #expect(guess.groups == 8 && guess.images == 48 && guess.rule.contains("patient"))
  }

  @Test func namesAloneAreNotEnough() throws {
    // Numbered as tracks are, but every picture is of another thing.
    try write(
      (0..<2).flatMap { c in
        (0..<8).flatMap { track in
          (0..<5).map { ("\(c)/\(track)_\($0).png", 1000 * c + 10 * track + $0) }
        }
      })
    #expect(try self.survey().guess == nil)
  }

  @Test func oneCounterForAllIsNoGroup() throws {
    try write((0..<2).flatMap { c in (0..<20).map { ("\(c)/IMG_\(1000 + 20 * c + $0).png", c) } })
    #expect(try self.survey().guess == nil)
  }

  @Test func classesOfTheTestPartAlone() throws {
    try folder.writeClasses(["a": 3, "b": 3], in: "set/train")
    try folder.writeClasses(["a": 3, "c": 3], in: "set/test", more: 50)
    let survey = try self.survey()
    #expect(survey.classNames == ["a", "b", "c"] && survey.parts.map(\.counts) == [[3, 3, 0], [3, 0, 3]])
    #expect(survey.warnings.contains { $0.contains("classes that") && $0.contains("c") })
  }
}
