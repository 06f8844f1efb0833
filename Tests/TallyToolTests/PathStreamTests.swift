// Paths on the standard input, however the bytes come, and negative numbers on the command line.

import Plumbing
import Testing
import _TestSupport

@testable import TallyTool

@Suite struct PathStreamTests {
  /// The paths of bytes that come in pieces of so many.
  private func paths(_ text: String, piece: Int, _ separator: PathStream.Separator? = nil) throws -> [String]
  {
    var stream = PathStream(separator: separator)
    let bytes = Array(text.utf8)
    var paths: [String] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      paths += try stream.take(bytes[start..<min(start + piece, bytes.count)])
    }
    return try paths + stream.end()
  }

  @Test(arguments: 1...12) func linesMayEndAnyWay(piece: Int) throws {
    #expect(try paths("a b\n\nc\r\n d\nlast", piece: piece) == ["a b", "c", " d", "last"])
    #expect(try paths("", piece: piece) == [])
    #expect(try paths("one", piece: piece) == ["one"])
  }

  @Test(arguments: 1...12) func withNULsALineBreakIsPartOfTheName(piece: Int) throws {
    #expect(try paths("a\nb\0c\r\0\0last", piece: piece, .null) == ["a\nb", "c\r", "last"])
    #expect(try paths("ab\0c\nd\0", piece: piece) == ["ab", "c\nd"])
  }

  @Test func theFirstBytesSayWhatSeparates() throws {
    #expect(try paths("a\nb\0c\0", piece: 100) == ["a\nb", "c"])
    let error = #expect(throws: UserError.self) { try paths("a\nb\0c\0", piece: 2) }
    #expect(error?.code == 2 && error?.description.contains("--null") == true)
  }

  @Test func aNameThatEndsInACarriageReturnIsFound() throws {
    let bench = try Bench()
    let path = bench.folder.path("odd\r")
    try AtomicFile.write([1], to: path)
    #expect(
      try paths("\(path)\n\(bench.folder.path("even"))\r\n", piece: 1000) == [
        path, bench.folder.path("even"),
      ])
  }

  @Test func endlessPathsAreRefused() {
    #expect(throws: UserError.self) {
      try paths(String(repeating: "a", count: PathStream.longestPath + 1), piece: 1 << 16)
    }
  }

  @Test func bytesThatAreNoUTF8Stay() throws {
    var stream = PathStream(separator: nil)
    let paths = try stream.take([0x63, 0xE9, 0x0A])
    #expect(paths.map(FileName.bytes) == [[0x63, 0xE9]])
  }
}

@Suite struct CommandLineTests {
  @Test(arguments: [
    (["--seed", "-1"], ["--seed=-1"]), (["-1"], ["-1"]), (["--a", "-1", "-2"], ["--a=-1", "-2"]),
    (["--csv", "-0"], ["--csv", "-0"]), (["--a=1", "-1"], ["--a=1", "-1"]),
    (["--", "--a", "-1"], ["--", "--a", "-1"]),
    (["--a", "-.5e3"], ["--a=-.5e3"]), (["--a", "-x"], ["--a", "-x"]), ([], []),
  ]) func negativeNumbersBelongToTheirOption(arguments: [String], joined: [String]) {
    #expect(Main.joiningNegativeNumbers(arguments) == joined)
  }

  @Test(arguments: [
    ("--seed", "-1", "'-1' is invalid for '--seed"), ("--limit", "-5", "--limit must be at least 1"),
    ("--validation", "-0.5", "--validation must be in"),
  ]) func negativeNumbersAreNamed(option: String, value: String, words: String) throws {
    let bench = try Bench()
    expectFailure(try Tool.run(bench.training("run") + [option, value]), code: 2, words)
  }
}
