// Input that is missing, broken or of the wrong kind: one clear line, the right exit code, nothing half-written.

import BitTensors
import Foundation
import Testing
import _TestSupport

@Suite struct BadInputTests {
  private let images = "data/train-images-idx3-ubyte"
  private let labels = "data/train-labels-idx1-ubyte"

  /// Trains on what a change makes of good data and expects the failure to name `parts`.
  private func expectRefusal(
    _ parts: String..., at location: SourceLocation = #_sourceLocation, change: (Bench) throws -> Void
  ) throws {
    let bench = try Bench()
    try change(bench)
    let outcome = try Tool.run(bench.training("run"))
    expectFailure(outcome, at: location)
    for part in parts {
      #expect(outcome.errors.contains(part), "no \"\(part)\" in: \(outcome.errors)", sourceLocation: location)
    }
    expectNothingHalfWritten(bench, "run", location)
  }

  @Test func brokenDataIsRefused() throws {
    let good = TinyData()
    try expectRefusal("train-images", "an IDX file of images starts with 00 00 08 03") {
      try $0.folder.write(Array("no images at all".utf8), to: images)
    }
    try expectRefusal("train-images", "ends at byte 24492, 100 bytes short") {
      try $0.folder.write(Array(good.imageFile.dropLast(100)), to: images)
    }
    try expectRefusal("train-labels") { try $0.folder.write(TinyData(count: 95).labelFile, to: labels) }
    try expectRefusal("class") { try $0.folder.write(TinyData(classes: 1).labelFile, to: labels) }
    try expectRefusal("images") {
      try $0.folder.write(TinyData(count: 0).imageFile, to: images)
      try $0.folder.write(TinyData(count: 0).labelFile, to: labels)
    }
    try expectRefusal("train-labels") {
      try FileManager.default.removeItem(atPath: $0.folder.path(labels))
    }
    try expectRefusal("data") { try FileManager.default.removeItem(atPath: $0.data) }
  }

  @Test func truncatedCompressedFilesAreRefused() throws {
    for (ending, tool) in [("gz", "gzip"), ("xz", "xz")] where Tool.hasProgram(tool) {
      try expectRefusal("train-images-idx3-ubyte.\(ending)", "ends in the middle") { bench in
        let path = bench.folder.path(images)
        let made = try Tool.shell("\(tool) '\(path)' && truncate -s 3000 '\(path).\(ending)'")
        #expect(made.code == 0, "\(made)")
      }
    }
  }

  @Test func brokenBatchesAreRefused() throws {
    let bench = try Bench()
    let set = TinyData(count: 20, width: 32, height: 32, channels: 3)
    let folder = bench.folder.path("batches")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let train = ["train", "--data", folder, "--out", bench.folder.path("run"), "--quiet"]
    try bench.folder.write(Array(set.batchFile.dropLast()), to: "batches/data_batch_1.bin")
    expectFailure(try Tool.run(train), "data_batch_1.bin")
    var bytes = set.batchFile
    bytes[3073] = 10
    try bench.folder.write(bytes, to: "batches/data_batch_1.bin")
    expectFailure(try Tool.run(train), "data_batch_1.bin", "label")
    expectNothingHalfWritten(bench, "run")
  }

  @Test func unknownDataNamesWhatIsKnown() throws {
    expectFailure(
      try Tool.run(["train", "--data", "fashion-mist", "--out", "x", "--quiet"]), "fashion-mnist")
  }

  @Test func plansWithMistakesAreUsageErrors() throws {
    let bench = try Bench()
    expectFailure(try Tool.run(bench.training("a", ["layers.0.filtres=3"])), code: 2, "filtres", "filters")
    expectFailure(try Tool.run(bench.training("a", ["layers.0.filters=0"])), code: 2, "1...4096")
    expectFailure(
      try Tool.run(bench.training("a", ["layers.0.head.grid=16", "layers.1.head.grid=16"])), code: 2, "grid")
    expectFailure(
      try Tool.run(bench.training("a", ["layers.0.learner=cluster", "layers.0.start=split"])), code: 2,
      "start")
    try bench.folder.write(Array("{\"name\": ".utf8), to: "plan.json")
    expectFailure(try Tool.run(bench.training("a")), code: 2, "plan.json")
    expectNothingHalfWritten(bench, "a")
  }

  @Test func modelsThatAreNoneAreRefused() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run")))
    let whole = try bench.bytes("run/model.tally")
    var flipped = whole
    flipped[whole.count / 3] ^= 1
    var future = whole
    future[8] = 0xff
    let evaluate = ["evaluate", bench.folder.path("m"), "--data", bench.data]
    for bytes in [Array(whole.dropLast(1)), flipped, future, [], Array("a text".utf8)] {
      try bench.folder.write(bytes, to: "m")
      expectFailure(try Tool.run(evaluate), bench.folder.path("m"))
    }
    expectFailure(try Tool.run(["evaluate", bench.folder.path("none"), "--data", bench.data]), "none")
  }

  @Test func imagesOfAnotherSizeAreRefused() throws {
    let bench = try Bench()
    let other = try Bench(TinyData(width: 15))
    expectSilence(try Tool.run(bench.training("run")))
    let model = bench.folder.path("run/model.tally")
    for command in ["evaluate", "predict"] {
      expectFailure(try Tool.run([command, model, "--data", other.data]), "15×16×1", "16×16×1")
    }
  }

  @Test func foldersThatCannotBeWrittenAreRefused() throws {
    let bench = try Bench()
    try bench.folder.write([1], to: "file")
    expectFailure(try Tool.run(bench.training("file/run")), "/file: File exists", "--out")
  }

  @Test func aFullDiskLeavesNothingHalfWritten() throws {
    let bench = try Bench()
    let disk = bench.folder.path("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
    guard getuid() == 0, try Tool.shell("mount -t tmpfs -o size=24k tmpfs '\(disk)'").code == 0 else {
      print("skipped: a small disk to fill needs root and tmpfs")
      return
    }
    defer { _ = try? Tool.shell("umount '\(disk)'") }
    let outcome = try Tool.run(bench.training("disk/run"), ["TALLY_CHECKPOINT_SECONDS": "0"])
    expectFailure(outcome, "No space left on device")
    expectNothingHalfWritten(bench, "disk/run")
  }

  @Test func wrongUsageIsExitCodeTwo() throws {
    let bench = try Bench()
    for arguments in [
      bench.training("a") + ["--limit", "0"], bench.training("a") + ["--validation", "1.5"],
      ["train", "--data", bench.data], ["train", "--bogus"], ["evaluate"],
      ["train", "--data", bench.data, "--out", bench.folder.path("a"), "--threads", "0"],
    ] {
      let outcome = try Tool.run(arguments)
      #expect(outcome.code == 2, "\(arguments): \(outcome)")
    }
    let forced = try Tool.run(["kernels"], ["TALLY_FORCE_KERNELS": "bogus"])
    expectFailure(forced, code: 2, "TALLY_FORCE_KERNELS=bogus", "scalar")
  }
}
