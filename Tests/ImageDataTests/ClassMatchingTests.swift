// Classes are the same where their names are: in another order, with some missing, and with numbers for names.

import Foundation
import ImageData
import Plumbing
import Testing
import _TestSupport

@Suite struct ClassMatchingTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func images(_ names: [String], _ labels: [UInt16]) throws -> LabelledImages {
    try LabelledImages(
      shape: ImageShape(width: 1, height: 1, channels: 1), pixels: labels.map { UInt8($0) + 7 },
      labels: labels,
      classNames: names)
  }

  /// Images of arrays, whose classes have no names.
  private func numbered(_ labels: [Int]) throws -> LabelledImages {
    let a = try folder.write(npy("|u1", [labels.count, 1, 1], labels.map { _ in 1 }), to: "a.npy")
    return try openHere("\(a),\(try folder.write(npyLabels(labels), to: "b.npy"))").requireTrain()
  }

  @Test func namesDecideNotPositions() throws {
    let set = try images(["cat", "dog", "eel"], [0, 1, 2, 1])
    let matched = try set.matched(to: ["eel", "ant", "dog", "cat"])
    #expect(matched.labels == [3, 2, 0, 2] && matched.classNames == ["eel", "ant", "dog", "cat"])
    #expect(matched.pixels == set.pixels && matched.subset([2]).labels == [0])
    #expect(try set.matched(to: set.classNames).digest == set.digest)
    #expect(!set.isMatchedByPosition(to: ["a", "b", "c"]))
    // A class that no image is of may be any.
    #expect(try images(["cat", "gnu"], [0, 0]).matched(to: ["dog", "cat"]).labels == [1, 1])
  }

  @Test func unknownClassesAreRefusedWithBothLists() throws {
    let error = try #require(
      datasetError { _ = try images(["cat", "gnu", "dog"], [0, 1, 2]).matched(to: ["dog", "cat", "eel"]) })
    #expect(error.code == .labelOutOfRange)
    for words in ["does not know: gnu", "cat, gnu, dog", "dog, cat, eel"] {
      #expect(error.message.contains(words), "\(error)")
    }
    let many = (0..<500).map { "\(String(repeating: "n", count: 900))\($0)" }
    let long = try #require(
      datasetError { _ = try images(many, (0..<200).map { $0 }).matched(to: many.map { "x" + $0 }) })
    #expect(long.message.utf8.count < 2500 && long.message.contains("(500 in all)"))
  }

  @Test func numbersAreNamesWhereTheModelHasNumbers() throws {
    let set = try numbered([2, 10, 1, 10])
    // As sorted text, which is how class folders come.
    let matched = try set.matched(to: ["1", "10", "2", "3"])
    #expect(matched.labels == [2, 1, 0, 1])
    #expect(datasetError { _ = try set.matched(to: ["0", "1", "2"]) }?.message.contains("know: 10") == true)
    // One class with a number for a name is enough to make positions doubtful.
    for names in [["0", "one", "two"], ["1.0", "2.0", "3.0"], ["-1", "a", "b"]] {
      let few = try numbered([0, 1, 2])
      #expect(datasetError { _ = try few.matched(to: names) } != nil && !few.isMatchedByPosition(to: names))
    }
  }

  @Test func numbersWithoutNamesCountTheModelsClasses() throws {
    let names = ["T-shirt/top", "Trouser", "Pullover", "Dress"]
    for labels in [[0, 3, 1, 2], [1, 2], [3, 3]] {
      let set = try numbered(labels)
      #expect(set.isMatchedByPosition(to: names))
      #expect(try set.matched(to: names).labels.map(Int.init) == labels)
    }
    #expect(
      datasetError { _ = try numbered([0, 4]).matched(to: names) }?.message.contains("know: 4") == true)
    // Folders that are called by numbers have names of their own.
    #expect(datasetError { _ = try images(["0", "1"], [0, 1]).matched(to: names) } != nil)
    // A file of names beside the arrays gives them names.
    try folder.write(idx([2, 1, 1], [1, 2]), to: "train-images-idx3-ubyte")
    try folder.write(idx([2], [0, 1]), to: "train-labels-idx1-ubyte")
    #expect(try openHere(folder.url.path).requireTrain().isNumbered)
    try folder.write(Array("Trouser\nDress\n".utf8), to: "classes.txt")
    #expect(try openHere(folder.url.path).requireTrain().matched(to: names).labels == [1, 3])
  }
}
