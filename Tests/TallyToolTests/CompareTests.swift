// `tally compare`: the same images for all, agreement with evaluate, what is refused, the page.

import Foundation
import ModelEvaluation
import Plumbing
import Testing
import _TestSupport

@Suite struct CompareTests {
  private let bench: Bench
  init() throws { bench = try Bench() }

  private func path(_ run: String) -> String { bench.folder.path(run) }

  @Test func agreesWithEvaluateAndItself() throws {
    expectSilence(try Tool.run(bench.training("one", ["layers.*.filters=3"])))
    expectSilence(try Tool.run(bench.training("two", ["layers.0.filters=20"], seed: 2)))
    let page = path("compare.html")
    let outcome = try Tool.run(["compare", path("one/"), path("two/model.tally"), "--out", page])
    expectSuccess(outcome)
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines.filter { $0.count > 80 })")
    for words in ["same for all", "95 % interval", "layers.0.filters", "seed", "only it right"] {
      #expect(outcome.output.contains(words), "no \"\(words)\" in: \(outcome.output)")
    }
    let itself = try Tool.run(["compare", path("one"), path("one")])
    #expect(itself.output.contains("p = 1") && itself.output.contains("same settings, same seed"))
    #expect(String(decoding: try bench.bytes("compare.html"), as: UTF8.self).hasPrefix("<!DOCTYPE html>"))
    let json = try jsonObject(
      try Tool.run(["compare", path("one"), path("two"), "--json", "--threads", "3"]).output)
    let models = try #require(json["models"] as? [[String: Any]])
    for (run, model) in zip(["one", "two"], models) {
      let evaluated = try jsonObject(try Tool.run(["evaluate", path(run), "--json"]).output)
      #expect(model["correct"] as? Int == evaluated["correct"] as? Int)
      #expect(model["meanWords"] as? Int == evaluated["meanWords"] as? Int)
      #expect(model["bytes"] as? Int == (try bench.bytes("\(run)/model.tally")).count)
      #expect(try #require(model["trainingSeconds"] as? Double) > 0)
    }
    // Who is right where, counted from single predictions.
    let right = try ["one", "two"].map { run in
      try jsonArray(try Tool.run(["predict", path(run), "--limit", "1000", "--json"]).output).map { row in
        (row["classes"] as? [[String: Any]])?.first?["name"] as? String == row["label"] as? String
      }
    }
    let expected = PairedResult(right[0], right[1])
    let pair = try #require((json["pairs"] as? [[String: Any]])?.first)
    #expect(pair["both"] as? Int == expected.both && pair["neither"] as? Int == expected.neither)
    #expect(pair["onlyFirst"] as? Int == expected.onlyFirst && pair["onlyIt"] as? Int == expected.onlySecond)
    #expect(abs(try #require(pair["pValue"] as? Double) - expected.pValue) < 1e-12)
    let keys = (json["planDifferences"] as? [[String: Any]])?.compactMap { $0["key"] as? String }
    #expect(keys == ["layers.0.filters", "layers.1.filters"])
  }

  @Test func whatCannotBeComparedIsRefused() throws {
    expectSilence(try Tool.run(bench.training("one")))
    func other(_ set: TinyData) throws -> String {
      let bench = try Bench(set)
      expectSilence(try Tool.run(bench.training("run")))
      try self.bench.folder.write(bench.bytes("run/model.tally"), to: "other.tally")
      return self.path("other.tally")
    }
    expectFailure(
      try Tool.run(["compare", path("one"), try other(TinyData(width: 20))]), "20x16x1", "one shape")
    expectFailure(
      try Tool.run(["compare", path("one"), try other(TinyData(classes: 4))]), "different classes", "\"3\"")
    expectFailure(try Tool.run(["compare", path("one")]), code: 2, "two or more")
    expectFailure(
      try Tool.run(["compare", path("one"), path("one"), "--out", "a.png"]), code: 2, ".html")
    expectFailure(
      try Tool.run(["compare", path("one"), path("one"), "--out", path("none/a.html")]), "there is no folder")
    expectFailure(try Tool.run(["compare", path("one"), path("none")]), "none")
    // Runs of two data sets do not say which to take.
    let second = try Bench(TinyData(seed: 5))
    expectSilence(
      try Tool.run(second.training("run").map { $0 == second.folder.path("run") ? path("two") : $0 }))
    expectFailure(try Tool.run(["compare", path("one"), path("two")]), code: 2, "--data", second.data)
    expectSuccess(try Tool.run(["compare", path("one"), path("two"), "--data", bench.data]))
  }

  @Test func otherTestImagesAreRefused() throws {
    try bench.writePhotos(["down": 40, "right": 40])
    for (run, seed) in [("one", "1"), ("two", "2"), ("three", "1")] {
      expectNothingButWarnings(
        try Tool.run(
          [
            "train", "--data", path("photos"), "--plan", bench.plan, "--size", "16", "--seed", seed,
            "--quiet",
            "--out", path(run),
          ] + (run == "three" ? ["--set", "layers.0.filters=8"] : [])))
    }
    expectFailure(
      try Tool.run(["compare", path("one"), path("two")]), "keep different images", "--data")
    expectSuccess(try Tool.run(["compare", path("one"), path("three")]))
  }
}
