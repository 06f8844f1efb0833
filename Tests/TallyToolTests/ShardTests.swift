// Shards: the same model from them as from the data itself, also when another process runs the rounds.

import BinaryNetworks
import BitKernels
import Foundation
import Testing
import _TestSupport

extension Bench {
  /// Cuts the data into shards.
  @discardableResult
  func shard(_ shards: Int = 3, _ extra: [String] = [], out: String = "shards") throws -> Outcome {
    try Tool.run(
      ["shard", "--data", data, "--shards", "\(shards)", "--out", folder.path(out), "--quiet"] + extra)
  }

  /// Arguments that train on the shards into `out` quietly, whatever is there.
  func trainingOnShards(_ out: String, _ settings: [String] = [], engine: [String] = []) -> [String] {
    [
      "train", "--data", folder.path("shards"), "--plan", plan, "--out", folder.path(out), "--quiet",
      "--force",
    ]
      + settings.flatMap { ["--set", $0] } + engine
  }
}

@Suite struct ShardTests {
  @Test(arguments: Variant.all.filter { !$0.settings.contains { $0.hasPrefix("shards") } })
  func shardsAndProcessesDoNotMatter(_ variant: Variant) throws {
    let bench = try Bench(variant.data)
    expectSilence(try Tool.run(bench.training("run", variant.settings + ["shards=3"])))
    let expected = try bench.bytes("run/model.tally")
    expectSilence(try bench.shard())
    expectSilence(try Tool.run(bench.trainingOnShards("local", variant.settings)))
    #expect(try bench.bytes("local/model.tally") == expected)
    expectSilence(
      try Tool.run(bench.trainingOnShards("remote", variant.settings, engine: ["--engine", "process"])))
    #expect(try bench.bytes("remote/model.tally") == expected)
    #expect(bench.has("remote/report.html"))
  }

  @Test func seedBalanceAndNoValidationAreKept() throws {
    let bench = try Bench()
    for (extra, settings) in [
      (["--seed", "5", "--validation", "0", "--limit", "50"], []),
      (["--seed", "3", "--balance"], ["balance=true"]),
    ] as [([String], [String])] {
      let choices = extra.filter { $0 != "--balance" }
      expectSilence(
        try Tool.run(
          [
            "train", "--data", bench.data, "--plan", bench.plan, "--out", bench.folder.path("run"), "--quiet",
            "--force",
          ]
            + (settings + ["shards=3"]).flatMap { ["--set", $0] } + choices))
      expectSilence(try bench.shard(3, extra))
      for engine in ["local", "process"] {
        expectSilence(try Tool.run(bench.trainingOnShards("again", engine: ["--engine", engine])))
        #expect(try bench.bytes("again/model.tally") == bench.bytes("run/model.tally"))
      }
    }
  }

  @Test func aTrainingCanChangeItsEngine() throws {
    let bench = try Bench()
    try bench.shard()
    let long = ["mergesPerPass=10", "layers.0.start=cluster"]
    expectSilence(try Tool.run(bench.trainingOnShards("whole", long)))
    let killed = try Tool.run(
      bench.trainingOnShards("run", long, engine: ["--engine", "process"]),
      ["TALLY_CHECKPOINT_SECONDS": "0", "TALLY_TEST_SIGNAL": "KILL checkpoint 12"])
    #expect(killed.code == 128 + SIGKILL)
    let resume = ["train", "--resume", bench.folder.path("run"), "--quiet"]
    expectSilence(try Tool.run(resume + ["--engine", "local"]))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("whole/model.tally"))
    expectSilence(try Tool.run(resume))
  }

  @Test func damagedShardsAreRefused() throws {
    let bench = try Bench(TinyData(count: 60))
    try bench.shard()
    let name = "shards/part-00001.tshard"
    let (whole, manifest) = (try bench.bytes(name), try bench.bytes("shards/tally-shards.json"))
    var flipped = whole
    flipped[whole.count / 2] ^= 16
    for engine in ["local", "process"] {
      func expectRefusal(_ parts: String...) throws {
        let outcome = try Tool.run(bench.trainingOnShards("run", engine: ["--engine", engine]))
        #expect(outcome.code == 1 && outcome.errors.count { $0 == "\n" } == 1, "\(outcome)")
        for part in parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
        expectNothingHalfWritten(bench, "run")
      }
      for bytes in [flipped, Array(whole.dropLast(9)), [], Array(whole[..<30])] {
        try bench.folder.write(bytes, to: name)
        try expectRefusal("part-00001.tshard", "write the shards again")
      }
      // A whole shard of another set of the same size.
      try bench.folder.write(whole, to: name)
      try bench.shard(3, ["--seed", "2"], out: "other")
      try bench.folder.write(try bench.bytes("other/part-00001.tshard"), to: name)
      try expectRefusal("part-00001.tshard", "not shard 1 of this set")
      try FileManager.default.removeItem(atPath: bench.folder.path(name))
      try expectRefusal("part-00001.tshard", "no such file")
      try bench.folder.write(whole, to: name)
      for damaged in [Array(manifest.dropLast(20)), manifest.map { $0 == 0x36 ? 0x35 : $0 }, [0x7b, 0x7d]] {
        try bench.folder.write(damaged, to: "shards/tally-shards.json")
        try expectRefusal("tally-shards.json", "write the shards again")
      }
      try bench.folder.write(manifest, to: "shards/tally-shards.json")
    }
  }

  @Test func shardsAreADataSet() throws {
    let bench = try Bench()
    try bench.shard()
    expectSilence(try Tool.run(bench.trainingOnShards("run")))
    let evaluate = ["evaluate", bench.folder.path("run/model.tally"), "--data", bench.folder.path("shards")]
    let outcome = try Tool.run(evaluate + ["--part", "train", "--json"])
    expectSuccess(outcome)
    #expect(try jsonObject(outcome.output)["images"] as? Int == 86)
    expectFailure(try Tool.run(evaluate), "no test images")
  }

  @Test func usageIsChecked() throws {
    let bench = try Bench()
    expectFailure(try bench.shard(0), code: 2, "--shards must be in 1...65536")
    expectFailure(try bench.shard(500), code: 2, "only 86 training images")
    try bench.shard()
    for option in [["--validation", "0.2"], ["--limit", "9"], ["--size", "8"]] {
      expectFailure(
        try Tool.run(bench.trainingOnShards("run") + option), code: 2, option[0], "is for tally shard")
    }
    expectFailure(
      try Tool.run(bench.trainingOnShards("run", ["shards=4"])), code: 2, "asks for 4 shards", "has 3")
    expectFailure(try Tool.run(bench.trainingOnShards("run", ["balance=true"])), code: 2, "--balance")
    expectFailure(
      try Tool.run(bench.trainingOnShards("run", engine: ["--master", "local"])), code: 2, "--engine spark")
    let nothing = try Tool.run(bench.training("run") + ["--engine", "process"])
    #expect(nothing.code == 1 && nothing.errors.contains("tally-shards.json"), "\(nothing)")
  }
}
