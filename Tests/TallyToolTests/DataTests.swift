// `tally data`: its text and its JSON, the line of a training, the section of its report.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct DataTests {
  private let bench: Bench
  init() throws { bench = try Bench() }

  @Test func aFolderInWordsAndAsJSON() throws {
    try bench.writePhotos(["down": 40, "right": 12])
    try FileManager.default.copyItem(
      atPath: bench.folder.path("photos/down/003.png"), toPath: bench.folder.path("photos/right/twin.png"))
    try bench.folder.write([1, 2, 3], to: "photos/down/none.png")
    let photos = bench.folder.path("photos")
    let outcome = try Tool.run(["data", photos])
    #expect(outcome.code == 0, "\(outcome)")
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    // Reasons name whole paths, which nobody cuts.
    #expect(lines.filter { !$0.contains(photos) }.allSatisfy { $0.count <= 80 })
    for words in [
      "photos: 53 images in 2 classes", "down ", "right ", "down/000.png", "model sees  24x24, grey",
      "uneven: 12 images of \"right\"", "unreadable  1 of 54", "none.png", "1 exact copy",
      "1 picture has several classes", "the same:", "right/twin.png",
    ] {
      #expect(outcome.output.contains(words), "no \"\(words)\" in: \(outcome.output)")
    }
    let json = try jsonObject(try Tool.run(["data", photos, "--json"]).output)
    #expect(json["images"] as? Int == 53 && json["exactDuplicates"] as? Int == 1)
    let group = try #require((json["duplicates"] as? [[String: Any]])?.first)
    let images = try #require(group["images"] as? [[String: Any]])
    #expect(group["exact"] as? Bool == true)
    #expect(images.map { $0["class"] as? String } == ["down", "right"])
    #expect(images[0]["path"] as? String == photos + "/down/003.png")
    #expect((json["unreadable"] as? [[String: Any]])?.count == 1)
    expectFailure(try Tool.run(["data", photos, "--strict"]), "1 of 54 images", "--strict", "none.png")
    // Nothing is written, and the same with more threads.
    #expect(bench.files("photos").count == 56)
    #expect(try Tool.run(["data", photos, "--threads", "3"]).output == outcome.output)
  }

  @Test func arrays() throws {
    let outcome = try Tool.run(["data", bench.data])
    expectSuccess(outcome)
    for words in ["126 images in 3 classes", "training", "test", "duplicates  none", "16x16, grey"] {
      #expect(outcome.output.contains(words), "no \"\(words)\" in: \(outcome.output)")
    }
  }

  @Test func whatIsMissingIsNamed() throws {
    expectFailure(try Tool.run(["data", bench.folder.path("nothing")]), "no such folder")
    expectFailure(try Tool.run(["data", ""]), code: 2, "the path is empty")
    expectFailure(try Tool.run(["data", bench.data, "--size", "2"]), code: 2, "--size")
  }

  @Test func aTrainingSaysItAndItsReportShowsIt() throws {
    try bench.writePhotos(["down": 30, "right": 30])
    try FileManager.default.copyItem(
      atPath: bench.folder.path("photos/down/003.png"), toPath: bench.folder.path("photos/right/twin.png"))
    let (photos, run) = (bench.folder.path("photos"), bench.folder.path("run"))
    let outcome = try Tool.run([
      "train", "--data", photos, "--plan", bench.plan, "--out", run, "--test", "0", "--size", "16",
    ])
    #expect(outcome.code == 0, "\(outcome)")
    #expect(outcome.output.contains("duplicates: 1 exact copy, 1 with several classes (tally data)"))
    let logged = try #require(try logLines(bench, "run").first { $0["event"] as? String == "data" })
    #expect(logged["survey"] is [String: Any])
    func page() throws -> String { String(decoding: try bench.bytes("run/report.html"), as: UTF8.self) }
    let first = try page()
    #expect(first.contains("<section id=\"data\">") && first.contains("twin.png"))
    // It stays when the report is written again.
    expectSuccess(try Tool.run(["report", run, "--part", "train"]))
    #expect(try page().contains("twin.png"))
  }
}
