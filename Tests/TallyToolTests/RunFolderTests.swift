// Run folders: whose they are, what stays in them, and what is refused.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct RunFolderTests {
  /// Arguments that train into `out` quietly, if nothing is in the way.
  private func training(_ bench: Bench, _ out: String, seed: Int = 1) -> [String] {
    bench.training(out, seed: seed).filter { $0 != "--force" }
  }

  @Test(arguments: [
    ["train", "--out"], ["train", "--data"], ["train", "--plan"], ["train", "--resume"],
    ["train", "--python"],
    ["train", "--worker"], ["shard", "--data"], ["shard", "--out"], ["worker", "--data"], ["report"],
    ["report", "run", "--data"], ["plans"], ["inspect"], ["inspect", "m", "--data"], ["evaluate"],
    ["evaluate", "m", "--data"], ["predict"], ["predict", "m", "a.png"], ["predict", "m", "--data"],
    ["explain"],
    ["explain", "m"], ["explain", "m", "--data"], ["explain", "m", "a.png", "--out"],
  ])
  func anEmptyPathIsRefused(words: [String]) throws {
    expectFailure(try Tool.run(words + [""]), code: 2, "the path is empty", "tally \(words[0]) --help")
  }

  @Test func oneEmptyPathOfTwoIsRefused() throws {
    for data in [",", "images,", ",labels"] {
      expectFailure(
        try Tool.run(["evaluate", "m", "--data", data]), code: 2, "'\(data)'", "the path is empty")
    }
  }

  @Test func aFinishedTrainingIsNotReplacedUnasked() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(training(bench, "run")))
    let before = try bench.files("run").map { bench.has("run/\($0)/.") ? [] : try bench.bytes("run/\($0)") }
    let outcome = try Tool.run(training(bench, "run", seed: 2))
    expectFailure(outcome, "holds a finished training", "run/model.tally", "--force", "another --out")
    let after = try bench.files("run").map { bench.has("run/\($0)/.") ? [] : try bench.bytes("run/\($0)") }
    #expect(before == after)
  }

  @Test func resultsStayUntilTheNewOnesAreComplete() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(training(bench, "new", seed: 2)))
    expectSilence(try Tool.run(training(bench, "run")))
    let names = ["model.tally", "report.html", "log.jsonl"]
    let old = try names.map { try bench.bytes("run/\($0)") }
    let forced = training(bench, "run", seed: 2) + ["--force"]
    let stopped = try Tool.run(
      forced, ["TALLY_CHECKPOINT_SECONDS": "0", "TALLY_TEST_SIGNAL": "INT round 8"])
    #expect(stopped.code == 130 && stopped.errors.contains("continue with"))
    #expect(try names.map { try bench.bytes("run/\($0)") } == old)
    expectFailure(
      try Tool.run(training(bench, "run", seed: 3)), "a finished training and an unfinished one", "--resume")
    expectFailure(
      try Tool.run(["report", bench.folder.path("run"), "--data", bench.data]), "of an earlier training",
      "--resume")
    let resume = ["train", "--resume", bench.folder.path("run"), "--quiet"]
    #expect(try Tool.run(resume, ["TALLY_TEST_SIGNAL": "KILL model 1"]).code == 128 + SIGKILL)
    #expect(try names.map { try bench.bytes("run/\($0)") } == old)
    expectSilence(try Tool.run(resume))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("new/model.tally"))
    #expect(try bench.bytes("run/report.html") != old[1])
    let events = try logLines(bench, "run").compactMap { $0["event"] as? String }
    #expect(events.first == "started" && events.last == "finished" && events.contains("stopped"))
    #expect(bench.files("run/checkpoint") == ["origin.json", "state.tally"])
    expectSuccess(try Tool.run(["report", bench.folder.path("run"), "--data", bench.data]))
  }

  @Test func anUnfinishedTrainingIsNotReplacedUnasked() throws {
    let bench = try Bench()
    #expect(try Tool.run(training(bench, "run"), ["TALLY_TEST_SIGNAL": "INT round 3"]).code == 130)
    let state = try bench.bytes("run/checkpoint/state.tally")
    let outcome = try Tool.run(training(bench, "run"))
    expectFailure(outcome, "holds an unfinished training", "tally train --resume", "--force")
    #expect(try bench.bytes("run/checkpoint/state.tally") == state)
    expectSilence(try Tool.run(training(bench, "run", seed: 2) + ["--force"]))
    expectSilence(try Tool.run(training(bench, "new", seed: 2)))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("new/model.tally"))
    #expect(try logLines(bench, "run").count == logLines(bench, "new").count)
  }

  /// A training that ended before its first checkpoint has nothing to lose.
  @Test func whatWasOnlyBegunMayBeBegunAgain() throws {
    let bench = try Bench()
    #expect(try Tool.run(training(bench, "run"), ["TALLY_TEST_SIGNAL": "KILL round 1"]).code == 128 + SIGKILL)
    #expect(bench.has("run/checkpoint/origin.json"))
    expectSilence(try Tool.run(training(bench, "run")))
  }

  @Test func filesOfOthersStay() throws {
    let bench = try Bench()
    for name in ["letter.txt", "checkpoint.bak", ".tally-notes"] {
      try FileManager.default.createDirectory(
        atPath: bench.folder.path("home"), withIntermediateDirectories: true)
      try bench.folder.write([1, 2, 3], to: "home/\(name)")
    }
    try bench.folder.write([4, 5], to: "home/log.jsonl")
    expectFailure(try Tool.run(training(bench, "home")), "home/log.jsonl is there already", "--force")
    #expect(try bench.bytes("home/log.jsonl") == [4, 5] && !bench.has("home/checkpoint"))
    try FileManager.default.removeItem(atPath: bench.folder.path("home/log.jsonl"))
    expectSilence(try Tool.run(training(bench, "home")))
    expectSilence(try Tool.run(training(bench, "home") + ["--force"]))
    for name in ["letter.txt", "checkpoint.bak", ".tally-notes"] {
      #expect(try bench.bytes("home/\(name)") == [1, 2, 3])
    }
  }

  @Test func oneProcessAFolder() throws {
    let bench = try Bench()
    try Tool.run(training(bench, "whole"))
    let owner = try RunningProcess(Tool.path, training(bench, "run"), ["TALLY_TEST_SIGNAL": "STOP round 2"])
    // It has the folder before it has read any image.
    for _ in 0..<100_000 where !bench.has("run/checkpoint/origin.json") { usleep(10_000) }
    let run = bench.folder.path("run")
    for arguments in [
      training(bench, "run", seed: 2), training(bench, "run", seed: 2) + ["--force"],
      ["train", "--resume", run, "--quiet"], ["report", run, "--data", bench.data],
      ["shard", "--data", bench.data, "--shards", "2", "--out", run, "--quiet"],
    ] {
      expectFailure(
        try Tool.run(arguments), "is in use by process \(owner.pid) on", " since 2", "(tally train --data",
        "wait for its end")
    }
    kill(owner.pid, SIGKILL)
    #expect(try owner.wait().code == 128 + SIGKILL)
    #expect(bench.has("run/.tally-lock"))
    expectSilence(try Tool.run(["train", "--resume", run, "--quiet"]))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("whole/model.tally"))
    #expect(!bench.has("run/.tally-lock"))
  }

  @Test func aFailureLeavesNoFolderBehind() throws {
    let bench = try Bench()
    let outcome = try Tool.run([
      "train", "--data", bench.folder.path("none"), "--out", bench.folder.path("a/b"),
    ])
    expectFailure(outcome, "no such folder")
    #expect(!bench.has("a"))
  }

  @Test func changedOriginsAreRefused() throws {
    let bench = try Bench()
    #expect(try Tool.run(training(bench, "run"), ["TALLY_TEST_SIGNAL": "KILL round 1"]).code == 128 + SIGKILL)
    let name = "run/checkpoint/origin.json"
    let (origin, resume) = (
      try bench.bytes(name), ["train", "--resume", bench.folder.path("run"), "--quiet"]
    )
    let text = String(decoding: origin, as: UTF8.self)
    for (key, value) in [("\"seed\" : 1", "\"seed\" : 3"), ("\"checksum\"", "\"checksun\"")] {
      let changed = text.replacingOccurrences(of: key, with: value)
      #expect(changed != text)
      try bench.folder.write(Array(changed.utf8), to: name)
      expectFailure(try Tool.run(resume), "origin.json is damaged", "--force")
    }
    try bench.folder.write(origin, to: name)
    // Nothing has been learned, but it was begun with other images.
    let images = try bench.bytes("data/train-images-idx3-ubyte")
    try bench.folder.write(
      images.dropLast() + [images[images.count - 1] ^ 1], to: "data/train-images-idx3-ubyte")
    expectFailure(try Tool.run(resume), "not the training data that", "--force")
    try bench.folder.write(images, to: "data/train-images-idx3-ubyte")
    expectSilence(try Tool.run(resume))
  }

  @Test func recordedProgramsAreNotStartedUnasked() throws {
    let bench = try Bench()
    try bench.shard()
    let begun = bench.trainingOnShards("run", engine: ["--engine", "process"])
    #expect(try Tool.run(begun, ["TALLY_TEST_SIGNAL": "INT round 3"]).code == 130)
    let trap = try bench.folder.write(Array("#!/bin/sh\ntouch \"$0.started\"\n".utf8), to: "python")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: trap)
    var object = try jsonObject(
      String(decoding: try bench.bytes("run/checkpoint/origin.json"), as: UTF8.self))
    for key in ["run", "checksum"] { object[key] = nil }
    object["engine"] = [
      "engine": "spark", "master": "local[1]", "workerThreads": 1, "configuration": ["a=b"], "python": trap,
    ]
    let bytes = try JSONSerialization.data(withJSONObject: object)
    try bench.folder.write([UInt8](bytes), to: "run/checkpoint/origin.json")
    let resume = ["train", "--resume", bench.folder.path("run"), "--quiet"]
    expectFailure(try Tool.run(resume), "origin.json", "engine.python \(trap)", "a=b", "--trust", "--engine")
    #expect(!bench.has("python.started"))
    #expect(try Tool.run(resume + ["--trust"]).code == 1 && bench.has("python.started"))
    expectSilence(try Tool.run(resume + ["--engine", "local"]))
    expectFailure(try Tool.run(training(bench, "other") + ["--trust"]), code: 2, "--trust is for --resume")
  }

  @Test func limitsOnFileSizesAreNamed() throws {
    let bench = try Bench()
    try Tool.run(training(bench, "whole"))
    var resumed = 0
    for blocks in [1, 2, 4, 8, 16, 32, 64] {
      try? FileManager.default.removeItem(atPath: bench.folder.path("run"))
      let arguments = training(bench, "run").map { "'\($0)'" }.joined(separator: " ")
      let limited = try Tool.shell("ulimit -f \(blocks); exec \"$TALLY\" \(arguments)")
      if limited.code == 0 { continue }
      expectFailure(limited, "File too large", "ulimit -f")
      #expect(!bench.files("run").contains { $0.hasSuffix(".tmp") })
      guard bench.has("run/checkpoint/origin.json") else { continue }
      #expect(limited.errors.contains("tally train --resume"), "\(limited)")
      expectSilence(try Tool.run(["train", "--resume", bench.folder.path("run"), "--quiet"]))
      #expect(try bench.bytes("run/model.tally") == bench.bytes("whole/model.tally"))
      resumed += 1
    }
    #expect(resumed > 0)
  }

  @Test func aMissingFolderForTemporaryFilesIsNamed() throws {
    let bench = try Bench()
    let outcome = try Tool.run(
      training(bench, "run") + ["--set", "cacheMiB=0"], ["TMPDIR": bench.folder.path("none")])
    expectFailure(
      outcome,
      "cannot make a temporary file in \(bench.folder.path("none")): No such file or directory; set TMPDIR")
  }
}
