// The table that predict shows on a terminal, answers that are not sure, images of the run's own data.

import Foundation
import Testing
import _TestSupport

@testable import TallyTool

@Suite struct PredictionTableTests {
  private func row(_ path: String, _ guesses: [(String, Double?)], least: Double? = nil) -> PredictionRow {
    PredictionRow(
      path: path,
      classes: guesses.map { PredictionRow.Guess(name: $0.0, score: 70_000, share: $0.1) }, leastShare: least)
  }

  @Test func columnsAreAligned() {
    let table = PredictionTable(
      files: 40, names: ["Shirt", "Coat", "A class with a very long name"], hasLabels: false, hasShares: true,
      columns: 80)
    let lines = [
      table.heading, table.line(row("photos/a.jpg", [("Shirt", 0.9987), ("Coat", 0.001)])),
      table.line(
        row(
          "photos/somewhere/far/away/in/a/folder/b.jpg", [("A class with a very long name", 1), ("Coat", 0)])),
      table.line(row("c.jpg", [("Shirt", 0.45), ("Coat", 0.4)], least: 0.5)),
    ]
    #expect(lines.allSatisfy { $0.count < 80 })
    #expect(lines[0].hasPrefix("image ") && lines[0].hasSuffix("class                   share  runner-up"))
    let column = lines[0].distance(
      from: lines[0].startIndex, to: lines[0].range(of: "class")?.lowerBound ?? lines[0].endIndex)
    #expect(lines[1].dropFirst(column).hasPrefix("Shirt ") && lines[1].hasSuffix("  Coat 0.10 %"))
    #expect(lines[2].dropFirst(column).hasPrefix("A class with a …") && lines[2].contains("…"))
    #expect(lines[2].hasPrefix("…") && lines[2].prefix(column).hasSuffix("folder/b.jpg  "))
    #expect(
      lines[3].dropFirst(column).hasPrefix("unsure ") && lines[3].contains("Shirt 45.00 %, Coat 40"))
  }

  @Test func unsureInLineCSVAndJSON() throws {
    let unsure = row("a.jpg", [("Shirt", 0.45), ("Coat", 0.4)], least: 0.45001)
    #expect(unsure.text() == "a.jpg\tunsure\tShirt 70000 45.00 %\tCoat 70000 40.00 %")
    #expect(String(decoding: unsure.csv, as: UTF8.self) == "a.jpg,,unsure,70000,0.450000,Coat,70000,0.400000")
    let object = try jsonObject(try jsonText(unsure))
    #expect(object["answer"] as? String == "unsure" && (object["classes"] as? [[String: Any]])?.count == 2)
    let sure = row("a.jpg", [("Shirt", 0.45)], least: 0.45)
    #expect(sure.text() == "a.jpg\tShirt 70000 45.00 %")
    #expect(try jsonObject(try jsonText(sure))["answer"] as? String == "Shirt")
    #expect(try jsonObject(try jsonText(row("a.jpg", [("Shirt", 0.45)])))["answer"] == nil)
  }

  @Test func tablesFitTheirWidth() {
    var table = TextTable(["setting", "one"], [.path, .name])
    table.add(["layers.0.head.a.very.long.key.that.goes.on.and.on", String(repeating: "x", count: 70)])
    let lines = table.lines(width: 60)
    #expect(lines.allSatisfy { $0.count <= 60 } && lines[1].contains("…") && lines[1].contains("and.on"))
    #expect(wrapped("a bb ccc dddd", width: 6) == ["a bb", "ccc", "dddd"])
    #expect(labelled("size", "a b", width: 14) == ["size        a", "            b"])
  }

  @Test func theToolSaysUnsureAndRejects() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run", ["layers.*.filters=4"])))
    let run = bench.folder.path("run")
    let all = try Tool.run(["predict", run, "--limit", "30", "--min-share", "0.9", "--csv"])
    expectSuccess(all)
    let rows = all.output.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows.count == 30)
    for row in rows { #expect((row[2] == "unsure") == (try #require(Double(row[4])) < 0.9)) }
    // What evaluate says of a share is what predict does with it.
    let evaluated = try Tool.run(["evaluate", run])
    #expect(evaluated.output.contains("accuracy of the others"))
    let curve = try #require(
      try jsonObject(try Tool.run(["evaluate", run, "--json"]).output)["rejection"] as? [String: Any])
    for point in try #require(curve["points"] as? [[String: Any]]) {
      let share = Double(try #require(point["leastShare"] as? Int)) / 1_000_000
      let answered = try Tool.run(["predict", run, "--limit", "30", "--min-share", "\(share)", "--csv"])
        .output.split(separator: "\n").dropFirst()
        .map { $0.split(separator: ",", omittingEmptySubsequences: false) }.filter { $0[2] != "unsure" }
      #expect(answered.count == point["answered"] as? Int)
      #expect(answered.count { $0[1] == $0[2] } == point["correct"] as? Int)
    }
    expectFailure(try Tool.run(["predict", run, "--limit", "1", "--min-share", "80"]), code: 2, "0...1")
    expectSilence(
      try Tool.run([
        "train", "--data", bench.data, "--plan", bench.plan, "--validation", "0", "--quiet", "--out",
        bench.folder.path("bare"),
      ]))
    expectFailure(
      try Tool.run(["predict", bench.folder.path("bare"), "--limit", "1", "--min-share", "0.5"]), code: 2,
      "no shares")
  }

  @Test func theRunsOwnDataByPath() throws {
    let bench = try Bench()
    try bench.writePhotos(["down": 30, "right": 30])
    expectNothingButWarnings(
      try Tool.run([
        "train", "--data", bench.folder.path("photos"), "--plan", bench.plan, "--size", "16", "--quiet",
        "--out", bench.folder.path("run"),
      ]))
    let run = bench.folder.path("run")
    let outcome = try Tool.run(["predict", run, "--index", "1", "--index", "0"])
    expectSuccess(outcome)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix(bench.folder.path("photos/")) })
    let named = try Tool.run([
      "predict", run, "--data", bench.folder.path("photos"), "--index", "1", "--index", "0",
    ])
    #expect(named.output == outcome.output)
    let json = try jsonArray(try Tool.run(["predict", run, "--index", "1", "--json"]).output)
    #expect(json.first?["index"] as? Int == 1 && (json.first?["path"] as? String)?.hasSuffix(".png") == true)
    let csv = try Tool.run(["predict", run, "--index", "0", "--csv"]).output
    #expect(csv.contains("\n" + bench.folder.path("photos/")))
    expectFailure(
      try Tool.run(["predict", run + "/model.tally", bench.data, "--index", "0"]), code: 2, "--index")
  }

  @Test(.enabled(if: Tool.hasProgram("script"), "there is no script program to make a terminal with"))
  func aTerminalGetsATable() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run")))
    let outcome = try Tool.shell(
      "script -qec \"stty cols 70; '\(Tool.path)' predict '\(bench.folder.path("run"))' --limit 3\" /dev/null < /dev/null"
    )
    let lines = outcome.output.replacingOccurrences(of: "\r", with: "").split(separator: "\n")
    #expect(outcome.code == 0 && lines.count == 4, "\(outcome)")
    #expect(
      lines[0].hasPrefix("image  class") && lines[0].hasSuffix("runner-up")
        && lines.allSatisfy { $0.count < 70 })
  }
}
