// Training on folders of images, and what is done with such a model.

import BinaryNetworks
import BitKernels
import Foundation
import ImageData
import LayerwiseTraining
import Testing
import _TestSupport

@Suite struct FolderTests {
  private let bench: Bench
  init() throws { bench = try Bench() }

  private func train(_ out: String, _ more: [String] = [], data: String = "photos") throws -> Outcome {
    try Tool.run(
      ["train", "--data", bench.folder.path(data), "--plan", bench.plan, "--out", bench.folder.path(out)]
        + more)
  }

  private func evaluate(_ run: String, _ more: [String] = [], data: String = "photos") throws -> [String: Any]
  {
    let arguments = ["evaluate", model(run), "--data", bench.folder.path(data), "--json"]
    let outcome = try Tool.run(arguments + more)
    expectSuccess(outcome)
    return try jsonObject(outcome.output)
  }

  private func model(_ run: String) -> String { bench.folder.path("\(run)/model.tally") }

  @Test func trainingKeepsATestPartThatEvaluateFinds() throws {
    try bench.writePhotos(["down": 40, "right": 40, "slant": 40])
    let outcome = try train("run", ["--threads", "1"])
    expectSuccess(outcome)
    for words in [
      "12 of its 120 images", "fitted to", "all images are grey", "97 training and 11 validation images",
    ] {
      #expect(outcome.output.contains(words), "no \"\(words)\" in: \(outcome.output)")
    }
    let model = try Model.read(path: model("run"))
    #expect(model.network.classNames == ["down", "right", "slant"])
    let summary = try #require(TrainingSummary(json: model.summary))
    #expect(summary.folder?.files == 120 && summary.folder?.testShare == 100_000)
    // The same bytes with other threads, and again.
    expectSilence(try train("again", ["--threads", "3", "--quiet"]))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("again/model.tally"))
    let test = try evaluate("run")
    #expect(test["images"] as? Int == 12 && (test["accuracy"] as? Double ?? 0) > 0.6)
    #expect(try evaluate("run", ["--part", "train"])["images"] as? Int == 108)
    // A folder that is another one is taken whole, which is said.
    try bench.writePhotos(["down": 41])
    let arguments = ["evaluate", self.model("run"), "--data", bench.folder.path("photos")]
    let changed = try Tool.run(arguments)
    #expect(
      changed.code == 0 && changed.errors.hasPrefix("warning: ") && changed.output.contains("of 121 images"))
  }

  @Test func partsAreHonoured() throws {
    try bench.writePhotos(["a": 30, "b": 30], in: "set/train", channels: 3)
    try bench.writePhotos(["a": 7, "b": 6], in: "set/val", channels: 3)
    try bench.writePhotos(["a": 5, "b": 4], in: "set/test", channels: 3)
    let outcome = try train("run", ["--size", "20x16"], data: "set")
    expectSuccess(outcome)
    #expect(outcome.output.contains("60 training and 13 validation images, 20×16×3, 2 classes"))
    #expect(try evaluate("run", data: "set")["images"] as? Int == 9)
    #expect(try evaluate("run", data: "set/test")["images"] as? Int == 9)
  }

  @Test func optionsOfFolders() throws {
    try bench.writePhotos(["a": 30, "b": 8])
    let outcome = try train("run", ["--colour", "rgb", "--size", "16", "--test", "0", "--limit", "35"])
    expectSuccess(outcome)
    #expect(outcome.output.contains("16×16×3") && !outcome.output.contains("held out for testing"))
    #expect(outcome.output.contains("classes are uneven"))
    let balanced = try train("even", ["--balance", "--validation", "0"])
    expectSuccess(balanced)
    #expect(
      balanced.output.contains("34 training and 0 validation images")
        && balanced.output.contains("54 images, counting repeats"))
    let plan = try Model.read(path: model("even")).plan
    #expect(plan.contains(#""balance": true"#))
    for (arguments, words) in [
      (["--size", "3"], "--size"), (["--size", "16x"], "--size"), (["--size", "-5"], "--size"),
      (["--colour", "red"], "colour"), (["--test", "1"], "--test"),
    ] {
      expectFailure(try train("bad", arguments), code: 2, words)
    }
    let other = ["train", "--data", bench.data, "--out", bench.folder.path("bad"), "--size", "16"]
    expectFailure(try Tool.run(other), code: 2, "--size is for folders of images")
    expectFailure(
      try Tool.run(["train", "--resume", bench.folder.path("run"), "--balance"]), code: 2, "--balance")
    #expect(!bench.has("bad"))
  }

  @Test func brokenImages() throws {
    try bench.writePhotos(["a": 60, "b": 60])
    let broken = try bench.folder.write([1, 2, 3], to: "photos/a/broken.jpg")
    let outcome = try train("run", ["--test", "0", "--quiet"])
    #expect(outcome.code == 0 && outcome.output == "")
    #expect(outcome.errors.contains("warning: ") && outcome.errors.contains(broken))
    expectFailure(try train("strict", ["--strict"]), broken)
    for n in 0..<3 { try bench.folder.write([], to: "photos/b/broken\(n).png") }
    expectFailure(try train("many", ["--test", "0"]), "4 of 124", "one in a hundred")
    #expect(!bench.has("strict") && !bench.has("many"))
  }

  @Test func resumedTrainingsEndAlike() throws {
    try bench.writePhotos(["a": 30, "b": 30])
    expectSuccess(try train("whole"))
    expectSuccess(try Tool.run(["train", "--resume", bench.folder.path("whole"), "--quiet"]))
    try bench.writePhotos(["a": 31])
    expectFailure(
      try Tool.run(["train", "--resume", bench.folder.path("whole"), "--quiet"]), "other training data")
  }

  @Test func arraysAreDataToo() throws {
    let set = TinyData()
    func npy(_ shape: String, _ content: [UInt8]) -> [UInt8] {
      let text = Array("{'descr': '|u1', 'fortran_order': False, 'shape': (\(shape)), }\n".utf8)
      return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count), 0] + text + content
    }
    let images = try bench.folder.write(npy("96, 16, 16", set.pixels), to: "images.npy")
    let labels = try bench.folder.write(npy("96,", set.labels), to: "labels.npy")
    let out = bench.folder.path("arrays")
    // The bench's folder has a test part of its own; of the pair, all images are learned from only if none is drawn.
    let train = ["train", "--data", "\(images),\(labels)", "--plan", bench.plan, "--out", out, "--quiet"]
    expectSilence(try Tool.run(train + ["--test", "0"]))
    try Tool.run(bench.training("run"))
    #expect(try bench.bytes("arrays/model.tally") == bench.bytes("run/model.tally"))
  }
}
