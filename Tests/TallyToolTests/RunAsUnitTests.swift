// The run folder as a unit: its model is found in it, and the data it was trained on are remembered.

import Foundation
import Testing
import _TestSupport

@Suite struct RunAsUnitTests {
  @Test func theModelIsFoundInTheFolder() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run")))
    let (run, file) = (bench.folder.path("run"), bench.folder.path("run/model.tally"))
    for command in [
      ["evaluate", "--json"], ["predict", "--data", bench.data], ["explain"], ["explain", "--index", "3"],
      ["inspect"],
    ] {
      let words = Array(command.dropFirst())
      let (short, long) = (
        try Tool.run([command[0], run + "/"] + words), try Tool.run([command[0], file] + words)
      )
      expectSuccess(short)
      expectSuccess(long)
      // What differs is how long it took.
      if command[0] == "evaluate" {
        let (a, b) = (try jsonObject(short.output), try jsonObject(long.output))
        #expect(
          a["confusion"] as? [[Int]] == b["confusion"] as? [[Int]] && a["data"] as? String == bench.data)
        #expect(a["images"] as? Int == 30 && a["model"] as? String == file)
      } else {
        #expect(short.output == long.output)
      }
    }
    expectSuccess(try Tool.run(["report", run]))
    #expect(String(decoding: try bench.bytes("run/report.html"), as: UTF8.self).contains("test accuracy"))
    try bench.folder.write(try bench.bytes("run/model.tally"), to: "other.tally")
    for command in ["evaluate", "explain"] {
      expectFailure(
        try Tool.run([command, bench.folder.path("other.tally")]), code: 2, "other.tally: nothing is known",
        "--data")
    }
    expectFailure(try Tool.run(["evaluate", bench.data]), "no model.tally in this folder")
  }

  @Test func anUnfinishedTrainingHasNoModel() throws {
    let bench = try Bench()
    #expect(try Tool.run(bench.training("run"), ["TALLY_TEST_SIGNAL": "INT round 3"]).code == 130)
    expectFailure(
      try Tool.run(["inspect", bench.folder.path("run")]), "not finished", "tally train --resume")
  }

  @Test func movedDataAreNamed() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run")))
    let run = bench.folder.path("run")
    try FileManager.default.moveItem(atPath: bench.data, toPath: bench.folder.path("moved"))
    for command in ["evaluate", "explain", "report"] {
      expectFailure(
        try Tool.run([command, run]), "\(bench.data) is not there any more", "--data", "\(run) was trained on"
      )
    }
    expectSuccess(try Tool.run(["evaluate", run, "--data", bench.folder.path("moved")]))
  }

  @Test func changedDataAreNamed() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run")))
    let evaluate = ["evaluate", bench.folder.path("run")]
    // A note beside the data is none of them.
    try bench.folder.write([1], to: "data/notes.txt")
    expectSuccess(try Tool.run(evaluate))
    expectSuccess(try Tool.run(evaluate + ["--part", "train"]))
    let images = try bench.bytes("data/train-images-idx3-ubyte")
    let last = images[images.count - 1] ^ 1
    try bench.folder.write(images.dropLast() + [last], to: "data/train-images-idx3-ubyte")
    expectFailure(
      try Tool.run(evaluate + ["--part", "train"]), "\(bench.data) has changed since", "--data")
    var test = TinyData(seed: 9)
    test.count = 33
    try bench.folder.write(test.imageFile, to: "data/t10k-images-idx3-ubyte")
    try bench.folder.write(test.labelFile, to: "data/t10k-labels-idx1-ubyte")
    expectFailure(try Tool.run(evaluate), "\(bench.data) has changed since", "--data")
    expectSuccess(try Tool.run(evaluate + ["--data", bench.data]))
  }

  @Test func aFolderOfPhotosIsRememberedWithItsTestPart() throws {
    let bench = try Bench()
    try bench.writePhotos(["down": 30, "right": 30])
    let train = [
      "train", "--data", bench.folder.path("photos"), "--plan", bench.plan, "--quiet", "--out",
      bench.folder.path("run"),
    ]
    expectNothingButWarnings(try Tool.run(train))
    let evaluate = ["evaluate", bench.folder.path("run")]
    let outcome = try Tool.run(evaluate)
    expectSuccess(outcome)
    #expect(outcome.output.contains("of 6 test images"), "\(outcome)")
    try bench.writePhotos(["down": 31])
    expectFailure(try Tool.run(evaluate), "\(bench.folder.path("photos")) has changed since")
  }

  @Test func withoutANameTheFirstFreeFolderIsWrittenInto() throws {
    let bench = try Bench()
    let script =
      "cd '\(bench.folder.url.path)' && for i in 1 2; do \"$TALLY\" train --data data --plan plan.json; done"
    try FileManager.default.createDirectory(
      atPath: bench.folder.path("run-2"), withIntermediateDirectories: true)
    let outcome = try Tool.shell(script)
    expectSuccess(outcome)
    #expect(outcome.output.hasPrefix("writing into run-1/\n"), "\(outcome.output)")
    #expect(outcome.output.contains("\nwriting into run-3/\n"))
    #expect(try bench.bytes("run-1/model.tally") == bench.bytes("run-3/model.tally"))
    #expect(bench.files("run-2") == [])
    let missing = try Tool.shell(
      "cd '\(bench.folder.url.path)' && \"$TALLY\" train --data none/ --plan plan.json --quiet")
    expectFailure(missing, "none/")
    #expect(!bench.has("run-4"))
  }
}
