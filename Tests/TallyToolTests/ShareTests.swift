// Shares from training to every place they are shown: calibrated where a validation part was kept, left out otherwise.

import BinaryNetworks
import Foundation
import ImageData
import LayerwiseTraining
import ModelEvaluation
import Plumbing
import Testing
import _TestSupport

@Suite struct ShareTests {
  /// The labels of a set, every fourth or so another one: nobody can be sure of them.
  private func doubtfulLabels(_ set: TinyData) -> [UInt8] {
    var generator = SeededGenerator(seed: set.seed, 4)
    return set.labels.map { generator.below(4) == 0 ? UInt8(generator.below(set.classes)) : $0 }
  }

  @Test func theLearnedTemperatureBeatsOthersOnImagesNobodyLearnedFrom() throws {
    let bench = try Bench(TinyData(count: 600))
    let labels = TinyData.idx([600], doubtfulLabels(TinyData(count: 600)))
    try bench.folder.write(labels, to: "data/train-labels-idx1-ubyte")
    expectSilence(try Tool.run(bench.training("run", threads: 2) + ["--validation", "0.3"]))
    let path = bench.folder.path("run/model.tally")
    var model = try Model.read(path: path)
    let temperature = try #require(model.temperature)
    let noted = try #require(TrainingSummary(json: model.summary)?.layers)
    #expect(noted.map { $0.calibration != nil } == [false, true])
    #expect(noted.last?.calibration?.temperature == temperature.value)
    var fresh = TinyData(count: 600)
    fresh.seed = 91
    let images = try LabelledImages(
      shape: model.network.shape, pixels: fresh.pixels, labels: doubtfulLabels(fresh).map { UInt16($0) },
      classNames: ["0", "1", "2"])
    func loss(_ temperature: Int) throws -> Int {
      model.temperature = Temperature(temperature)
      return try #require(try Evaluation(model, on: images, threads: 2).calibration).loss
    }
    let calibrated = try loss(temperature.value)
    #expect(try calibrated < loss(4 * temperature.value))
    #expect(try calibrated < loss(temperature.value / 4))
    // Even shares of three classes cost log2 3 bits.
    #expect(calibrated < 1_584_963)

    let result = try jsonObject(
      try Tool.run(["evaluate", path, "--data", bench.data, "--part", "train", "--json"]).output)
    let loss = try #require(result["logLossBits"] as? Double)
    let error = try #require(result["calibrationError"] as? Double)
    #expect(loss > 0 && loss < 1.6 && error >= 0 && error < 0.5)
    let text = try Tool.run(["evaluate", path, "--data", bench.data]).output
    #expect(text.contains("shares: log-loss ") && text.contains(" bits, calibration error "))
  }

  @Test func predictionsAndExplanationsShowTheSameShares() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run"))
    let path = bench.folder.path("run/model.tally")
    let model = try Model.read(path: path)
    let temperature = try #require(model.temperature)
    let rows = try jsonArray(
      try Tool.run(["predict", path, "--data", bench.data, "--top", "3", "--json"]).output)
    for row in rows {
      let classes = try #require(row["classes"] as? [[String: Any]])
      let shares = classes.compactMap { $0["share"] as? Double }
      let scores = classes.compactMap { $0["score"] as? Int }
      #expect(shares.count == 3 && abs(shares.reduce(0, +) - 1) < 2e-6 && shares == shares.sorted(by: >))
      let powers = scores.map { exp2(Double($0 - scores[0]) / Double(temperature.value)) }
      for (share, power) in zip(shares, powers) {
        #expect(abs(share - power / powers.reduce(0, +)) < 3e-5)
      }
    }
    let command = ["explain", path, "--data", bench.data, "--index", "4"]
    let scores = try #require(
      try jsonObject(try Tool.run(command + ["--json"]).output)["scores"] as? [[String: Any]])
    let predicted = try #require(rows[4]["classes"] as? [[String: Any]])
    #expect(scores.map { $0["share"] as? Double } == predicted.map { $0["share"] as? Double })
    #expect(try Tool.run(command).output.contains(" %)"))
    #expect(try Tool.run(command + ["--out", bench.folder.path("why.html")]).code == 0)
    #expect(
      String(decoding: try bench.bytes("why.html"), as: UTF8.self).contains(
        "Share: the calibrated probability"))
  }

  @Test func withoutAValidationPartThereAreScoresAlone() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("run") + ["--validation", "0"]))
    let path = bench.folder.path("run/model.tally")
    let model = try Model.read(path: path)
    #expect(model.temperature == nil && !model.summary.contains("calibration"))
    let command = ["predict", path, "--data", bench.data, "--index", "0"]
    let row = try #require(try jsonArray(try Tool.run(command + ["--json"]).output).first)
    let best = try #require((row["classes"] as? [[String: Any]])?.first)
    #expect(best.keys.sorted() == ["name", "score"])
    let lines = try Tool.run(command + ["--csv"]).output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0] == "image,label,class,score")
    #expect(lines[1].split(separator: ",").count == 4)
    #expect(try !Tool.run(command).output.contains("%"))
    let result = try jsonObject(try Tool.run(["evaluate", path, "--data", bench.data, "--json"]).output)
    #expect(result["accuracy"] != nil && result["logLossBits"] == nil && result["calibrationError"] == nil)
    #expect(try !Tool.run(["evaluate", path, "--data", bench.data]).output.contains("shares"))
    #expect(try !Tool.run(["explain", path, "--data", bench.data]).output.contains("%"))
  }
}
