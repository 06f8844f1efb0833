// What newcomers do in their first half hour: wrong order, wrong folders, the same question twice.

import Foundation
import Testing
import _TestSupport

@testable import TallyTool

@Suite struct NewcomerTests {
  private let bench: Bench

  init() throws { bench = try Bench() }

  private var run: String { bench.folder.path("run") }
  private var photos: String { bench.folder.path("photos") }

  private func train(_ data: String, _ more: [String] = []) throws -> Outcome {
    try Tool.run(["train", "--data", data, "--plan", bench.plan, "--out", run, "--force", "--quiet"] + more)
  }

  @Test func aPictureInPlaceOfTheModel() throws {
    try bench.writePhotos(["down": 2, "right": 2])
    expectSilence(try train(bench.data))
    let photo = photos + "/down/000.png"
    for command in [["predict", photo, run], ["explain", photo, run], ["evaluate", photo]] {
      expectFailure(try Tool.run(command), code: 2, photo, "a picture", "run folder or model file first")
    }
  }

  @Test func picturesWithoutClassFolders() throws {
    try bench.writePhotos(["down": 3])
    let folder = photos + "/down"
    for command in [["train", "--out", run, "--data"], ["data"]] {
      let outcome = try Tool.run(command + [folder])
      #expect(outcome.code == 1 && outcome.errors.contains("3 pictures, but no class folders"))
      #expect(outcome.errors.contains("tally predict RUN \(folder)") && !outcome.errors.contains("IDX"))
    }
    try FileManager.default.removeItem(atPath: folder + "/000.png")
    try FileManager.default.removeItem(atPath: folder + "/001.png")
    expectFailure(try Tool.run(["data", folder]), "1 picture, but")
  }

  @Test func theValidationImagesAreThoseOfTheTraining() throws {
    for limit in [[], ["--limit", "60"]] {
      expectSilence(try train(bench.data, limit))
      let last = try #require(try logLines(bench, "run").last { $0["event"] as? String == "layer" })
      let outcome = try Tool.run(["evaluate", run, "--part", "validation", "--json"])
      expectSuccess(outcome)
      let judged = try jsonObject(outcome.output)
      #expect(judged["images"] as? Int == last["images"] as? Int && judged["part"] as? String == "validation")
      #expect(judged["accuracy"] as? Double == last["accuracySum"] as? Double)
    }
    let text = try Tool.run(["evaluate", run, "--part", "validation"])
    #expect(text.output.contains(" 6 validation images, "), "\(text)")
    expectSuccess(try Tool.run(["predict", run, "--part", "validation", "--index", "0"]))
    expectSuccess(try Tool.run(["report", run, "--part", "validation"]))
    expectFailure(
      try Tool.run(["evaluate", run, "--part", "validation", "--data", bench.data]), code: 2,
      "leave out --data")
    expectNothingButWarnings(try train(bench.data, ["--validation", "0"]))
    expectFailure(try Tool.run(["evaluate", run, "--part", "validation"]), code: 2, "--validation 0")
  }

  @Test func aSetsOwnValidationPartIsTaken() throws {
    try bench.writePhotos(["down": 20, "right": 20], in: "photos/train")
    try bench.writePhotos(["down": 4, "right": 3], in: "photos/val")
    try bench.writePhotos(["down": 2, "right": 2], in: "photos/test")
    expectNothingButWarnings(try train(photos))
    for data in [[], ["--data", photos]] {
      let outcome = try Tool.run(["evaluate", run, "--part", "validation", "--json"] + data)
      expectSuccess(outcome)
      #expect(try jsonObject(outcome.output)["images"] as? Int == 7)
    }
  }

  @Test func whatIsLeftOutIsSaidOnce() throws {
    try bench.writePhotos(["down": 30, "right": 30])
    try bench.folder.write([1], to: "photos/down/1.heic")
    let outcome = try train(photos)
    #expect(outcome.errors.contains("1 HEIC file in down/"))
    for more in [[], ["--data", photos], ["--part", "train"], ["--part", "validation"]] {
      expectSuccessWithoutErrors(try Tool.run(["evaluate", run] + more))
    }
    // Of a folder that is not the training's it is news.
    try bench.writePhotos(["down": 9, "right": 9], in: "others")
    try bench.folder.write([1], to: "others/right/1.heic")
    let other = try Tool.run(["evaluate", run, "--data", bench.folder.path("others")])
    #expect(other.code == 0 && other.errors.contains("1 HEIC file in right/"))
  }

  private func expectSuccessWithoutErrors(_ outcome: Outcome, _ location: SourceLocation = #_sourceLocation) {
    let lines = outcome.errors.split(separator: "\n").filter { !$0.hasPrefix("note: ") }
    #expect(outcome.code == 0 && lines.isEmpty, "\(outcome)", sourceLocation: location)
  }

  @Test func imagesThatMayBeLearnedAreNotCalledTestImages() throws {
    try bench.writePhotos(["down": 30, "right": 30])
    expectNothingButWarnings(try train(photos))
    #expect(try Tool.run(["evaluate", run]).output.contains(" of 6 test images, "))
    let grown = bench.folder.path("grown")
    try FileManager.default.copyItem(atPath: photos, toPath: grown)
    try FileManager.default.copyItem(atPath: grown + "/down/001.png", toPath: grown + "/down/new.png")
    let outcome = try Tool.run(["evaluate", run, "--data", grown])
    #expect(outcome.errors.contains("including any training images"))
    #expect(outcome.output.contains(" of 61 images, ") && !outcome.output.contains("test images"))
  }

  @Test func aFinishedTrainingKeepsItsTime() throws {
    expectSilence(try train(bench.data))
    // As if its first event had been ten hours earlier.
    var lines = String(decoding: try bench.bytes("run/log.jsonl"), as: UTF8.self).split(separator: "\n").map(
      String.init)
    let start = try #require(try logLines(bench, "run").first?["time"] as? Double)
    let first = try #require(lines[0].range(of: "\"time\":[0-9.e+]+", options: .regularExpression))
    lines[0].replaceSubrange(first, with: "\"time\":\(start - 36_000)")
    try bench.folder.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "run/log.jsonl")
    let again = try Tool.run(["train", "--resume", run])
    #expect(
      again.output.contains("already finished") && again.output.contains("trained in 10:0"), "\(again)")
  }

  @Test func timeIsMeasured() throws {
    expectSilence(try train(bench.data))
    let times = try logLines(bench, "run").compactMap { $0["cpuSeconds"] as? Double }
    #expect(try times.count == logLines(bench, "run").count && times == times.sorted() && times[0] > 0)
    let plain = try jsonObject(try Tool.run(["evaluate", run, "--json"]).output)
    #expect(plain["oneImageMicroseconds"] == nil && plain["words"] == nil)
    let timed = try jsonObject(try Tool.run(["evaluate", run, "--json", "--latency"]).output)
    #expect(try #require(timed["oneImageMicroseconds"] as? Double) > 0)
    #expect(
      try Tool.run(["evaluate", run, "--latency"]).output.contains("one image at a time, one thread: "))
  }

  @Test func habitsFromElsewhere() throws {
    expectFailure(try Tool.run(["train", bench.data]), code: 2, "data are named with --data")
    expectFailure(
      try Tool.run(["train", "--data", bench.data, "--epochs", "5"]), code: 2, "--epochs", "head.passes=5")
    for command in [["data"], ["train", "--data"]] {
      expectFailure(try Tool.run(command + ["https://example.com/photos.zip"]), code: 2, "an address; fetch")
    }
    expectFailure(try Tool.run(["report", bench.data]), "no training was begun in \(bench.data)")
  }

  @Test func bytesMayHaveUnits() throws {
    for (text, bytes) in [
      ("98304", 98_304), ("100k", 100_000), ("96KiB", 98_304), ("2M", 2_000_000), ("1mib", 1 << 20),
      ("7B", 7),
    ] {
      #expect(ByteCount(argument: text)?.bytes == bytes)
    }
    for text in [
      "", "0", "k", "-1", "1.5k", "10 k", "1g", "99999999999999999999", "9223372036854775807k", "１k",
    ] {
      #expect(ByteCount(argument: text) == nil, "\(text)")
    }
  }
}
