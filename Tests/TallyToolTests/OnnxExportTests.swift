// `tally export --format onnx` as far as the command goes: what it hands over, and what it says where that fails.
// That the graph says what `tally predict` says is tested in python/tests/test_onnx.py.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct OnnxExportTests {
  private static func bench() throws -> Bench {
    let bench = try Bench(TinyData(count: 120, width: 13, height: 11, channels: 1))
    try Tool.run(bench.training("run", []))
    return bench
  }

  @Test func thePackageGetsTheModel() throws {
    let bench = try Self.bench()
    let python = try bench.python(#"echo "a warning" >&2; echo "$@""#)
    let out = bench.folder.path("net.onnx")
    let arguments = [
      "export", bench.folder.path("run"), "--format", "onnx", "--python", python, "--out", out,
    ]
    let outcome = try Tool.run(arguments)
    expectSuccess(outcome)
    let model = bench.folder.path("run/model.tally")
    #expect(outcome.output == "-m tally.onnx --out=\(out) -- \(model)\n")
    let forced = try Tool.run(arguments + ["--force"])
    #expect(forced.output == "-m tally.onnx --out=\(out) --force -- \(model)\n")
  }

  @Test(arguments: [
    ("echo 'error: net.onnx is there already'; exit 1", "error: net.onnx is there already"),
    ("echo \"$0: No module named tally\" >&2; exit 1", "pip install './python[onnx]'"),
    ("echo \"$0: No module named tally.onnx\" >&2; exit 1", "--python"),
    ("exit 3", "exit code 3"),
    ("kill -9 $$", "failed with exit code"),
  ])
  func whatFailsIsSaidInALine(script: String, said: String) throws {
    let bench = try Self.bench()
    let python = try bench.python(script)
    let run = bench.folder.path("run")
    expectFailure(
      try Tool.run(["export", run, "--format", "onnx", "--python", python, "--out", bench.folder.path("x")]),
      said)
  }

  @Test func badUsageIsSaid() throws {
    let bench = try Self.bench()
    let run = bench.folder.path("run")
    let onnx = ["export", run, "--format", "onnx"]
    let out = ["--out", bench.folder.path("x")]
    expectFailure(try Tool.run(onnx), code: 2, "--out names the file")
    for option in [["--report"], ["--json"], ["--name", "net"], ["--max-flash", "9"], ["--max-ram", "9"]] {
      expectFailure(try Tool.run(onnx + out + option), code: 2, "\(option[0]) is for --format c")
    }
    expectFailure(try Tool.run(["export", run, "--python", "python3"] + out), code: 2, "--python is for")
    expectFailure(
      try Tool.run(onnx + out + ["--python", "/nowhere/python3"]), "there is no /nowhere/python3")
    expectFailure(try Tool.run(["export", bench.plan, "--format", "onnx"] + out), "plan.json")
    #expect(!bench.has("x"))
  }
}
