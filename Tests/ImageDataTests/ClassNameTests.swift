// Class names: which are possible, how they are shown, and reading them from text files.

import Foundation
import Testing
import _TestSupport

@testable import ImageData

@Suite struct ClassNameTests {
  static let escaped = Unicode.Scalar(UInt32(0xf7e9)).map { "caf\(Character($0))" } ?? ""

  @Test(arguments: [
    "cat", "two words", " blank at the ends ", "日本", "🐈‍⬛", "שלום \u{200f}(1)", "T-shirt/top",
    String(repeating: "x", count: 1024),
  ])
  func names(name: String) { #expect(ClassNames.problem(with: name) == nil) }

  @Test(arguments: [
    ("", "no characters"), (" \t", "no characters"), ("a\0b", "control"), ("a\nb", "control"),
    ("\u{1b}[2J", "control"), ("a\u{85}", "control"), ("a\u{2028}b", "control"), ("a\u{202e}b", "control"),
    ("caf\u{fffd}", "U+FFFD"), (escaped, "not UTF-8"), (String(repeating: "ä", count: 513), "1026 bytes"),
  ])
  func impossibleNames(name: String, problem: String) {
    #expect(ClassNames.problem(with: name)?.contains(problem) == true)
    #expect(ClassNames.problem(in: ["a", name])?.contains("name of class 1") == true)
  }

  @Test func repeats() {
    #expect(ClassNames.problem(in: ["a", "A", "b"]) == nil && ClassNames.problem(in: []) == nil)
    #expect(ClassNames.problem(in: ["x", "a", "b", "a"])?.contains("class 1 and class 3") == true)
    #expect(ClassNames.problem(in: ["a", " a "])?.contains("two spellings") == true)
    #expect(ClassNames.problem(in: ["caf\u{e9}", "cafe\u{301}"])?.contains("two spellings") == true)
    #expect(ClassNames.problem(in: (0..<65_537).map { "\($0)" })?.contains("65537 classes") == true)
    #expect(ClassNames.problem(in: (0..<65_536).map { "\($0)" }) == nil)
  }

  @Test func namesAreShownWithoutHarm() {
    #expect(ClassNames.quoted("\u{1b}[2J a\n\r\t\u{7f}") == #""\e[2J a\n\r\t\x7F""#)
    #expect(ClassNames.quoted("é日🐈") == #""é日🐈""# && ClassNames.quoted(Self.escaped) == #""caf\xE9""#)
    #expect(ClassNames.quoted(String(repeating: "x", count: 500)).count == 123)
  }
}

@Suite struct ClassNameFileTests {
  private func read(_ bytes: [UInt8]) throws -> [String] { try ClassNameFile.names(in: bytes, path: "c.txt") }
  private func read(_ text: String) throws -> [String] { try read(Array(text.utf8)) }

  @Test(arguments: [
    "one\ntwo", "one\ntwo\n", "one\r\ntwo\r\n", "one\rtwo\r", "\u{feff}one\ntwo\n", "one  \n\ttwo\n\n \r\n",
  ])
  func twoNames(text: String) throws { #expect(try read(text) == ["one", "two"]) }

  @Test func namesStayWhatTheyAre() throws {
    #expect(try read("naïve café\n日本 語\n🐈") == ["naïve café", "日本 語", "🐈"])
  }

  @Test(
    arguments: [
      (Array("one\ncaf\u{e9}".unicodeScalars.map { UInt8($0.value) }), #"line 2, "caf\xE9", is not UTF-8"#),
      ([0xff, 0xfe, 0x61, 0, 0x0a, 0], "UTF-16"), ([0xfe, 0xff, 0, 0x61], "UTF-16"),
      ([0x61, 0, 0x0a, 0], "UTF-16"),
      (Array("a\nb\na\n".utf8), "line 1 and line 3"), (Array("a\nb \n b".utf8), "line 2 and line 3"),
      (Array("caf\u{e9}\ncafe\u{301}".utf8), "two spellings"),
      (Array("a\n\nb".utf8), "line 2 is empty"), (Array("\na\nb".utf8), "line 1 is empty"),
      (Array("a\n0\tb".utf8), "line 2"), ([], "no class names"),
      ([0xef, 0xbb, 0xbf, 0x0a], "no class names"),
    ] as [([UInt8], String)])
  func refusedFiles(bytes: [UInt8], words: String) throws {
    let error = try #require(datasetError { _ = try read(bytes) })
    #expect(error.code == .wrongNames && error.message.hasPrefix("c.txt: "))
    #expect(error.message.contains(words), "\(error.message)")
  }

  @Test func everyFileOfNamesIsRead() throws {
    let folder = try TemporaryFolder()
    try folder.write(idx([2, 1, 1], [10, 20]), to: "train-images-idx3-ubyte")
    try folder.write(idx([2], [1, 0]), to: "train-labels-idx1-ubyte")
    try folder.write(Array("\u{feff}one\r\ntwo\r\n".utf8), to: "classes.txt")
    #expect(try openHere(folder.url.path).train?.classNames == ["one", "two"])
    try folder.write(Array("same\nsame\n".utf8), to: "classes.txt")
    let twice = try #require(datasetError { _ = try openHere(folder.url.path) })
    #expect(twice.code == .wrongNames && twice.message.contains(folder.path("classes.txt")))
  }
}
