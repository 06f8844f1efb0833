// `tally predict` and `tally explain` on image files: the same scores as on the set they come from, and broken ones named.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct PredictFilesTests {
  /// A trained model, and the first images of its test set as PNG files in `photos/`.
  private let bench: Bench
  private let set: TinyData
  private let names = ["a.png", "b, \"2\".PNG", "c.png"]
  private var model: String { bench.folder.path("run/model.tally") }
  private var photos: [String] { names.map { bench.folder.path("photos/" + $0) } }

  init() throws {
    var set = TinyData()
    (set.count, set.seed) = (3, 77)
    self.set = set
    bench = try Bench()
    try Tool.run(bench.training("run"))
    try FileManager.default.createDirectory(
      atPath: bench.folder.path("photos"), withIntermediateDirectories: true)
    let size = set.width * set.height
    for (i, path) in photos.enumerated() {
      let rows = (0..<set.height).map { y -> [UInt8] in
        let start = i * size + y * set.width
        return Array(set.pixels[start..<start + set.width])
      }
      try AtomicFile.write(png(width: set.width, height: set.height, colourType: 0, rows: rows), to: path)
    }
    try AtomicFile.write(set.imageFile, to: bench.folder.path("photos.idx"))
    try AtomicFile.write(set.labelFile, to: bench.folder.path("photos.labels"))
  }

  /// What the tool says of the same pixels in IDX files.
  private func expected() throws -> [[String: Any]] {
    let data = bench.folder.path("photos.idx") + "," + bench.folder.path("photos.labels")
    return try jsonArray(try Tool.run(["predict", model, "--data", data, "--top", "3", "--json"]).output)
  }

  private func scores(_ row: [String: Any]) -> [Int] {
    (row["classes"] as? [[String: Any]] ?? []).compactMap { $0["score"] as? Int }
  }

  @Test func filesAndFoldersHaveTheScoresOfTheSet() throws {
    let expected = try expected()
    for arguments in [photos, [bench.folder.path("photos")]] {
      for threads in ["1", "3"] {
        let outcome = try Tool.run(
          ["predict", model, "--top", "3", "--json", "--threads", threads] + arguments)
        expectSuccess(outcome)
        let rows = try jsonArray(outcome.output)
        #expect(rows.compactMap { $0["path"] as? String } == photos)
        #expect(rows.map(scores) == expected.map(scores) && rows.map { scores($0).count } == [3, 3, 3])
      }
    }
  }

  @Test func linesDoNotDependOnThreads() throws {
    // More files than are predicted together with one thread, the longest name last.
    let paths = Array(repeating: photos[0], count: 20) + [photos[1]]
    let one = try Tool.run(["predict", model, "--threads", "1"] + paths)
    expectSuccess(one)
    #expect(try Tool.run(["predict", model, "--threads", "3"] + paths).output == one.output)
  }

  @Test func pathsOnTheStandardInputAsCommaSeparatedValues() throws {
    let expected = try expected()
    let outcome = try Tool.shell(
      "printf '%s\\n\\n%s\\r\\n%s' '\(photos[0])' '\(photos[1])' '\(photos[2])' | $TALLY predict '\(model)' - --csv"
    )
    expectSuccess(outcome)
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 4 && lines[0] == "image,label,class,score,share")
    for (i, line) in lines.dropFirst().enumerated() {
      let best = try #require((expected[i]["classes"] as? [[String: Any]])?.first)
      let name = i == 1 ? "\"" + photos[1].replacing("\"", with: "\"\"") + "\"" : photos[i]
      let share = String(format: "%.6f", try #require(best["share"] as? Double))
      #expect(line == "\(name),,\(best["name"] ?? ""),\(best["score"] ?? ""),\(share)")
    }
  }

  @Test func anyNameComesThrough() throws {
    // A line break, quotes and commas with a mark behind them, an escape sequence, bytes that are not UTF-8.
    let odd = #"'new\nline.png' 'comma,\314\201x.png' 'cr\rx.png' 'red\033[31m.png' 'caf\351.png'"#
    let made = try Tool.shell(
      "cd '\(bench.folder.path("photos"))' && mkdir ../odd && for name in \(odd); do cp c.png \"../odd/$(printf \"$name\")\"; done"
    )
    try #require(made.code == 0, "\(made.errors)")
    let list = "cd '\(bench.folder.path("odd"))' && find . -type f -print0 | sort -z"
    let table = try Tool.shell("\(list) | $TALLY predict '\(model)' - --csv | od -An -v -tx1 | tr -d ' \\n'")
    expectSuccess(table)
    for field in [
      "22 2e2f 6e65770a6c696e65 2e706e67 22 2c2c", "22 2e2f 636f6d6d61 2c cc81 78 2e706e67 22 2c2c",
      "22 2e2f 63720d78 2e706e67 22 2c2c", "0a 2e2f 7265641b5b33316d 2e706e67 2c2c",
      "0a 2e2f 636166e9 2e706e67 2c2c",
    ] {
      #expect(table.output.contains(field.replacing(" ", with: "")), "\(field)")
    }
    let lines = try Tool.shell("\(list) | $TALLY predict '\(model)' - --null")
    expectSuccess(lines)
    let shown = lines.output.split(separator: "\n").map {
      $0.prefix { $0 != "\t" }.trimmingCharacters(in: .whitespaces)
    }
    #expect(
      Set(shown) == [
        #"./new\nline.png"#, "./comma,\u{301}x.png", #"./cr\rx.png"#, #"./red\e[31m.png"#, #"./caf\xE9.png"#,
      ])
    let rows = try jsonArray(try Tool.shell("\(list) | $TALLY predict '\(model)' - --json").output)
    #expect(rows.count == 5 && rows.allSatisfy { $0["error"] == nil })
    let bytes = Data("./caf".utf8) + [0xE9] + Data(".png".utf8)
    #expect(rows.compactMap { $0["pathBytes"] as? String } == [bytes.base64EncodedString()])
    let failed = try Tool.shell(
      #"$TALLY predict "$MODEL" "$(printf 'no\033[31m\351.png')""#, ["MODEL": model])
    expectFailure(failed, #"no\e[31m\xE9.png"#)
  }

  @Test func brokenFilesAreNamedAndTheRestGoesOn() throws {
    let broken = bench.folder.path("photos/b0.png")
    try AtomicFile.write(Array(try readFile(photos[0], limit: 1 << 20).dropLast(20)), to: broken)
    let outcome = try Tool.run(["predict", model, photos[0], broken, "/none.jpg", photos[2]])
    #expect(outcome.code == 1)
    #expect(outcome.output.split(separator: "\n").count == 2)
    let errors = outcome.errors.split(separator: "\n")
    #expect(errors.count == 2 && errors.allSatisfy { $0.hasPrefix("error: ") })
    #expect(errors[0].contains(broken) && errors[1].contains("/none.jpg"))
    let rows = try jsonArray(try Tool.run(["predict", model, photos[0], broken, "--json"]).output)
    #expect(rows.count == 2 && rows[1]["error"] is String && rows[1]["classes"] == nil)
  }

  @Test func wrongUsageIsOneLine() throws {
    let empty = bench.folder.path("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    expectFailure(try Tool.run(["predict", model, empty]), "empty: no PNG, JPEG or WebP")
    let above = bench.folder.path("empty/..")
    let outcome = try Tool.run(["predict", model, above])
    expectFailure(outcome, "no PNG, JPEG or WebP", "name its sub-folders", "--data")
    expectFailure(try Tool.run(["predict", model]), code: 2, "name image files, or a set")
    expectFailure(try Tool.run(["predict", model, "a.png", "--data", "x"]), code: 2, "not both")
    expectFailure(try Tool.run(["predict", model, "a.png", "--index", "1"]), code: 2, "--data")
    expectFailure(
      try Tool.run(["predict", model, "-", "a.png"]), code: 2, "- cannot be combined with other paths")
    expectFailure(try Tool.run(["predict", model, "a.png", "--json", "--csv"]), code: 2, "choose one")
    expectFailure(try Tool.run(["explain", model, "a.png", "--data", "x"]), code: 2, "not both")
    expectFailure(try Tool.run(["explain", model, "/none.png"]), "/none.png")
  }

  @Test func explainsAFile() throws {
    let outcome = try Tool.run([
      "explain", model, photos[1], "--json", "--out", bench.folder.path("why.html"),
    ])
    expectSuccess(outcome)
    let object = try jsonObject(outcome.output)
    let found = (object["scores"] as? [[String: Any]] ?? []).compactMap { $0["score"] as? Int }
    #expect(found == scores(try expected()[1]) && found.count == 3)
    #expect(bench.files("").contains("why.html"))
  }
}
