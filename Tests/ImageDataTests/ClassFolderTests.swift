// Class folders of images: which files are taken for what, sizes, colour, parts, images that cannot be read.

import Foundation
import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct ClassFolderTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func write(_ counts: [String: Int], in place: String = "set", colour: Bool = false) throws {
    try folder.writeClasses(counts, in: place, colour: colour)
  }

  private func open(
    _ parts: DatasetParts = .all, _ options: FolderOptions = FolderOptions(), place: String = "set",
    threads: Int = 2
  ) throws -> ImageDataset {
    try ImageDataset.open(
      folder.path(place), parts: parts, threads: threads, folder: options, searchFolders: [])
  }

  @Test func foldersAreClassesInTheOrderOfTheirNamesBytes() throws {
    try write(["b": 10, "a": 20, "B": 10, "ä": 10])
    let set = try open()
    #expect(set.train?.classNames == ["B", "a", "b", "ä"] && set.isOfImageFiles && set.validation == nil)
    #expect(set.train?.classCounts == [9, 18, 9, 9] && set.test?.classCounts == [1, 2, 1, 1])
    #expect(set.train?.shape == ImageShape(width: 20, height: 20, channels: 1))
    // Every image is in one part: the values of a class are 0, 1, 2, … once each.
    for label in 0..<4 {
      let values = [set.train, set.test].compactMap { $0 }.flatMap { part in
        (0..<part.count).filter { part.labels[$0] == label }.map {
          part.pixels(of: $0)[0]
        }
      }
      #expect(values.sorted() == (0..<UInt8(values.count)).map { $0 })
    }
    #expect(set.notes.contains { $0.contains("5 of its 50 images") && $0.contains("seed 1") })
    #expect(set.notes.contains { $0.contains("20x20") } && set.notes.contains("all images are grey"))
  }

  /// Grey and in colour, with a validation part, and with an image that is left out.
  @Test func imagesMayLieInAFile() throws {
    try write(["a": 60, "b": 60])
    try expectSameInFiles(folder.path("set"))
    try folder.write([1, 2, 3], to: "set/a/7.png")
    try expectSameInFiles(folder.path("set"))
    for part in ["train", "val", "test"] { try write(["a": 5, "b": 4], in: "parts/\(part)", colour: true) }
    try expectSameInFiles(folder.path("parts"))
    try expectSameInFiles(folder.path("parts"), folder: FolderOptions(width: 9, height: 7, colour: .grey))
  }

  @Test func theTestPartHangsOnTheSeedAlone() throws {
    try write(["a": 30, "b": 30])
    let first = try open()
    #expect(try open(threads: 1).test?.digest == first.test?.digest)
    #expect(try open(.test).test?.digest == first.test?.digest)
    #expect(try open(.all, FolderOptions(seed: 2)).test?.digest != first.test?.digest)
    #expect(try open(.all, FolderOptions(testShare: 0)).train?.count == 60)
    #expect(try open(.all, FolderOptions(testShare: 0)).test == nil)
    #expect(try open(.all, FolderOptions(testShare: 500_000)).test?.classCounts == [15, 15])
    // A prefix of the images holds both classes.
    #expect(Set(try #require(first.train).prefix(20).labels) == [0, 1])
  }

  @Test func classesAreAModels() throws {
    try write(["a": 2, "c": 1])
    let options = FolderOptions(classNames: ["c", "b", "a"])
    #expect(try open(.test, options).test?.classCounts == [1, 0, 2])
    try write(["d": 1])
    let error = try #require(datasetError { _ = try open(.test, options) })
    #expect(
      error.code == .labelOutOfRange && error.message.contains("set/d") && error.message.contains("c, b, a"))
  }

  @Test(arguments: [
    ["train", "val", "test"], ["Training", "validation", "Testing"], ["train", "valid", "test"],
  ])
  func parts(names: [String]) throws {
    try write(["a": 5, "b": 4], in: "set/\(names[0])")
    try write(["a": 3, "b": 2], in: "set/\(names[1])")
    try write(["b": 2], in: "set/\(names[2])")
    try write(["x": 1], in: "set/other")
    let set = try open()
    #expect(set.train?.classCounts == [5, 4] && set.validation?.classCounts == [3, 2])
    #expect(set.test?.classCounts == [0, 2] && set.record == nil)
    #expect(set.warnings.count == 1 && set.warnings[0].contains("other/ with its 1 image"))
    let (images, validation) = try set.requireLearning()
    #expect(
      images.count == 14 && validation == Array(9..<14) && images.labels[9...].sorted() == [0, 0, 0, 1, 1])
    try write(["new": 1], in: "set/\(names[2])")
    #expect(datasetError { _ = try open() }?.message.contains("\(names[2])/new") == true)
    #expect(try open(.train).train?.count == 9)
  }

  @Test func aClassMayBeCalledTest() throws {
    try write(["test": 20, "train": 20])
    #expect(try open().train?.classNames == ["test", "train"])
    try write(["a": 1], in: "two/val")
    try write(["a": 1], in: "two/valid")
    #expect(datasetError { _ = try open(place: "two") }?.code == .unrecognisedFolder)
  }

  @Test func sizes() throws {
    #expect(FolderOptions.chosenSide(shorterSides: [3]) == 16)
    #expect(FolderOptions.chosenSide(shorterSides: [500, 400]) == 64)
    #expect(FolderOptions.chosenSide(shorterSides: [28, 30, 900]) == 32)
    #expect(FolderOptions.chosenSide(shorterSides: [29, 900]) == 28)
    #expect(FolderOptions.chosenSide(shorterSides: [21, 22, 22]) == 24)
    try write(["a": 2, "b": 2])
    let chosen = try open(.all, FolderOptions(width: 7, height: 5, testShare: 0)).train
    #expect(chosen?.shape == ImageShape(width: 7, height: 5, channels: 1))
    let huge = FolderOptions(width: 60_000, height: 60_000)
    #expect(datasetError { _ = try open(.all, huge) }?.code == .tooLong)
  }

  @Test func colour() throws {
    try write(["a": 9, "b": 10])
    try write(["c": 1], colour: true)
    let set = try open(.all, FolderOptions(testShare: 0))
    #expect(set.train?.shape.channels == 3 && set.notes.contains("images in colour"))
    let values = try #require(set.train)
    for index in 0..<values.count {
      let pixel = values.pixels(of: index).prefix(3)
      #expect(values.labels[index] == 2 ? pixel.last == 200 : Set(pixel).count == 1)
    }
    #expect(try open(.all, FolderOptions(colour: .grey)).train?.shape.channels == 1)
    try FileManager.default.removeItem(atPath: folder.path("set/c"))
    #expect(try open(.all, FolderOptions(colour: .rgb)).train?.shape.channels == 3)
    // Grey chosen by the images and grey asked for are the same.
    let asked = try open(.train, FolderOptions(colour: .grey)).train
    #expect(try open(.train).train?.digest == asked?.digest)
  }

  @Test func brokenImages() throws {
    try write(["a": 100, "b": 100])
    try folder.write([1, 2, 3], to: "set/a/0.png")
    let whole = FolderOptions(testShare: 0)
    let set = try open(.train, whole)
    #expect(set.train?.count == 199 && set.train?.classCounts == [99, 100] && set.warnings.count == 1)
    #expect(set.warnings[0].contains("1 of 200") && set.warnings[0].contains("set/a/0.png"))
    #expect(try open(.train, whole, threads: 7).train?.digest == set.train?.digest)
    var strict = whole
    strict.isStrict = true
    let error = try #require(datasetError { _ = try open(.train, strict) })
    #expect(error.code == .damagedImage && error.message.contains("set/a/0.png"))
    try folder.write([], to: "set/b/1.png")
    #expect(try open(.train, whole).train?.count == 198)
    try folder.write([], to: "set/b/2.png")
    let many = try #require(datasetError { _ = try open(.train, whole) })
    #expect(many.message.contains("3 of 200") && many.message.contains("more than one in a hundred"))
  }

  @Test func oneImageOfASmallPartMayBeBroken() throws {
    for part in ["train", "test"] { try write(["a": 5, "b": 3], in: "set/\(part)") }
    try folder.write([1], to: "set/test/a/0.png")
    let set = try open()
    #expect(set.test?.classCounts == [4, 3] && set.warnings.count == 1 && set.warnings[0].contains("1 of 8"))
    try folder.write([1], to: "set/test/a/1.png")
    let second = try #require(datasetError { _ = try open() })
    #expect(second.message.contains("set/test: 2 of 8") && second.message.contains("more than one"))
    #expect(try open(.train).train?.count == 8)
    // No part may be left without images, and no class to learn.
    try write(["a": 5, "b": 1], in: "one/train")
    try folder.write([1], to: "one/train/b/0.png")
    let lost = try #require(datasetError { _ = try open(.train, FolderOptions(testShare: 0), place: "one") })
    #expect(lost.message.contains("leaves none of the class \"b\""))
    try write(["a": 1], in: "last")
    try folder.write([1], to: "last/a/0.png")
    #expect(datasetError { _ = try open(place: "last") }?.message.contains("1 of 1 images") == true)
  }

  @Test func balancedOrders() {
    let labels: [UInt16] = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2]
    let order = balancedOrder(labels: labels, indices: Array(0..<11), seed: 3)
    var counts = [Int](repeating: 0, count: 11)
    for index in order { counts[index] += 1 }
    #expect(counts[..<7].allSatisfy { $0 == 1 } && counts[7..<10].sorted() == [2, 2, 3] && counts[10] == 7)
    #expect(order == balancedOrder(labels: labels, indices: Array(0..<11), seed: 3))
    #expect(order != balancedOrder(labels: labels, indices: Array(0..<11), seed: 4))
    #expect(Set(balancedOrder(labels: labels, indices: [0, 1, 7], seed: 1)) == [0, 1, 7])
    let rare = [UInt16](repeating: 0, count: 100) + [1]
    #expect(balancedOrder(labels: rare, indices: Array(0..<101), seed: 1).count { $0 == 100 } == 32)
    #expect(balancedOrder(labels: [], indices: [], seed: 1).isEmpty)
  }
}
