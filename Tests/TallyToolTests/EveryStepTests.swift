// Every call that changes a file system is once the last of its process, and once the one that fails.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct EveryStepTests {
  /// A training of moments, so that there is time for all its steps.
  private static let short = [
    "layers.*.learner=cluster", "layers.*.filters=4", "layers.*.cluster.rounds=1", "layers.*.head.grid=1",
  ]
  /// Checkpoints after layers alone.
  private static let seldom = ["TALLY_CHECKPOINT_SECONDS": "1000"]

  private func outcome(_ bench: Bench, _ arguments: [String], fault: String) throws -> Outcome {
    try Tool.run(arguments, Self.seldom.merging(["TALLY_TEST_FAULT": fault]) { $1 })
  }

  /// Everything in a folder that has its name for good.
  private func content(_ bench: Bench, _ folder: String) throws -> [String: [UInt8]] {
    let files = bench.files(folder).filter { FileKind(path: bench.folder.path("\(folder)/\($0)")) == .file }
    return Dictionary(
      uniqueKeysWithValues: try files.filter { !$0.contains(".tally-") }.map {
        ($0, try bench.bytes("\(folder)/\($0)"))
      })
  }

  /// Over a finished training, another one is killed at every step: what --resume then gives is its model, or one line,
  /// or the earlier training, which is untouched as long as the other has not begun.
  @Test func mayBeTheLast() throws {
    let bench = try Bench(TinyData(count: 30, width: 8, height: 8))
    expectSilence(try Tool.run(bench.training("old", Self.short)))
    expectSilence(try Tool.run(bench.training("new", Self.short, seed: 2)))
    let (old, new) = (try bench.bytes("old/model.tally"), try bench.bytes("new/model.tally"))
    let (untouched, resume) = (
      try content(bench, "old"), ["train", "--resume", bench.folder.path("run"), "--quiet"]
    )
    var counts: [String: Int] = [:]
    for step in 1..<1000 {
      try? FileManager.default.removeItem(atPath: bench.folder.path("run"))
      try FileManager.default.copyItem(atPath: bench.folder.path("old"), toPath: bench.folder.path("run"))
      let killed = try outcome(bench, bench.training("run", Self.short, seed: 2), fault: "KILL \(step)")
      if killed.code == 0 { break }
      #expect(killed.code == 128 + SIGKILL, "\(step): \(killed)")
      let model = try bench.bytes("run/model.tally")
      #expect(model == old || model == new, "\(step)")
      let isUntouched = try content(bench, "run") == untouched
      let hasNoWord = try !bench.has("run/.tally-lock") || bench.bytes("run/.tally-lock").isEmpty
      // All are killed once more while they are resumed, somewhere else each time, and asked for a report.
      let again = try outcome(bench, resume, fault: "KILL \(1 + (isUntouched ? step % 8 : step / 2))")
      _ = try Tool.run(["report", bench.folder.path("run"), "--data", bench.data])
      let resumed = try Tool.run(resume)
      let last = try bench.bytes("run/model.tally")
      if resumed.code == 0, last == new {
        counts["identical", default: 0] += 1
      } else if resumed.code == 0, last == old, isUntouched, hasNoWord {
        counts["not begun", default: 0] += 1
      } else {
        expectFailure(resumed, "ended before it began", ".tally-lock")
        expectFailure(try Tool.run(resume), "ended before it began")
        #expect(last == old && isUntouched && again.code != 0, "\(step)")
        counts["refused", default: 0] += 1
      }
    }
    #expect(try bench.bytes("run/model.tally") == new)
    // Taking the folder are two steps, of which the last leaves word; then comes origin.json.
    #expect((counts["identical"] ?? 0) > 20 && (counts["not begun"] ?? 9) <= 4, "\(counts)")
    #expect((counts["refused"] ?? 0) > 0, "\(counts)")
  }

  /// A disk is full from some step on, or fails at it: one line, nothing half-written, and the model in the end.
  @Test(arguments: ["ENOSPC", "EIO"]) func mayFail(error: String) throws {
    let bench = try Bench(TinyData(count: 30, width: 8, height: 8))
    expectSilence(try Tool.run(bench.training("new", Self.short)))
    let new = try bench.bytes("new/model.tally")
    var failures = 0
    for step in 1..<1000 {
      try? FileManager.default.removeItem(atPath: bench.folder.path("run"))
      let failed = try outcome(bench, bench.training("run", Self.short), fault: "\(error) \(step)")
      #expect(!bench.files("run").contains { $0.hasSuffix(".tmp") }, "\(step)")
      if failed.code == 0 {
        // Beyond the last step; or what failed was to be removed, or a line of the log, which is said.
        if failed.errors.isEmpty, step > 40 { break }
        continue
      }
      failures += 1
      expectFailure(failed, error == "EIO" ? "Input/output error" : "No space left on device")
      let isBegun = bench.has("run/checkpoint/origin.json")
      #expect(
        !isBegun || failed.errors.contains("--resume") || failed.errors.contains("origin.json"), "\(failed)")
      let again =
        isBegun
        ? ["train", "--resume", bench.folder.path("run"), "--quiet"] : bench.training("run", Self.short)
      expectSilence(try Tool.run(again))
      #expect(try bench.bytes("run/model.tally") == new, "\(step)")
    }
    #expect(failures > 10)
  }

  /// `tally shard` over an earlier set: the old set, the new set, or one line.
  @Test func ofShardsMayBeTheLast() throws {
    let bench = try Bench(TinyData(count: 30, width: 8, height: 8))
    try bench.shard(4, ["--seed", "2"], out: "old")
    try bench.shard(2, out: "new")
    let (old, new) = (try content(bench, "old"), try content(bench, "new"))
    #expect(old.count == 5 && new.count == 3)
    let shard = [
      "shard", "--data", bench.data, "--shards", "2", "--out", bench.folder.path("shards"), "--quiet",
    ]
    var refused = 0
    for step in 1..<1000 {
      try? FileManager.default.removeItem(atPath: bench.folder.path("shards"))
      try FileManager.default.copyItem(atPath: bench.folder.path("old"), toPath: bench.folder.path("shards"))
      try bench.folder.write([1], to: "shards/part-mine.tshard")
      let killed = try outcome(bench, shard, fault: "KILL \(step)")
      var left = try content(bench, "shards")
      #expect(left.removeValue(forKey: "part-mine.tshard") == [1])
      if killed.code == 0 {
        #expect(left == new && !bench.has("shards/.tally-shards.tmp"))
        break
      }
      if left != old, left != new {
        refused += 1
        #expect(left["tally-shards.json"] == nil, "\(step)")
        if !left.isEmpty {
          let outcome = try Tool.run(bench.trainingOnShards("run", Self.short))
          expectFailure(outcome, "without their manifest", "write the shards again")
        }
      }
      expectSilence(try Tool.run(shard))
      #expect(try content(bench, "shards").count == new.count + 1, "\(step)")
    }
    #expect(refused > 4)
  }
}
