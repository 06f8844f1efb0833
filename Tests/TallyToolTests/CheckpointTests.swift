// Trainings that are killed or stopped at any point and gone on with: the model is that of an undisturbed one.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct CheckpointTests {
  /// Some sixty rounds in two layers, every kind of stage among them.
  private static let long = ["mergesPerPass=10", "layers.0.start=cluster", "layers.0.head.passes=1"]

  /// Runs a training with a checkpoint after every round and a signal where the hook in TestHook.swift puts it.
  private func run(_ arguments: [String], signal: String) throws -> Outcome {
    try Tool.run(arguments, ["TALLY_CHECKPOINT_SECONDS": "0", "TALLY_TEST_SIGNAL": signal])
  }

  private func resume(_ bench: Bench, _ run: String = "run") -> [String] {
    ["train", "--resume", bench.folder.path(run), "--quiet"]
  }

  /// A training that was stopped by Ctrl-C on its way.
  private func stopped(_ bench: Bench) throws -> Outcome {
    try run(bench.training("run", Self.long), signal: "INT round 12")
  }

  /// Killed again and again: before, in and after the writing of a checkpoint, in both layers, between model and report.
  @Test(arguments: [
    ["write 1", "checkpoint 1", "round 1", "write 6", "round 5", "checkpoint 4"],
    ["round 2", "checkpoint 9", "write 8", "write 2", "checkpoint 7", "round 9", "write 5"],
  ])
  func killsDoNotChangeTheModel(points: [String]) throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("whole", Self.long)))
    let model = try bench.bytes("whole/model.tally")
    var arguments = bench.training("run", Self.long)
    for (i, point) in points.enumerated() {
      #expect(try run(arguments, signal: "KILL \(point)").code == 128 + SIGKILL, "\(point)")
      #expect(!bench.has("run/model.tally"))
      #expect(bench.files("run").contains { $0.hasSuffix(".tmp") } == point.hasPrefix("write"), "\(point)")
      arguments = resume(bench) + ["--threads", "\(1 + i % 3)"]
    }
    #expect(try run(arguments, signal: "KILL model 1").code == 128 + SIGKILL)
    #expect(try bench.bytes("run/model.tally") == model && bench.reportIsUnfinished("run"))
    expectSilence(try Tool.run(arguments))
    #expect(try bench.bytes("run/model.tally") == model)
    #expect(bench.has("run/report.html") && !bench.reportIsUnfinished("run"))
    #expect(!bench.files("run").contains { $0.hasSuffix(".tmp") })
    let events = try logLines(bench, "run").compactMap { $0["event"] as? String }
    #expect(events.count { $0 == "started" } == 1 && events.count { $0 == "resumed" } == points.count + 1)
    #expect(events.last == "finished")
  }

  @Test(arguments: ["INT", "TERM"])
  func aStopSaysHowToGoOn(signal: String) throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("whole", Self.long)))
    let outcome = try run(bench.training("run", Self.long), signal: "\(signal) round 20")
    #expect(outcome.code == 130 && outcome.output == "", "\(outcome)")
    #expect(
      outcome.errors.hasSuffix("continue with: tally train --resume \(bench.folder.path("run"))\n"),
      "\(outcome)"
    )
    let events = try logLines(bench, "run").compactMap { $0["event"] as? String }
    #expect(events.count { $0 == "round" } == 20 && events.last == "stopped")
    expectNothingHalfWritten(bench, "run")
    // With other kernels and threads, and stopped once more.
    #expect(try run(resume(bench) + ["--threads", "3"], signal: "\(signal) checkpoint 10").code == 130)
    expectSilence(try Tool.run(resume(bench), ["TALLY_FORCE_KERNELS": "scalar"]))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("whole/model.tally"))
  }

  @Test func aFinishedTrainingIsWrittenAgain() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run"))
    let model = try bench.bytes("run/model.tally")
    for name in ["model.tally", "report.html"] {
      try FileManager.default.removeItem(atPath: bench.folder.path("run/\(name)"))
    }
    let outcome = try Tool.run(["train", "--resume", bench.folder.path("run")])
    expectSuccess(outcome)
    #expect(outcome.output.contains("this training is already finished"))
    #expect(try bench.bytes("run/model.tally") == model)
    #expect(bench.has("run/report.html"))
  }

  @Test func damagedCheckpointsAreRefused() throws {
    let bench = try Bench()
    #expect(try stopped(bench).code == 130)
    let state = try bench.bytes("run/checkpoint/state.tally")
    let log = try bench.bytes("run/log.jsonl")
    var generator = SeededGenerator(seed: 4)
    var damaged = [0, 1, 3, 8, state.count / 2, state.count - 1].map { Array(state[..<$0]) } + [state + [0]]
    for _ in 0..<12 {
      var flipped = state
      flipped[generator.below(state.count)] ^= 1 << UInt8(generator.below(8))
      damaged.append(flipped)
    }
    for bytes in damaged {
      try bench.folder.write(bytes, to: "run/checkpoint/state.tally")
      expectFailure(
        try Tool.run(resume(bench)), "run/checkpoint/state.tally", "damaged",
        "start again with --force instead of --resume")
      expectNothingHalfWritten(bench, "run")
    }
    #expect(try bench.bytes("run/log.jsonl") == log)
    try bench.folder.write(state, to: "run/checkpoint/state.tally")
    expectSilence(try Tool.run(resume(bench)))
  }

  @Test func checkpointsOfSomethingElseAreRefused() throws {
    let bench = try Bench()
    #expect(try stopped(bench).code == 130)
    let origin = try bench.bytes("run/checkpoint/origin.json")
    func change(_ key: String, _ value: (Any) -> Any) throws {
      var object = try jsonObject(String(decoding: origin, as: UTF8.self))
      // As it was written before there were checksums.
      for key in ["run", "checksum"] { object[key] = nil }
      object[key] = value(try #require(object[key]))
      let bytes = try JSONSerialization.data(withJSONObject: object)
      try bench.folder.write([UInt8](bytes), to: "run/checkpoint/origin.json")
    }
    try change("seed") { _ in 7 }
    expectFailure(
      try Tool.run(resume(bench)), "state.tally", "seed 1", "start again with --force instead of --resume")
    try change("plan") {
      ($0 as? String ?? "").replacingOccurrences(of: "\"shift\": 1", with: "\"shift\": 2")
    }
    expectFailure(
      try Tool.run(resume(bench)), "state.tally", "another plan (", "\"shift\": 1", "\"shift\": 2")
    try change("validation") { _ in 200_000 }
    expectFailure(try Tool.run(resume(bench)), "state.tally", "validation fraction (0.1)")
    for bad in [-1, 900_001] {
      try change("validation") { _ in bad }
      expectFailure(try Tool.run(resume(bench)), "origin.json", "damaged")
    }
    try bench.folder.write(Array("{".utf8), to: "run/checkpoint/origin.json")
    expectFailure(try Tool.run(resume(bench)), "origin.json", "damaged")
    try bench.folder.write(origin, to: "run/checkpoint/origin.json")
    // One pixel, then one label.
    for name in ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"] {
      let bytes = try bench.bytes("data/\(name)")
      var other = bytes
      other[60] = other[60] == 0 ? 1 : 0
      try bench.folder.write(other, to: "data/\(name)")
      expectFailure(try Tool.run(resume(bench)), "state.tally", "other training data")
      try bench.folder.write(bytes, to: "data/\(name)")
    }
    expectNothingHalfWritten(bench, "run")
    expectSilence(try Tool.run(resume(bench)))
  }

  @Test func foldersWithoutATrainingAreRefused() throws {
    let bench = try Bench()
    for (run, name) in [("nothing", "nothing"), ("data", "data"), ("plan.json", "plan.json")] {
      let outcome = try Tool.run(resume(bench, run))
      expectFailure(outcome, "\(bench.folder.path(name))/checkpoint/origin.json", "no such file", "--out")
    }
    #expect(!bench.has("nothing"))
    for extra in [
      ["--data", bench.data], ["--seed", "1"], ["--plan", "quick"], ["--set", "shards=2"], ["--limit", "5"],
    ] {
      expectFailure(try Tool.run(resume(bench) + extra), code: 2, "--resume", extra[0])
    }
  }

  @Test func withoutACheckpointTheTrainingBeginsAgain() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("whole", Self.long)))
    #expect(try stopped(bench).code == 130)
    try FileManager.default.removeItem(atPath: bench.folder.path("run/checkpoint/state.tally"))
    // Part of a line, as a killed process may leave it, and a file it had not finished.
    try bench.folder.write(
      try bench.bytes("run/log.jsonl") + Array("{\"event\":\"rou".utf8), to: "run/log.jsonl")
    try bench.folder.write([1, 2, 3], to: "run/checkpoint/.tally-left.tmp")
    expectSilence(try Tool.run(resume(bench)))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("whole/model.tally"))
    #expect(try logLines(bench, "run").last?["event"] as? String == "finished")
    #expect(!bench.has("run/checkpoint/.tally-left.tmp"))
  }
}
