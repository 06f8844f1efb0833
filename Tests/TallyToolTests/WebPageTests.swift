// `tally export --format web`: its page says what `tally predict` says, in Node and in Chromium; what it refuses.

import BinaryNetworks
import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct WebPageTests {
  private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("WebPages").path

  /// A learned model in a folder, its page and some pictures, of which some are transparent or of another size.
  private static func bench(_ settings: [String], channels: Int, images: Int) throws -> (Bench, [String]) {
    let bench = try Bench(TinyData(count: 120, width: 13, height: 11, channels: channels))
    expectNothingButWarnings(try Tool.run(bench.training("run", settings)))
    expectSuccess(try export(bench))
    var random = SeededGenerator(seed: 1)
    let files = try (0..<images).map { index in
      let (width, height) = index < 10 ? (13, 11) : (random.below(40) + 1, random.below(40) + 1)
      let (kind, values) = [(UInt8(0), 1), (2, 3), (6, 4)][index % 3]
      let rows = (0..<height).map { y in
        (0..<width * values).map { x in
          UInt8(((y * index + x / values * (29 - index)) / 7 % 2) * 90 + random.below(160))
        }
      }
      return try bench.folder.write(
        png(width: width, height: height, colourType: kind, rows: rows), to: "\(index).png")
    }
    return (bench, files)
  }

  private static func export(_ bench: Bench, _ arguments: [String] = []) throws -> Outcome {
    try Tool.run(
      ["export", bench.folder.path("run"), "--format", "web", "--out", bench.folder.path("page.html")]
        + arguments)
  }

  /// The scores of every class by name, for every file.
  private static func predicted(_ bench: Bench, _ files: [String]) throws -> [[String: Int]] {
    let outcome = try Tool.run(
      ["predict", bench.folder.path("run")] + files + ["--top", "100", "--json"])
    expectSuccess(outcome)
    return try jsonArray(outcome.output).map { row in
      try scores(of: try #require(row["classes"] as? [[String: Any]]))
    }
  }

  private static func scores(of classes: [[String: Any]]) throws -> [String: Int] {
    Dictionary(
      uniqueKeysWithValues: try classes.map {
        (try #require($0["name"] as? String), try #require($0["score"] as? Int))
      })
  }

  private static let kinds: [([String], Int)] = [
    (["exit.mirror=true"], 1),
    (["layers.*.learner=cluster", "layers.0.head.counts=root", "layers.0.thresholds=quantile 0.1"], 3),
  ]

  @Test(arguments: kinds)
  func pagesSayTheSameInNode(settings: [String], channels: Int) throws {
    let (bench, files) = try Self.bench(settings, channels: channels, images: 30)
    let outcome = try Tool.shell(
      "exec node '\(Self.scripts)/engine.mjs' '\(bench.folder.path("page.html"))' "
        + files.map { "'\($0)'" }.joined(separator: " "))
    expectSuccess(outcome)
    let said = try jsonArray(outcome.output).map { row in
      let (names, scores) = (row["classes"] as? [String], row["scores"] as? [Int])
      return Dictionary(
        uniqueKeysWithValues: zip(try #require(names, "\(row)"), try #require(scores, "\(row)")))
    }
    #expect(try said == Self.predicted(bench, files))
  }

  /// What a person sees, who chooses pictures and turns the camera on: nothing is asked of any network, and nothing complains.
  @Test(.enabled(if: Tool.hasProgram("chromium"), "there is no Chromium"), arguments: kinds)
  func pagesSayTheSameInABrowser(settings: [String], channels: Int) throws {
    let (bench, files) = try Self.bench(settings, channels: channels, images: 30)
    try bench.folder.write(Array("no picture".utf8), to: "text.png")
    let outcome = try Tool.shell(
      "exec node '\(Self.scripts)/browser.mjs' '\(bench.folder.path("page.html"))' "
        + (files + [bench.folder.path("text.png")]).map { "'\($0)'" }.joined(separator: " ") + " --camera")
    expectSuccess(outcome)
    let seen = try jsonObject(outcome.output)
    #expect(seen["requests"] as? [String] == [] && seen["complaints"] as? [String] == [])
    #expect(seen["forbidden"] as? [String] == ["connect-src", "img-src"])
    #expect(seen["phoneWidth"] as? Int == 390)
    let answers = try #require(seen["answers"] as? [[String: Any]])
    try #require(answers.count == files.count + 2)
    let classes = try answers.map { try #require($0["classes"] as? [[String: Any]]) }
    #expect(try classes.prefix(files.count).map(Self.scores) == Self.predicted(bench, files))
    for (answer, classes) in zip(answers, classes).prefix(files.count) {
      let scores = try classes.map { try #require($0["score"] as? Int) }
      #expect(scores == scores.sorted(by: >) && answer["verdict"] as? String == classes[0]["name"] as? String)
    }
    #expect(
      (answers[files.count]["message"] as? String)?.contains("no picture that the browser can read") == true)
    #expect(answers[files.count + 1]["picture"] as? String == "the camera's picture")
  }

  @Test func whatIsThereIsKeptUnlessForced() throws {
    let bench = try Bench(TinyData(count: 60))
    expectNothingButWarnings(try Tool.run(bench.training("run")))
    try bench.folder.write(Array("mine".utf8), to: "page.html")
    expectFailure(try Self.export(bench), "page.html is there already", "--force")
    #expect(try bench.bytes("page.html") == Array("mine".utf8))
    expectSuccess(try Self.export(bench, ["--force"]))
    let page = try bench.bytes("page.html")
    #expect(page.starts(with: Array("<!DOCTYPE html>".utf8)))
    // A page that cannot be written whole leaves the one that was there.
    let script = "ulimit -f 8; \"$TALLY\" export run --format web --out page.html --force"
    let outcome = try Tool.shell("cd '\(bench.folder.url.path)' && \(script)")
    expectFailure(outcome, "page.html")
    #expect(try bench.bytes("page.html") == page)
    #expect(bench.files(".").allSatisfy { !$0.contains(".tmp") })
  }

  @Test func badUsageIsSaid() throws {
    let bench = try Bench(TinyData(count: 60))
    expectNothingButWarnings(try Tool.run(bench.training("run")))
    for option in [
      ["--name", "net"], ["--report"], ["--json"], ["--max-flash", "9"], ["--max-ram", "9"],
    ] {
      expectFailure(try Self.export(bench, option), code: 2, option[0], "--format c")
    }
    let run = bench.folder.path("run")
    expectFailure(try Tool.run(["export", run, "--format", "web"]), code: 2, "--out")
    expectFailure(try Tool.run(["export", run, "--format", "web", "--out", run]), "is a folder")
    expectFailure(
      try Tool.run(["export", run, "--format", "web", "--out", "/proc/nowhere/page.html"]), "/proc/nowhere")
    var model = try Model.read(path: "\(run)/model.tally")
    model.network.layers[0].head?.bias[0] = 1 << 53
    try model.write(to: bench.folder.path("large.tally"))
    expectFailure(
      try Tool.run([
        "export", bench.folder.path("large.tally"), "--format", "web", "--out",
        bench.folder.path("page.html"),
      ]), "large.tally", "2^53", "--format c")
    #expect(!bench.has("page.html"))
  }
}
