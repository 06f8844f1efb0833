// `--group`: whole groups on one side of every part, for folders and arrays, in training, resuming, shards and evaluation.

import BinaryNetworks
import Foundation
import ImageData
import LayerwiseTraining
import Testing
import _TestSupport

@Suite struct GroupTests {
  private let bench: Bench
  /// The first two digits of the three that a photo is named by.
  private let rule = #"/(\d\d)\d"#
  init() throws { bench = try Bench() }

  private func train(_ data: String, _ out: String, _ more: [String]) throws -> Outcome {
    try Tool.run(
      ["train", "--data", data, "--plan", bench.plan, "--out", bench.folder.path(out), "--threads", "1"]
        + more)
  }

  private func evaluate(_ run: String, _ data: String) throws -> Outcome {
    try Tool.run(["evaluate", bench.folder.path("\(run)/model.tally"), "--data", data])
  }

  private func summary(_ run: String) throws -> TrainingSummary {
    try #require(TrainingSummary(json: try Model.read(path: bench.folder.path("\(run)/model.tally")).summary))
  }

  /// A pair of arrays and the groups of every five images.
  private func arrays() throws -> (data: String, groups: String, set: TinyData) {
    let set = TinyData(count: 240)
    let x = try bench.folder.write(npy("|u1", [240, set.height, set.width], set.pixels), to: "x.npy")
    let y = try bench.folder.write(npyLabels(set.labels.map { Int($0) }), to: "y.npy")
    let g = try bench.folder.write(npyLabels((0..<240).map { $0 / 5 - 3 }), to: "g.npy")
    return ("\(x),\(y)", g, set)
  }

  @Test func foldersAreDividedByGroupAndFoundAgain() throws {
    try bench.writePhotos(["down": 60, "right": 60, "slant": 60])
    let photos = bench.folder.path("photos")
    let outcome = try train(photos, "run", ["--size", "16", "--group", rule])
    expectSuccess(outcome)
    for words in ["parts drawn by group: 6 groups of 180 images", "30 of its 180 images in whole groups"] {
      #expect(outcome.output.contains(words), "no \"\(words)\" in: \(outcome.output)")
    }
    #expect(outcome.output.contains("120 training and 30 validation images"))
    let groups = try #require(try summary("run").groups)
    #expect(groups.count == 6 && groups.rule == rule)
    #expect(try logLines(bench, "run").first?["groups"] as? Int == 6)
    let report = String(decoding: try bench.bytes("run/report.html"), as: UTF8.self)
    #expect(report.contains("parts drawn by group") && report.contains("6 groups"))
    let test = try evaluate("run", photos)
    expectSuccess(test)
    #expect(
      test.output.contains("of 30 test images") && test.output.contains("parts drawn by group: 6 groups"))
    // The same bytes with other threads, and from shards.
    expectSilence(try train(photos, "again", ["--size", "16", "--group", rule, "--quiet", "--threads", "3"]))
    #expect(try bench.bytes("again/model.tally") == bench.bytes("run/model.tally"))
    let shards = bench.folder.path("shards")
    expectSilence(
      try Tool.run([
        "shard", "--data", photos, "--size", "16", "--group", rule, "--shards", "1", "--out", shards,
        "--quiet",
      ]))
    expectSuccess(try train(shards, "sharded", []))
    #expect(try bench.bytes("sharded/model.tally") == bench.bytes("run/model.tally"))
    expectFailure(try train(shards, "no", ["--group", rule]), code: 2, "--group is for tally shard")
  }

  @Test func resumedTrainingsUseTheSameParts() throws {
    try bench.writePhotos(["down": 60, "right": 60])
    let options = ["--size", "16", "--group", rule, "--quiet"]
    expectSilence(try train(bench.folder.path("photos"), "whole", options))
    let run = bench.folder.path("run")
    try Tool.run(
      [
        "train", "--data", bench.folder.path("photos"), "--plan", bench.plan, "--out", run, "--threads", "1",
      ] + options, ["TALLY_TEST_SIGNAL": "KILL round 2"])
    #expect(!bench.has("run/model.tally"))
    expectSilence(try Tool.run(["train", "--resume", run, "--quiet"]))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("whole/model.tally"))
    expectFailure(try Tool.run(["train", "--resume", run, "--group", rule]), code: 2, "leave out --group")
    // Other names are other groups of the same images.
    let photo = bench.folder.path("photos/down/059.png")
    try FileManager.default.moveItem(atPath: photo, toPath: bench.folder.path("photos/down/0599.png"))
    expectSilence(try Tool.run(["train", "--resume", run, "--quiet"]))
    try FileManager.default.moveItem(
      atPath: bench.folder.path("photos/down/0599.png"), toPath: bench.folder.path("photos/down/990.png"))
    #expect(try Tool.run(["train", "--resume", run, "--quiet"]).code == 1)
  }

  @Test func arraysHaveGroupsInAFileOrInTheArchive() throws {
    let (data, groups, set) = try arrays()
    let outcome = try train(data, "run", ["--group", groups])
    expectSuccess(outcome)
    #expect(outcome.output.contains("parts drawn by group: 48 groups of 240 images (g.npy)"))
    #expect(try summary("run").groups?.rule == "g.npy")
    let test = try evaluate("run", data)
    expectSuccess(test)
    #expect(test.output.contains("parts drawn by group: 48 groups"))
    let archive = try bench.folder.write(
      zip([
        ("images.npy", npy("|u1", [240, set.height, set.width], set.pixels)),
        ("labels.npy", npyLabels(set.labels.map { Int($0) })),
        ("patient.npy", npyLabels((0..<240).map { $0 / 5 - 3 })),
      ]), to: "set.npz")
    expectSilence(try train(archive, "packed", ["--group", "patient", "--quiet"]))
    #expect(try summary("packed").groups?.digest == summary("run").groups?.digest)
    #expect(try summary("packed").groups?.rule == "patient")
    expectSuccess(try evaluate("packed", archive))
    expectFailure(
      try train(archive, "no", ["--group", "track", "--quiet"]), code: 2, "no array \"track\"", "patient")
    // Without the groups that drew it, the test part cannot be found again.
    try FileManager.default.removeItem(atPath: groups)
    expectFailure(try evaluate("run", data), code: 2, "g.npy is not there")
    try bench.folder.write(npyLabels(Array(0..<240)), to: "g.npy")
    expectFailure(try evaluate("run", data), code: 2, "are others")
  }

  @Test func wrongUseIsOneLine() throws {
    try bench.writePhotos(["a": 20, "b": 20])
    let photos = bench.folder.path("photos")
    for (rule, words) in [
      ("(", "is not a regular expression"), ("", "--group"), ("xyz", "matches none of 40 files"),
      ("png", "no group can be held out for testing"),
    ] {
      expectFailure(try train(photos, "no", ["--group=\(rule)", "--quiet"]), code: 2, words)
    }
    expectFailure(
      try train(photos, "no", ["--group", "/\\d\\d(\\d)", "--test", "0", "--validation", "0", "--quiet"]),
      code: 2,
      "no part of photos is drawn")
    let (data, _, _) = try arrays()
    expectFailure(
      try train(data, "no", ["--group", "track", "--quiet"]), code: 2, "no such file", "regular expression")
    let short = try bench.folder.write(npyLabels([1, 2, 3]), to: "short.npy")
    expectFailure(try train(data, "no", ["--group", short, "--quiet"]), code: 2, "3 images", "240")
    #expect(!bench.has("no"))
  }
}
