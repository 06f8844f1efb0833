// Training on arrays and what follows: the part that is kept to test with, classes by name, warnings.

import BinaryNetworks
import Foundation
import ImageData
import LayerwiseTraining
import Testing
import _TestSupport

@Suite struct ArrayRunTests {
  private let bench: Bench
  init() throws { bench = try Bench() }

  private func model(_ run: String) -> String { bench.folder.path("\(run)/model.tally") }

  /// Writes a set as a pair of arrays, and gives its name.
  private func pair(_ set: TinyData, _ name: String, labels: [Int]? = nil) throws -> String {
    let pixels = npy("|u1", [set.count, set.height, set.width], set.pixels)
    let images = try bench.folder.write(pixels, to: "\(name).npy")
    return try
      "\(images),\(bench.folder.write(npyLabels(labels ?? set.labels.map { Int($0) }), to: "\(name)-y.npy"))"
  }

  private func train(_ data: String, _ out: String, _ more: [String] = []) throws -> Outcome {
    try Tool.run(
      ["train", "--data", data, "--plan", bench.plan, "--out", bench.folder.path(out), "--threads", "1"]
        + more)
  }

  private func evaluate(_ run: String, _ data: String, _ more: [String] = []) throws -> Outcome {
    try Tool.run(["evaluate", model(run), "--data", data] + more)
  }

  @Test func aPairKeepsATestPartThatEvaluateFinds() throws {
    let data = try pair(TinyData(count: 240), "all")
    let outcome = try train(data, "run")
    expectSuccess(outcome)
    for words in [
      "24 of its 240 images, drawn by class with seed 1, are held out", "194 training and 22 validation",
    ] {
      #expect(outcome.output.contains(words), "no \"\(words)\" in: \(outcome.output)")
    }
    let summary = try #require(TrainingSummary(json: try Model.read(path: model("run")).summary))
    #expect(summary.folder?.files == 240)
    let test = try evaluate("run", data)
    expectSuccess(test)
    #expect(test.output.contains("of 24 test images"))
    let learned = try evaluate("run", data, ["--part", "train"])
    expectSuccess(learned)
    #expect(learned.output.contains("of 216 training images"))
    // Other images are all used, and it is said that they are others.
    let others = try evaluate("run", try pair(TinyData(count: 60, seed: 9), "others"))
    #expect(
      others.code == 0 && others.output.contains("of 60 images") && others.errors.hasPrefix("warning: "))
    // --test decides how many, and needs a set without test images.
    let half = try train(data, "half", ["--test", "0.5", "--quiet"])
    expectSilence(half)
    #expect(try evaluate("half", data).output.contains("of 120 test images"))
    expectFailure(
      try train(bench.data, "no", ["--test", "0.5"]), code: 2, "--test is for folders of images")
    expectFailure(try train(data, "no", ["--test", "0.5", "--size", "8"]), code: 2, "--size is for folders")
  }

  @Test func shardsOfAPairGiveTheSameModel() throws {
    let data = try pair(TinyData(count: 120), "all")
    expectSilence(try train(data, "run", ["--quiet", "--set", "shards=2"]))
    let shard = ["shard", "--data", data, "--shards", "2", "--out", bench.folder.path("shards"), "--quiet"]
    expectSilence(try Tool.run(shard))
    for engine in ["local", "process"] {
      let outcome = try train(bench.folder.path("shards"), engine, ["--quiet", "--engine", engine])
      #expect(outcome.code == 0, "\(outcome)")
      #expect(try bench.bytes("\(engine)/model.tally") == bench.bytes("run/model.tally"))
    }
    #expect(try evaluate("local", data).output.contains("of 12 test images"))
  }

  @Test func theImagesThatWereLearnedFromAreCalledSo() throws {
    let set = TinyData(count: 120)
    let (x, y) = try {
      let paths = try pair(set, "all").split(separator: ",").map(String.init)
      return (paths[0], paths[1])
    }()
    expectSilence(try train("\(x),\(y),\(x),\(y)", "run", ["--quiet"]))
    for data in ["\(x),\(y),\(x),\(y)", "\(x),\(y)"] {
      let outcome = try evaluate("run", data)
      #expect(outcome.code == 0 && outcome.output.contains("of 120 training images"), "\(outcome)")
      #expect(
        outcome.errors.hasPrefix("warning: ") && outcome.errors.contains("the training images of the model"))
      let object = try jsonObject(try evaluate("run", data, ["--json"]).output)
      #expect(object["part"] as? String == "train")
    }
    let report = try Tool.run(["report", bench.folder.path("run"), "--data", "\(x),\(y)"])
    #expect(report.code == 0)
    #expect(String(decoding: try bench.bytes("run/report.html"), as: UTF8.self).contains("training accuracy"))
  }

  @Test func classesAreMatchedByName() throws {
    // Learned with the labels 10, 2 and 3 in class folders, in the order of text.
    try bench.writePhotos(["10": 40, "2": 40, "3": 40])
    expectSilence(try train(bench.folder.path("photos"), "run", ["--size", "16", "--quiet"]))
    let names = ["10", "2", "3"]
    #expect(try Model.read(path: model("run")).network.classNames == names)
    let set = TinyData(count: 30)
    let data = try pair(set, "same", labels: set.labels.map { [2, 3, 10][Int($0)] })
    let outcome = try evaluate("run", data, ["--json"])
    expectSuccess(outcome)
    let classes = try #require(try jsonObject(outcome.output)["classes"] as? [[String: Any]])
    #expect(
      classes.map { $0["name"] as? String } == names && classes.allSatisfy { $0["images"] as? Int == 10 })
    let row = try #require(
      try jsonArray(Tool.run(["predict", model("run"), "--data", data, "--index", "2", "--json"]).output)
        .first)
    #expect(row["label"] as? String == "10")
    let unknown = try pair(set, "unknown", labels: set.labels.map { [2, 3, 4][Int($0)] })
    for command in [["evaluate", model("run")], ["report", bench.folder.path("run")]] {
      expectFailure(try Tool.run(command + ["--data", unknown]), "does not know: 4", "2, 3, 4", "10, 2, 3")
    }
  }

  @Test func numbersCountNamedClassesAndThisIsSaid() throws {
    try bench.writePhotos(["down": 40, "right": 40, "slant": 40])
    expectSilence(try train(bench.folder.path("photos"), "run", ["--size", "16", "--quiet"]))
    let outcome = try evaluate("run", bench.data)
    #expect(outcome.code == 0 && outcome.errors.count { $0 == "\n" } == 1)
    #expect(outcome.errors.hasPrefix("note: ") && outcome.errors.contains("0 = down to 2 = slant"))
  }

  @Test func trainingsThatComeToNothingAreWarnedOf() throws {
    let set = TinyData(count: 120)
    let zeros = try bench.folder.write(
      npy("|u1", [120, 16, 16], [UInt8](repeating: 0, count: set.pixels.count)), to: "zeros.npy")
    let labels = try bench.folder.write(npyLabels(set.labels.map { Int($0) }), to: "y.npy")
    let outcome = try train("\(zeros),\(labels)", "run", ["--quiet"])
    #expect(outcome.code == 0 && outcome.output == "", "\(outcome)")
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("warning: ") }, "\(outcome)")
    #expect(outcome.errors.contains("all pixels of all 108 images are 0"))
    #expect(outcome.errors.contains("not clearly above the share of the most frequent class"))
    let events = try logLines(bench, "run")
    #expect(
      events.contains { $0["event"] as? String == "warning" }
        && events.last?["event"] as? String == "finished")
  }

  @Test func labelsWithGapsMakeFewClasses() throws {
    let set = TinyData(count: 60)
    let data = try pair(set, "ids", labels: set.labels.map { Int($0) * 30_000 })
    expectSilence(try train(data, "run", ["--quiet"]))
    #expect(try Model.read(path: model("run")).network.classNames == ["0", "30000", "60000"])
    expectSuccess(try evaluate("run", data))
    let ids = try bench.folder.write(npyLabels(Array(0..<20_000)), to: "many.npy")
    let images = try bench.folder.write(
      npy("|u1", [20_000, 1, 1], [UInt8](repeating: 1, count: 20_000)), to: "dots.npy")
    expectFailure(try train("\(images),\(ids)", "no"), "20000 different numbers", "at most 10000 classes")
  }
}
