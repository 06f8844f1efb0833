// What the tool says of folders that hold more, or less, than images in class folders.

import Foundation
import Testing
import _TestSupport

@Suite struct FolderRuleTests {
  private let bench: Bench
  init() throws { bench = try Bench() }

  private func train(_ data: String, _ out: String = "run", _ more: [String] = []) throws -> Outcome {
    try Tool.run(
      [
        "train", "--data", bench.folder.path(data), "--plan", bench.plan, "--out", bench.folder.path(out),
        "--quiet",
      ]
        + more)
  }

  private func model(_ run: String) -> String { bench.folder.path("\(run)/model.tally") }

  /// A folder with what macOS, file servers and people leave in it.
  private func writeUntidyPhotos() throws {
    try bench.writePhotos(["down": 20, "right": 20], in: "photos/train")
    try bench.writePhotos(["down": 6, "right": 6], in: "photos/test")
    for place in ["photos", "photos/train", "photos/test", "photos/test/down"] {
      try bench.writePhotos(["@eaDir": 1, "__MACOSX": 1], in: place)
      for name in ["._000.png", ".DS_Store", "Thumbs.db"] {
        try bench.folder.write([0, 5, 22, 7], to: "\(place)/\(name)")
      }
    }
  }

  @Test func systemFilesArePassedOverAlike() throws {
    try writeUntidyPhotos()
    expectSilence(try train("photos"))
    let predicted = try Tool.run(["predict", model("run"), bench.folder.path("photos/test/down"), "--csv"])
    expectSuccess(predicted)
    #expect(predicted.output.split(separator: "\n").count == 7)
    let evaluated = try Tool.run(["evaluate", model("run"), "--data", bench.folder.path("photos"), "--json"])
    expectSuccess(evaluated)
    #expect(try jsonObject(evaluated.output)["images"] as? Int == 12)
  }

  @Test func whatIsLostIsSaidWhenQuiet() throws {
    try bench.writePhotos(["down": 20, "right": 20], in: "photos/train")
    try bench.writePhotos(["down": 6, "right": 6], in: "photos/test")
    let stray = try bench.bytes("photos/train/down/000.png")
    try bench.folder.write(stray, to: "photos/train/overview.png")
    try bench.folder.write([1], to: "photos/train/down/1.heic")
    try FileManager.default.createDirectory(
      atPath: bench.folder.path("photos/train/later"), withIntermediateDirectories: false)
    let outcome = try train("photos")
    #expect(outcome.code == 0 && outcome.output == "")
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix("warning: ") })
    for words in ["1 image beside the class folders", "1 HEIC file in down/", "make no class: later/"] {
      #expect(outcome.errors.contains(words), "no \"\(words)\" in: \(outcome.errors)")
    }
    // In a folder to predict, too.
    let folder = bench.folder.path("photos/train/down")
    let predicted = try Tool.run(["predict", model("run"), folder])
    #expect(predicted.code == 0 && predicted.output.split(separator: "\n").count == 20)
    #expect(predicted.errors == "warning: \(folder): skipped 1 HEIC file; convert them to PNG\n")
    try FileManager.default.createDirectory(
      atPath: bench.folder.path("gifs"), withIntermediateDirectories: false)
    try bench.folder.write([1], to: "gifs/1.gif")
    expectFailure(
      try Tool.run(["predict", model("run"), bench.folder.path("gifs")]), "convert its 1 GIF file to PNG")
  }

  @Test func namesThatNoClassCanHaveAreRefused() throws {
    try bench.writePhotos(["down": 20, "right\n\u{1b}[2J": 20])
    let outcome = try train("photos")
    expectFailure(outcome, #"right\n\e[2J" holds a control character"#)
    #expect(!bench.has("run"))
    for (text, words) in [
      (Array("one\ntwo\none\n".utf8), "line 1 and line 3"),
      ([0x63, 0xe9, 0x0a], #"line 1, "c\xE9", is not UTF-8"#),
    ] {
      try bench.folder.write(text, to: "data/classes.txt")
      expectFailure(try train("data"), "data/classes.txt", words)
      #expect(!bench.has("run"))
    }
    try bench.folder.write(Array("\u{feff}one\r\ntwo\r\nthree\r\n".utf8), to: "data/classes.txt")
    expectSilence(try train("data"))
    let answer = try Tool.run(["predict", model("run"), "--data", bench.data, "--index", "0", "--json"])
    #expect(answer.output.contains(#""one""#) && !answer.output.contains("\u{feff}"))
  }

  @Test func replacedPicturesAreSeen() throws {
    try bench.writePhotos(["down": 40, "right": 40])
    expectSilence(try train("photos"))
    let evaluation = ["evaluate", model("run"), "--data", bench.folder.path("photos"), "--json"]
    #expect(try jsonObject(try Tool.run(evaluation).output)["images"] as? Int == 8)
    // The same names, with the classes' pictures exchanged.
    for (from, to) in [("down", "x"), ("right", "down"), ("x", "right")] {
      try FileManager.default.moveItem(
        atPath: bench.folder.path("photos/\(from)"), toPath: bench.folder.path("photos/\(to)"))
    }
    let changed = try Tool.run(evaluation)
    #expect(changed.code == 0 && changed.errors.contains("other pictures"))
    #expect(try jsonObject(changed.output)["images"] as? Int == 80)
  }
}
