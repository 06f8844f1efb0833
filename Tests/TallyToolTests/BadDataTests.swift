// Data sets that are missing, damaged or unfit: one line that names the file, exit code 1, nothing written.

import BitKernels
import Foundation
import Testing
import _TestSupport

@Suite struct BadDataTests {
  private static let images = "data/train-images-idx3-ubyte"
  private static let labels = "data/train-labels-idx1-ubyte"

  /// Trains on the bench's data, which must fail with these words.
  private func expectRefusal(
    _ bench: Bench, _ parts: String..., at location: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try Tool.run(bench.training("run"))
    expectFailure(outcome, at: location)
    for part in parts {
      #expect(outcome.errors.contains(part), "no \"\(part)\" in: \(outcome.errors)", sourceLocation: location)
    }
    #expect(!bench.has("run"), sourceLocation: location)
  }

  @Test func missing() throws {
    let bench = try Bench()
    for (data, words) in [
      ("nothing", "fashion-mnist"), ("./nothing", "./nothing: no such folder"), ("a,b,c", "images,labels"),
      ("/nowhere/a,/nowhere/b", "/nowhere/b: no such file"), (bench.plan, "plan.json"),
    ] {
      let outcome = try Tool.run(["train", "--data", data, "--out", bench.folder.path("run")])
      expectFailure(outcome, words)
    }
    #expect(!bench.has("run"))
    try FileManager.default.removeItem(atPath: bench.folder.path(Self.labels))
    try expectRefusal(bench, "train-labels-idx1-ubyte", "no such file")
    try FileManager.default.removeItem(atPath: bench.folder.path(Self.images))
    try expectRefusal(bench, "no training images")
    try FileManager.default.removeItem(atPath: bench.data)
    try FileManager.default.createDirectory(atPath: bench.data, withIntermediateDirectories: true)
    try expectRefusal(bench, "the folder is empty", "train-images-idx3-ubyte")
  }

  @Test func wrongMagic() throws {
    let bench = try Bench()
    try bench.folder.write(Array("not an IDX file at all".utf8), to: Self.images)
    try expectRefusal(bench, Self.images, "bytes 0 to 3 are 6e 6f 74 20", "00 00 08 03")
    try bench.folder.write(TinyData().labelFile, to: Self.images)
    try expectRefusal(bench, Self.images, "this is a file of labels")
  }

  @Test func truncated() throws {
    let bench = try Bench()
    let images = TinyData().imageFile
    for length in [0, 3, 10, 16, 5000, images.count - 1] {
      try bench.folder.write(Array(images[..<length]), to: Self.images)
      try expectRefusal(bench, Self.images, "ends at byte \(length)", "short")
    }
    try bench.folder.write(images + [0], to: Self.images)
    try expectRefusal(bench, Self.images, "extra bytes after its content")
    try bench.folder.write(images, to: Self.images)
    try bench.folder.write(Array(TinyData().labelFile.dropLast()), to: Self.labels)
    try expectRefusal(bench, Self.labels, "1 bytes short")
  }

  @Test(.enabled(if: Tool.hasProgram("xz") && Tool.hasProgram("gzip"), "there are no gzip and xz programs"))
  func damagedCompression() throws {
    let bench = try Bench()
    for (program, ending) in [("gzip", "gz"), ("xz", "xz")] {
      try bench.folder.write(TinyData().imageFile, to: Self.images)
      #expect(try Tool.shell("\(program) '\(bench.folder.path(Self.images))'").code == 0)
      let name = "\(Self.images).\(ending)"
      let whole = try bench.bytes(name)
      for length in [0, 5, 100, whole.count - 1] {
        try bench.folder.write(Array(whole[..<length]), to: name)
        try expectRefusal(bench, name)
      }
      var flipped = whole
      flipped[whole.count / 2] ^= 0x10
      try bench.folder.write(flipped, to: name)
      try expectRefusal(bench, name, "damaged")
      try bench.folder.write(TinyData().imageFile, to: name)
      try expectRefusal(bench, name, "fetch it again, or drop the ending")
      try FileManager.default.removeItem(atPath: bench.folder.path(name))
    }
  }

  @Test func imagesAndLabelsThatDoNotBelongTogether() throws {
    let bench = try Bench()
    try bench.folder.write(TinyData(count: 95).labelFile, to: Self.labels)
    try expectRefusal(bench, "96 images", "95 labels")
    try bench.folder.write(TinyData(classes: 1).labelFile, to: Self.labels)
    try expectRefusal(bench, "all 96 images are of class", "two classes")
    try bench.folder.write(TinyData().labelFile, to: Self.labels)
    try bench.folder.write(Array("one\ntwo\n".utf8), to: "data/classes.txt")
    try expectRefusal(bench, "data/classes.txt", "names 2 classes", "labels up to 2")
  }

  @Test func noImages() throws {
    let bench = try Bench()
    try bench.folder.write(TinyData.idx([0, 16, 16], []), to: Self.images)
    try bench.folder.write(TinyData.idx([0], []), to: Self.labels)
    try expectRefusal(bench, Self.images, "no images")
    try bench.folder.write(TinyData.idx([2, 0, 16], []), to: Self.images)
    try bench.folder.write(TinyData.idx([2], [0, 1]), to: Self.labels)
    try expectRefusal(bench, Self.images)
    // A header that promises more than any memory holds.
    try bench.folder.write(TinyData.idx([0xFFFF_FFFF, 0xFFFF, 0xFFFF], []), to: Self.images)
    try expectRefusal(bench, Self.images)
  }

  @Test func damagedBatches() throws {
    let bench = try Bench()
    try FileManager.default.removeItem(atPath: bench.data)
    try FileManager.default.createDirectory(atPath: bench.data, withIntermediateDirectories: true)
    let batch = TinyData(count: 20, width: 32, height: 32, channels: 3, classes: 10).batchFile
    let name = "data/data_batch_1.bin"
    try bench.folder.write(Array(batch.dropLast(100)), to: name)
    try expectRefusal(bench, name, "within record 19", "byte \(19 * 3073)")
    var labelled = batch
    labelled[4 * 3073] = 10
    try bench.folder.write(labelled, to: name)
    try expectRefusal(bench, name, "record 4", "label 10", "byte \(4 * 3073)")
    try bench.folder.write([], to: name)
    try expectRefusal(bench, name, "no images")
    if Tool.hasProgram("xz") {
      try bench.folder.write(batch, to: name)
      #expect(try Tool.shell("xz '\(bench.folder.path(name))'").code == 0)
      let packed = try bench.bytes(name + ".xz")
      try bench.folder.write(Array(packed.dropLast(50)), to: name + ".xz")
      try expectRefusal(bench, name + ".xz", "is cut short")
    } else {
      print("skipped the xz part: there is no xz program here")
    }
  }

  @Test func imagesThatAreNotTheModels() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run"))
    let report = try bench.bytes("run/report.html")
    let sizes: [(TinyData, String)] = [
      (TinyData(count: 20, width: 12), "12×16×1"), (TinyData(count: 20, channels: 3), "16×16×3"),
      (TinyData(count: 20, classes: 5), "2 classes that the model does not know: 3, 4"),
    ]
    for (set, words) in sizes {
      let other = try Bench(set)
      let (model, data) = (bench.folder.path("run/model.tally"), ["--data", other.data])
      expectFailure(try Tool.run(["evaluate", model] + data), words)
      expectFailure(try Tool.run(["report", bench.folder.path("run")] + data), words)
      if set.classes == 3 {
        expectFailure(try Tool.run(["predict", model] + data), words)
        expectFailure(try Tool.run(["inspect", model] + data), words)
      } else {
        // Only the pixels matter to a prediction; the images keep the labels they have.
        let outcome = try Tool.run(["predict", model] + data)
        #expect(outcome.code == 0 && outcome.errors.hasPrefix("warning: ") && outcome.errors.contains(words))
        #expect(outcome.output.contains("(labelled 4)") && outcome.errors.count { $0 == "\n" } == 1)
      }
    }
    #expect(try bench.bytes("run/report.html") == report)
    let beyond = ["predict", bench.folder.path("run/model.tally"), "--data", bench.data, "--index", "30"]
    expectFailure(try Tool.run(beyond), code: 2, "--index 30", "30 images", "29")
  }
}
