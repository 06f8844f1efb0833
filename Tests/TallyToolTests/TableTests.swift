// Parquet files as far as the command goes: what it asks Python for, and what it says where that fails. That a table is
// read as the folder of its files is tested in spark/tests/test_parquet.py.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct TableTests {
  private static func bench() throws -> Bench {
    let bench = try Bench(TinyData(count: 40, width: 13, height: 11, channels: 1))
    try bench.folder.write([1], to: "set.parquet")
    return bench
  }

  @Test(arguments: [
    ["train"], ["shard", "--shards", "2"],
  ])
  func pythonIsAskedForTheColumns(command: [String]) throws {
    let bench = try Self.bench()
    let python = try bench.python("echo \"$@\"; exit 1")
    let set = bench.folder.path("set.parquet")
    let outcome = try Tool.run(
      command + [
        "--data", set, "--image", "picture", "--label", "kind", "--python", python, "--out",
        bench.folder.path("out"),
      ], ["TMPDIR": bench.folder.url.path])
    expectFailure(outcome, "-m tally_spark.parquet --out=\(bench.folder.url.path)/tally-")
    expectFailure(outcome, ".imagelist --image=picture --label=kind -- \(set)")
  }

  @Test(arguments: [
    ("echo 'error: set.parquet: no such column'; exit 1", "error: set.parquet: no such column"),
    ("echo \"$0: No module named tally_spark\" >&2; exit 1", "pip install ./spark"),
    ("exit 3", "exit code 3"), ("exit 0", ".imagelist"),
  ])
  func whatFailsIsSaidInALine(script: String, said: String) throws {
    let bench = try Self.bench()
    let python = try bench.python(script)
    let train = ["train", "--data", bench.folder.path("set.parquet"), "--python", python]
    expectFailure(try Tool.run(train + ["--out", bench.folder.path("out")]), said)
    #expect(!bench.has("out/model.tally"))
  }

  @Test func badUsageIsSaid() throws {
    let bench = try Self.bench()
    let out = ["--out", bench.folder.path("out")]
    expectFailure(
      try Tool.run(["train", "--data", "fashion-mnist", "--python", "python3"] + out), code: 2,
      "--python is for --engine spark, --engine flower and Parquet files")
    expectFailure(
      try Tool.run(["train", "--data", bench.data, "--label", "x"] + out), code: 2,
      "--image and --label name columns of Parquet files")
    expectFailure(try Tool.run(["train", "--resume", "run", "--label", "x"]), code: 2, "leave out --label")
  }
}
