// Trainings that are killed, stopped and taken up again, and checkpoints that do not belong to them.

import BitTensors
import Foundation
import Testing
import _TestSupport

@Suite struct InterruptionTests {
  /// Saves after every round, so that kills fall between and into writes.
  private let often = ["TALLY_CHECKPOINT_SECONDS": "0"]
  /// A training long enough to be killed several times.
  private let longer = ["layers.*.refine.passes=8", "layers.*.head.passes=2", "mergesPerPass=4"]

  @Test func killedTrainingsEndWithTheSameBytes() throws {
    let bench = try Bench(TinyData(count: 240))
    expectSilence(try Tool.run(bench.training("whole", longer), often))
    let wanted = try bench.bytes("whole/model.tally")
    var generator = SeededGenerator(seed: 7)
    var process = try RunningProcess(Tool.path, bench.training("run", longer), often)
    var kills = 0
    for _ in 0..<8 {
      usleep(UInt32(60_000 + generator.below(200_000)))
      guard process.isRunning, bench.has("run/checkpoint/origin.json") else { continue }
      process.send(SIGKILL)
      #expect(try process.wait().code == 128 + SIGKILL)
      kills += 1
      process = try RunningProcess(
        Tool.path, ["train", "--resume", bench.folder.path("run"), "--quiet", "--threads", "2"], often)
    }
    expectSilence(try process.wait())
    #expect(kills > 0)
    #expect(try bench.bytes("run/model.tally") == wanted)
  }

  @Test func interruptedTrainingSaysHowToGoOn() throws {
    let bench = try Bench(TinyData(count: 240))
    expectSilence(try Tool.run(bench.training("whole", longer), often))
    let process = try RunningProcess(Tool.path, bench.training("run", longer), often)
    while process.isRunning, !bench.has("run/checkpoint/state.tally") { usleep(5_000) }
    process.send(SIGINT)
    let outcome = try process.wait()
    #expect(outcome.code == 130, "\(outcome)")
    #expect(outcome.errors.contains("tally train --resume \(bench.folder.path("run"))"))
    #expect(!bench.has("run/model.tally"))
    expectSilence(try Tool.run(["train", "--resume", bench.folder.path("run"), "--quiet"], often))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("whole/model.tally"))
  }

  @Test func aFinishedTrainingResumesToTheSameModel() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run")))
    let model = try bench.bytes("run/model.tally")
    expectSilence(try Tool.run(["train", "--resume", bench.folder.path("run"), "--quiet"]))
    #expect(try bench.bytes("run/model.tally") == model)
  }

  @Test func damagedCheckpointsAreRefused() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run")))
    let whole = try bench.bytes("run/checkpoint/state.tally")
    var flipped = whole
    flipped[whole.count / 2] ^= 4
    for bytes in [Array(whole.prefix(whole.count / 2)), flipped, [], Array("nothing of ours".utf8)] {
      try bench.folder.write(bytes, to: "run/checkpoint/state.tally")
      expectFailure(
        try Tool.run(["train", "--resume", bench.folder.path("run"), "--quiet"]), "checkpoint", "damaged")
    }
  }

  @Test func checkpointsOfOtherDataOrPlansAreRefused() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run")))
    let images = try bench.bytes("data/train-images-idx3-ubyte")
    var changed = images
    changed[images.count - 1] ^= 1
    try bench.folder.write(changed, to: "data/train-images-idx3-ubyte")
    let resume = ["train", "--resume", bench.folder.path("run"), "--quiet"]
    expectFailure(try Tool.run(resume), "other training data")
    try bench.folder.write(images, to: "data/train-images-idx3-ubyte")
    expectSilence(try Tool.run(bench.training("other", ["layers.0.filters=13"])))
    let state = try bench.bytes("other/checkpoint/state.tally")
    try bench.folder.write(state, to: "run/checkpoint/state.tally")
    expectFailure(try Tool.run(resume), "another plan")
  }
}
