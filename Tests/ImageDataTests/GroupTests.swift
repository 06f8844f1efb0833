// Groups of images: from paths by a regular expression, from arrays of numbers and texts, from a program.

import Foundation
import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct GroupTests {
  private func refusal(_ body: () throws -> Void) -> String {
    let error = #expect(throws: DatasetError.self) { try body() }
    #expect(error?.code == .wrongGroups)
    #expect(error?.message.contains("\n") == false)
    return error?.message ?? ""
  }

  @Test func patternsFindNames() throws {
    func names(_ text: String, _ paths: [String]) throws -> [String?] {
      try GroupPattern(text: text).names(of: paths)
    }
    #expect(try names(#"track\d+"#, ["a/track12_3.png", "b/x.png"]) == ["track12", nil])
    #expect(try names(#"(\d+)_(\d+)"#, ["a/12_3.png"]) == ["12"])
    #expect(try names("(x)?y", ["y", "xy"]) == [nil, "x"], "parentheses without a part, and with one")
    #expect(try names("z*", ["abc"]) == [nil], "nothing is no name")
    #expect(try names("a", []) == [])
  }

  @Test func patternsThatAreNoneAreRefused() {
    for (text, words) in [("(", "expected ')'"), ("(?<=a)b", "lookbehind"), ("a**", "quantifier")] {
      #expect(refusal { _ = try GroupPattern(text: text).names(of: ["a"]) }.contains(words))
    }
    let long = String(repeating: "a", count: 1001)
    #expect(refusal { _ = try GroupPattern(text: long).names(of: ["a"]) }.contains("1001 bytes"))
  }

  @Test func patternsWithoutEndAreGivenUp() {
    // Far beyond anybody's patience on any machine.
    let path = String(repeating: "a", count: 60) + "!"
    let message = refusal { _ = try GroupPattern(text: "(a+)+$", patience: 1).names(of: ["a", path]) }
    #expect(message.contains("takes too long"))
  }

  @Test func recordsSayWhatGroupsThereAre() {
    let groups = NamedGroups(["a", "b", "a", nil, nil], rule: "r") { "file\($0)" }
    #expect(groups.groups.record.count == 4 && groups.ungrouped == 2 && groups.groups.record.isInRange)
    #expect(groups.groups.keys[0] == groups.groups.keys[2] && Set(groups.groups.keys).count == 4)
    // A group that is called as a file is another one.
    let named = NamedGroups(["file3", nil], rule: "r") { _ in "file3" }
    #expect(Set(named.groups.keys).count == 2)
    let (note, warnings) = groups.lines("set")
    #expect(note.contains("parts drawn by group: 4 groups of 5 images (r)") && warnings.isEmpty)
    #expect(note.contains("\"a\" with 2; 2 files do not match"))
    let uneven = NamedGroups(["big", "big", "b"], rule: "r").lines("set")
    #expect(uneven.warnings.count == 1 && uneven.warnings[0].contains("\"big\" holds 2 of 3 images"))
  }

  @Test func arraysOfNumbersAndTextsAreNames() throws {
    let folder = try TemporaryFolder()
    func names(_ type: String, _ shape: [Int], _ content: [UInt8]) throws -> [String] {
      let path = try folder.write(npy(type, shape, content), to: "g.npy")
      return try NPYArray(try DecodedFile(path: path)).groupNames()
    }
    #expect(try names("<i2", [3], [255, 255, 7, 0, 0, 128]) == ["-1", "7", "-32768"])
    #expect(try names(">u4", [1], [1, 0, 0, 0]) == ["16777216"])
    #expect(try names("|b1", [2, 1], [0, 1]) == ["0", "1"])
    #expect(try names("|S3", [2], Array("ab\0c\0\0".utf8)) == ["ab", "c"])
    let text: [UInt8] = [97, 0, 0, 0, 0xe9, 0, 0, 0, 98, 0, 0, 0, 0, 0, 0, 0]
    #expect(try names("<U2", [2], text) == ["aé", "b"])
    #expect(try names(">U1", [1], [0, 1, 0xf6, 0]) == ["😀"])
    #expect(try names("<U1", [1], [0, 0xd8, 0, 0]) == ["\u{FFFD}"], "half a pair is no character")
    #expect(refusal { _ = try names("<f4", [1], [0, 0, 0, 0]) }.contains("whole numbers or text"))
    #expect(refusal { _ = try names("<U0", [1], []) }.contains("whole numbers or text"))
    #expect(refusal { _ = try names("|u1", [1, 2], [0, 0]) }.contains("shape [1, 2]"))
    #expect(throws: DatasetError.self) { try names("|S2", [2], [1, 2, 3]) }
  }

  @Test func groupsComeAlong() throws {
    let images = try LabelledImages(
      shape: ImageShape(width: 1, height: 1, channels: 1), pixels: [1, 2, 3, 4], labels: [0, 1, 0, 1],
      classNames: ["a", "b"])
    let grouped = images.grouped(by: ["x", "y", "x", "z"])
    let keys = try #require(grouped.groups?.keys)
    #expect(keys[0] == keys[2] && images.groups == nil)
    #expect(grouped.subset([3, 0]).groups?.keys == [keys[3], keys[0]])
    #expect(grouped.prefix(2).groups?.keys == Array(keys[..<2]))
    #expect(grouped.numbered().groups?.keys == keys && grouped.spread(2).groups?.keys == [keys[0], keys[2]])
    #expect(grouped.digest == images.digest)
  }
}
