// The commands as a user meets them, on data that can be learned: what they write and what they print.

import BinaryNetworks
import BitKernels
import Foundation
import LayerwiseTraining
import Testing
import TrainingPlans
import _TestSupport

@Suite struct ContractTests {
  @Test func trainingWritesModelReportLogAndCheckpoint() throws {
    let bench = try Bench(TinyData(count: 240))
    let run = try Tool.run([
      "train", "--data", bench.data, "--plan", "quick", "--out", bench.folder.path("run") + "/",
      "--validation", "0.1",
      "--seed", "1", "--threads", "2", "--limit", "200", "--set", "layers.*.filters=16", "--set",
      "layers.*.refine.passes=1", "--quiet",
    ])
    expectSilence(run)
    #expect(
      bench.files("run") == [
        "checkpoint", "checkpoint/origin.json", "checkpoint/state.tally", "log.jsonl", "model.tally",
        "report.html",
      ])
    let model = try Model.read(path: bench.folder.path("run/model.tally"))
    #expect(model.seed == 1 && model.network.classNames == ["0", "1", "2"])
    let summary = try #require(TrainingSummary(json: model.summary))
    // Each of the 3 classes gives a tenth of its 66 or 67 images.
    #expect(
      summary.trainingImages + summary.validationImages == 200 && (18...21).contains(summary.validationImages)
    )
    let report = String(decoding: try bench.bytes("run/report.html"), as: UTF8.self)
    #expect(report.hasPrefix("<!DOCTYPE html>\n<html ") && report.hasSuffix("</html>\n"))
    let events = try logLines(bench, "run").compactMap { $0["event"] as? String }
    #expect(events.first == "started" && events.last == "finished")
    #expect(events.count { $0 == "layer" } == model.network.layers.count)
  }

  @Test func evaluationIsOneObjectAndTheModelHasLearned() throws {
    let bench = try Bench(TinyData(count: 240))
    try Tool.run(bench.training("run"))
    let model = bench.folder.path("run/model.tally")
    let outcome = try Tool.run(["evaluate", model, "--data", bench.data, "--json"])
    expectSuccess(outcome)
    let result = try jsonObject(outcome.output)
    let accuracy = try #require(result["accuracy"] as? Double)
    // A third would be chance.
    #expect(accuracy > 0.6)
    let confusion = try #require(result["confusion"] as? [[Int]])
    #expect(confusion.map { $0.reduce(0, +) } == [10, 10, 10])
    #expect(result["correct"] as? Int == (0..<3).reduce(0) { $0 + confusion[$1][$1] })
    #expect(Int((accuracy * 30).rounded()) == result["correct"] as? Int)
    #expect(
      Set(result.keys).isSuperset(of: [
        "model", "data", "part", "images", "imagesPerSecond", "classes", "layers",
      ]))
    let text = try Tool.run(["evaluate", model, "--data", bench.data, "--limit", "20", "--part", "train"])
    expectSuccess(text)
    #expect(text.output.contains(" of 20 training images") && text.output.contains("confusion"))
  }

  @Test func predictionsAreThoseOfTheLibrary() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run"))
    let model = bench.folder.path("run/model.tally")
    let command = ["predict", model, "--data", bench.data]
    let all = try Tool.run(command + ["--json"])
    expectSuccess(all)
    let rows = try jsonArray(all.output)
    #expect(rows.count == 30 && rows.compactMap { $0["index"] as? Int } == Array(0..<30))
    let chosen = try jsonArray(
      try Tool.run(command + ["--json", "--top", "9", "--index", "7", "--index", "3"]).output)
    #expect(chosen.compactMap { $0["index"] as? Int } == [7, 3])
    for row in chosen {
      let classes = try #require(row["classes"] as? [[String: Any]])
      let scores = classes.compactMap { $0["score"] as? Int }
      #expect(Set(classes.compactMap { $0["name"] as? String }) == ["0", "1", "2"])
      #expect(scores == scores.sorted(by: >) && scores.count == 3)
    }
    let lines = try Tool.run(command + ["--top", "2", "--threads", "3"]).output.split(separator: "\n")
    #expect(lines.count == 30)
    for (line, row) in zip(lines, rows) {
      let best = try #require((row["classes"] as? [[String: Any]])?.first)
      let label = try #require(row["label"] as? String)
      let share = String(format: "%.2f %%", 100 * (try #require(best["share"] as? Double)))
      #expect(
        line.hasPrefix("\(row["index"] ?? "")\t\(best["name"] ?? "") \(best["score"] ?? "") \(share)\t"))
      #expect(line.hasSuffix("(labelled \(label))") && line.split(separator: "\t").count == 4)
    }
    let correct = try jsonObject(try Tool.run(["evaluate", model, "--data", bench.data, "--json"]).output)[
      "correct"]
    let hits = rows.count {
      ($0["classes"] as? [[String: Any]])?.first?["name"] as? String == $0["label"] as? String
    }
    #expect(correct as? Int == hits)
  }

  @Test func inspectionAndReport() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run"))
    let model = bench.folder.path("run/model.tally")
    let text = try Tool.run(["inspect", model])
    expectSuccess(text)
    let rows = text.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    // A header and the two layers: number, filters, window.
    #expect(
      rows.dropFirst().prefix(2).map { Array($0.prefix(3)) } == [["1", "12", "3×3"], ["2", "10", "3×3"]])
    let plain = try jsonObject(try Tool.run(["inspect", model, "--json"]).output)
    let outcome = try Tool.run(["inspect", model, "--json", "--data", bench.data, "--limit", "10"])
    expectSuccess(outcome)
    let measured = try jsonObject(outcome.output)
    #expect(measured.keys.sorted() == plain.keys.sorted())
    #expect(plain["images"] as? Int == 0 && measured["images"] as? Int == 10)
    for (object, thresholds) in [(plain, [0, 0]), (measured, [2, 1])] {
      let layers = try #require(object["layers"] as? [[String: Any]])
      #expect(layers.map { ($0["features"] as? [Any])?.count } == thresholds)
    }
    try FileManager.default.removeItem(atPath: bench.folder.path("run/report.html"))
    let report = try Tool.run(["report", bench.folder.path("run"), "--data", bench.data])
    expectSuccess(report)
    #expect(report.output == bench.folder.path("run/report.html") + "\n")
    let page = String(decoding: try bench.bytes("run/report.html"), as: UTF8.self)
    #expect(page.contains("test accuracy") && page.contains("test images"))
  }

  @Test func kernelsListsWhatIsActive() throws {
    let rows = try jsonArray(try Tool.run(["kernels", "--json"]).output)
    #expect(rows.compactMap { $0["name"] as? String } == Kernels.implementations.map(\.name))
    for row in rows where row["available"] as? Bool == true {
      let name = try #require(row["name"] as? String)
      let forced = try jsonArray(
        try Tool.run(["kernels", "--json"], ["TALLY_FORCE_KERNELS": name]).output)
      #expect(forced.filter { $0["active"] as? Bool == true }.compactMap { $0["name"] as? String } == [name])
    }
    let text = try Tool.run(["kernels"])
    expectSuccess(text)
    #expect(text.output.split(separator: "\n").count == rows.count && text.output.contains("active"))
  }

  @Test func printedPlansAreFilesThatTrain() throws {
    // A line for each plan, and under it, indented, what its networks cost and reached.
    let lines = try Tool.run(["plans"]).output.split(separator: "\n")
    let names = lines.filter { !$0.hasPrefix(" ") }.map { String($0.prefix { $0 != " " }) }
    #expect(lines.count > 3 * names.count)
    #expect(names == TrainingPlan.names)
    for name in names {
      let text = try Tool.run(["plans", name])
      expectSuccess(text)
      #expect(try TrainingPlan(json: Array(text.output.utf8), path: nil) == TrainingPlan.named(name))
    }
    let bench = try Bench()
    let small = ["layers.*.filters=8", "layers.*.refine.passes=1", "mergesPerPass=2"]
    let plan = try Tool.run(["plans", "quick"] + small.flatMap { ["--set", $0] })
    try bench.folder.write(Array(plan.output.utf8), to: "plan.json")
    expectSilence(try Tool.run(bench.training("a")))
    try bench.folder.write(Array(try Tool.run(["plans", "quick"]).output.utf8), to: "plan.json")
    expectSilence(try Tool.run(bench.training("b", small)))
    #expect(try bench.bytes("a/model.tally") == bench.bytes("b/model.tally"))
  }

  @Test func aNewTrainingReplacesAnEarlierOne() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run", seed: 2))
    try bench.folder.write([1, 2, 3], to: "run/.tally-left.tmp")
    try bench.folder.write([1, 2, 3], to: "run/mine.txt")
    expectSilence(try Tool.run(bench.training("run")))
    expectSilence(try Tool.run(bench.training("fresh")))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("fresh/model.tally"))
    #expect(try logLines(bench, "run").count == logLines(bench, "fresh").count)
    #expect(bench.has("run/mine.txt") && !bench.has("run/.tally-left.tmp"))
  }

  @Test func relativePathsWorkAfterAMove() throws {
    let bench = try Bench()
    let outcome = try Tool.shell(
      """
      cd '\(bench.folder.url.path)' && $TALLY train --data data --plan plan.json --out 'my run' --quiet &&
      cd / && $TALLY train --resume '\(bench.folder.path("my run"))' --quiet
      """)
    expectSilence(outcome)
    #expect(bench.has("my run/model.tally"))
  }
}
