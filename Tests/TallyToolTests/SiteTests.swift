// Shards of sites from the command line: counts, agreement, shards, one manifest; the same model wherever rounds run.

import Foundation
import Plumbing
import Testing
import _TestSupport

extension Bench {
  fileprivate func shard(_ words: [String]) throws -> Outcome {
    try Tool.run(["shard"] + words + ["--quiet"])
  }

  /// What a site does first.
  fileprivate func count(_ site: String, _ extra: [String] = []) throws -> Outcome {
    try shard(
      ["--data", folder.path("photos-\(site)"), "--site", site, "--count", "--out", folder.path(site)]
        + (extra.contains("--shards") ? extra : ["--shards", "1"] + extra))
  }

  /// What it does when the sites have agreed.
  fileprivate func write(_ site: String, _ extra: [String] = []) throws -> Outcome {
    try shard(
      [
        "--data", folder.path("photos-\(site)"), "--site", site, "--out", folder.path(site), "--agreement",
        folder.path("joined/tally-agreement.json"),
      ] + extra)
  }

  fileprivate func join(_ file: String, _ sites: [String]) throws -> Outcome {
    try shard(["--join"] + sites.map { folder.path("\($0)/\(file)") } + ["--out", folder.path("joined")])
  }
}

@Suite struct SiteTests {
  /// Two sites with photos of unlike classes and sizes, one of them in colour.
  private func bench() throws -> Bench {
    let bench = try Bench()
    try bench.writePhotos(["ash": 30, "elm": 40], in: "photos-north")
    try bench.writePhotos(["oak": 30], in: "photos-south", channels: 3)
    return bench
  }

  @Test func theModelIsThatOfOneMachine() throws {
    let bench = try bench()
    expectSilence(try bench.count("north", ["--shards", "2"]))
    expectSilence(try bench.count("south"))
    expectSilence(try bench.join("tally-counts.json", ["south", "north"]))
    for site in ["north", "south"] { expectNothingButWarnings(try bench.write(site)) }
    expectSilence(try bench.join("tally-site.json", ["north", "south"]))
    let joined = try Tool.shell("ls '\(bench.folder.path("joined"))'")
    #expect(joined.output == "tally-agreement.json\ntally-shards.json\n")
    let manifest = String(decoding: try bench.bytes("joined/tally-shards.json"), as: UTF8.self)
    #expect(manifest.contains(#""classNames":["ash","elm","oak"]"#) && manifest.contains(#""channels":3"#))
    // All shards in one place are a set like any other.
    for (site, parts) in [("north", ["part-00000", "part-00001"]), ("south", ["part-00002"])] {
      for part in parts {
        let bytes = try bench.bytes("\(site)/\(part).tshard")
        try bench.folder.write(bytes, to: "joined/\(part).tshard")
      }
    }
    for engine in ["local", "process"] {
      let outcome = try Tool.run([
        "train", "--data", bench.folder.path("joined"), "--plan", bench.plan, "--quiet", "--engine", engine,
        "--out", bench.folder.path(engine), "--threads", engine == "local" ? "2" : "1",
      ])
      expectNothingButWarnings(outcome)
    }
    #expect(try bench.bytes("local/model.tally") == bench.bytes("process/model.tally"))
  }

  @Test func whatChangedSinceItWasCountedIsRefused() throws {
    let bench = try bench()
    for site in ["north", "south"] { expectSilence(try bench.count(site)) }
    expectSilence(try bench.join("tally-counts.json", ["north", "south"]))
    expectFailure(
      try bench.write("north", ["--limit", "50"]), "site north", "that were counted", "agree again")
    expectFailure(try bench.write("north", ["--validation", "0.2"]), code: 2, "--validation")
    try bench.folder.write(bench.bytes("photos-south/oak/001.png"), to: "photos-south/oak/000.png")
    expectFailure(try bench.write("south"), "site south", "that were counted")
    #expect(!bench.has("south/tally-site.json"))
    try bench.writePhotos(["yew": 30, "oak": 20], in: "photos-west")
    expectFailure(try bench.write("west"), "site west is not one of those that agreed (north, south)")
    expectNothingButWarnings(try bench.write("north"))
    expectFailure(
      try Tool.run(["train", "--data", bench.folder.path("north"), "--out", bench.folder.path("run")]),
      "the shards of one site", "tally shard --join")
    expectFailure(
      try bench.shard(
        ["--join", bench.folder.path("north/tally-site.json"), "--out", bench.folder.path("joined")]),
      "site south is missing")
    expectFailure(
      try bench.shard(
        [
          "--join", bench.folder.path("north/tally-site.json"), bench.folder.path("south/tally-counts.json"),
          "--out", bench.folder.path("joined"),
        ]), code: 2, "not both")
    expectFailure(
      try bench.shard(["--join", bench.plan, "--out", bench.folder.path("joined")]),
      "neither a tally-counts.json")
  }

  @Test(
    arguments: [
      (["--data", "d", "--site", "a"], "--count"),
      (["--data", "d", "--site", "a", "--count", "--agreement", "f", "--shards", "1"], "--count"),
      (["--data", "d", "--site", "a", "--count"], "--shards"),
      (["--data", "d", "--site", "a/b", "--count", "--shards", "1"], "--site a/b"),
      (["--data", "d", "--site", "a", "--count", "--shards", "1", "--balance"], "--balance"),
      (["--data", "d", "--site", "a", "--agreement", "f", "--shards", "1"], "leave out --shards"),
      (["--data", "d", "--site", "a", "--agreement", "f", "--seed", "2"], "leave out --seed"),
      (["--join", "f", "--seed", "2"], "leave out --seed"),
      (["--join", "f", "--image", "i"], "leave out --image"),
      (["--data", "d", "--count", "--shards", "1"], "--count is for --site"),
      (["--data", "d"], "--shards"), (["--shards", "1"], "--data"),
      (["--join", "f", "--data", "d"], "leave out --data"),
      (["--data", "d", "--shards", "1", "--least-images", "3"], "--least-images is for --join"),
    ])
  func usage(words: [String], part: String) throws {
    let bench = try Bench()
    expectFailure(try bench.shard(words + ["--out", bench.folder.path("out")]), code: 2, part)
    #expect(!bench.has("out"))
  }

  @Test(
    arguments: [
      (["--superlink", "h:1"], "--superlink is for --engine flower"),
      (["--engine", "spark", "--insecure"], "--insecure is for --engine flower"),
      (["--engine", "flower", "--master", "m"], "--master is for --engine spark"),
      (["--engine", "flower", "--superlink", "host"], "give host:port"),
      (["--engine", "flower", "--site-timeout", "0"], "--site-timeout must be in"),
      (["--engine", "flower", "--insecure", "--root-certificates", "f"], "leave out --root-certificates"),
      (["--python", "p"], "--python is for --engine spark, --engine flower and Parquet files"),
    ])
  func engineUsage(words: [String], part: String) throws {
    let bench = try Bench()
    expectFailure(try Tool.run(bench.training("run") + words), code: 2, part)
  }
}
