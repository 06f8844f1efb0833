// Mistakes by name: the table of `tally evaluate --errors`, and file paths in the report's gallery.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct WrongAnswerTests {
  @Test func everyMistakeIsARow() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run", ["layers.*.filters=3"])))
    let (run, file) = (bench.folder.path("run"), bench.folder.path("errors.csv"))
    let outcome = try Tool.run(["evaluate", run, "--part", "train", "--json", "--errors", file])
    expectSuccess(outcome)
    let result = try jsonObject(outcome.output)
    let images = try #require(result["images"] as? Int)
    let correct = try #require(result["correct"] as? Int)
    let lines = String(decoding: try bench.bytes("errors.csv"), as: UTF8.self).split(separator: "\n")
    #expect(lines.first == "index,path,class,answer,share")
    #expect(lines.count == 1 + images - correct)
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      #expect(fields.count == 5 && fields[1] == "" && fields[2] != fields[3])
      let predicted = try Tool.run(
        ["predict", run, "--data", bench.data, "--part", "train", "--index", fields[0], "--csv"])
      #expect(predicted.output.contains("\n\(fields[0]),\(fields[2]),\(fields[3]),"))
      #expect(predicted.output.hasSuffix(",\(fields[4])\n"))
    }
  }

  @Test func photosAreNamedByTheirPaths() throws {
    let bench = try Bench()
    // Pictures of one class under two names cannot all be right.
    try bench.writePhotos(["up, \"down\"": 12])
    try bench.writePhotos(["right": 12])
    expectNothingButWarnings(
      try Tool.run([
        "train", "--data", bench.folder.path("photos"), "--plan", bench.plan, "--quiet", "--out",
        bench.folder.path("run"),
      ]))
    let outcome = try Tool.run([
      "evaluate", bench.folder.path("run"), "--part", "train", "--errors", bench.folder.path("errors.csv"),
    ])
    expectSuccess(outcome)
    let text = String(decoding: try bench.bytes("errors.csv"), as: UTF8.self)
    let mistakes = text.split(separator: "\n").dropFirst()
    #expect(!mistakes.isEmpty)
    for line in mistakes {
      let match = try #require(
        line.wholeMatch(of: /\d+,(?:"((?:[^"]|"")*)"|([^",]*)),(?:"up, ""down"""|right),.*,[0-9.]*/),
        "\(line)")
      let path = match.1.map { $0.replacingOccurrences(of: "\"\"", with: "\"") } ?? String(match.2 ?? "")
      #expect(FileKind(path: path) == .file && path.hasPrefix(bench.folder.path("photos/")), "\(path)")
    }
    expectSuccess(try Tool.run(["report", bench.folder.path("run"), "--part", "train"]))
    let page = String(decoding: try bench.bytes("run/report.html"), as: UTF8.self)
    #expect(page.contains(bench.folder.path("photos/right/")))
  }

  @Test func aPlaceThatCannotBeWrittenIsRefusedFirst() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run")))
    let run = bench.folder.path("run")
    expectFailure(
      try Tool.run(["evaluate", run, "--errors", bench.folder.path("none/e.csv")]), "there is no folder",
      "none")
    expectFailure(try Tool.run(["evaluate", run, "--errors", bench.data]), bench.data)
    expectFailure(try Tool.run(["evaluate", run, "--errors", ""]), code: 2, "the path is empty")
    #expect(bench.files("data").count == 4)
  }
}
