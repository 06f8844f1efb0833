// Whole reports of tiny models.

import BinaryNetworks
import Foundation
import ImageData
import Plumbing
import Testing
import _NetworkTestSupport
import _PageTestSupport

@testable import LayerwiseTraining
@testable import ModelEvaluation
@testable import ReportPages
@testable import TrainingReports

@Suite struct TrainingReportTests {
  private let hostileNames = [
    "<script>alert(1)</script>", "a&b \"quoted\" 'name'", "tab\tbell\u{7}\u{202E}", "]]>",
  ]

  private func input(classNames: [String], images count: Int = 60) throws -> ReportInput {
    let model = try tinyModel(classNames: classNames)
    let images = try tinyImages(model, count: count)
    return ReportInput(
      model: model, evaluation: try Evaluation(model, on: images, threads: 1), images: images,
      command: "tally train --data 'x<y' --seed 7",
      timings: [
        LayerTiming(layer: 0, stage: "refine", seconds: 61),
        LayerTiming(layer: 1, stage: "refine", seconds: 0.5),
      ],
      log: (0...10).flatMap { step in
        (0..<2).map {
          LearningPoint(
            layer: $0, stage: "refine", progress: Double(step) / 10, accuracy: 0.3 + Double(step) / 40)
        }
      }, machine: "2 cores <x86>", totalSeconds: 4000)
  }

  @Test func hasEverySectionAndIsWellFormed() throws {
    let page = try TrainingReport(input(classNames: hostileNames)).html()
    let reader = PageReader(page)
    #expect(reader.error == nil)
    #expect(
      reader.all("section").compactMap { $0.attributes["id"] } == [
        "summary", "layers", "learning", "confusions", "mistakes", "classes", "filters", "features",
        "encoder", "plan",
      ])
    #expect(reader.all("nav")[0].text.contains("Accuracy by layer"))
    #expect(reader.all("svg").count == 2)
    #expect(reader.all("polyline").count >= 4)
    // Stages, lower resolutions and plan, and the mistakes of every class.
    let wrong = try #require(try input(classNames: hostileNames).evaluation).confusion.enumerated().count {
      truth, row in row.reduce(0, +) > row[truth]
    }
    #expect(wrong > 1 && reader.all("details").count == 3 + wrong)
    let pictures = reader.all("img").compactMap { $0.attributes["src"] }
    // Three kinds of signals, filters of two layers, and the confusions.
    #expect(pictures.count > 3 + 2 * 4)
    #expect(pictures.allSatisfy { $0.hasPrefix("data:image/png;base64,iVBORw0KGgo") })
    #expect(page.utf8.count < 2_000_000)
  }

  @Test func aPageFollowsATraining() throws {
    let report = try TrainingReport(input(classNames: ["a", "b", "c", "d"]))
    func refreshes(_ page: String) -> Bool {
      PageReader(page).all("meta").contains { $0.attributes["http-equiv"] == "refresh" }
    }
    #expect(!refreshes(report.html()) && !report.html().contains("id=\"status\""))
    let running = TrainingStatus(
      isRunning: true, share: 0.25, secondsLeft: 90, doing: "layer 1 of 2: <learning>", asOf: "12:00")
    let stopped = TrainingStatus(
      isRunning: false, share: 0.25, secondsLeft: nil, doing: "x", asOf: "12:00",
      remedy: "tally train --resume r")
    let points = [LearningPoint(layer: 0, stage: "head", progress: 1, accuracy: 0.7)]
    for (status, isRunning) in [(running, true), (stopped, false)] {
      let pages = [
        report.following(log: points, validations: points, timings: []).html(status),
        TrainingReport.beginning(
          status, plan: "{}", log: points, validations: points, timings: [], survey: nil),
      ]
      for page in pages {
        let reader = PageReader(page)
        #expect(reader.error == nil && refreshes(page) == isRunning)
        let section = try #require(reader.all("section").first)
        #expect(section.attributes["id"] == "status")
        #expect(section.text.contains(isRunning ? "every 10 seconds" : "tally train --resume r"))
        #expect(page.contains("dashed"))
      }
    }
  }

  @Test func rejectionHasACurveAndATable() throws {
    let shares = (0..<200).map { 500_000 + 2_000 * $0 }
    let curve = try #require(
      RejectionCurve(shares: shares, right: shares.map { $0 % 12_000 != 0 || $0 > 800_000 }))
    let section = RejectionSection(curve: curve)
    let page = Page(title: "t", sections: [section]).source
    let reader = PageReader(page)
    #expect(reader.error == nil && reader.all("polyline").count == 1)
    #expect(reader.all("tr").count > 5)
    #expect(RejectionSection(curve: nil).body.isEmpty)
  }

  @Test func aComparisonIsWellFormed() throws {
    let models = try [1, 2].map { seed in
      try tinyModel(
        classNames: hostileNames, seed: UInt64(seed),
        plan: #"{"name": "<tiny>", "layers": [{"filters": \#(seed)}]}"#)
    }
    let images = try tinyImages(models[0], count: 80)
    let compared = try zip(models, ["<one>", "two & more"]).map { model, name in
      try ComparedModel(model, name: name, seconds: 3, on: images, effort: .early, threads: 2)
    }
    let comparison = ModelComparison(compared, on: images)
    let paired = comparison.paired(1)
    #expect(paired.images == 80 && paired.onlyFirst + paired.onlySecond > 0)
    #expect(paired.both + paired.onlyFirst == compared[0].evaluation.correct)
    #expect(paired.both + paired.onlySecond == compared[1].evaluation.correct)
    let reader = PageReader(ComparisonReport(comparison, data: "test images of <x>").html())
    #expect(reader.error == nil)
    #expect(
      reader.all("section").compactMap { $0.attributes["id"] } == ["figures", "paired", "classes", "plans"])
    #expect(reader.all("bdi").contains { $0.text == "layers.0.filters" })
    #expect(reader.all("img").count > 0)
  }

  /// More reductions than an image has halvings.
  @Test(arguments: [64, 100]) func deepNetworksAreReported(layers: Int) throws {
    let model = try deepModel(layers: layers, width: 10, height: 7)
    let images = try tinyImages(model, count: 12)
    let page = try TrainingReport(
      ReportInput(model: model, evaluation: try Evaluation(model, on: images, threads: 1), images: images)
    ).html()
    #expect(PageReader(page).error == nil)
    #expect(page.contains("What fires layer \(layers)"))
  }

  @Test func textFromOutsideStaysText() throws {
    let page = try TrainingReport(input(classNames: hostileNames)).html()
    let reader = PageReader(page)
    #expect(reader.all("script").isEmpty)
    let names = reader.all("bdi").map(\.text)
    #expect(
      names.contains(hostileNames[0]) && names.contains(hostileNames[1]) && names.contains(hostileNames[3]))
    #expect(names.contains("tab\tbell\u{FFFD}\u{202E}"))
    #expect(reader.all("pre").contains { $0.text == "tally train --data 'x<y' --seed 7" })
  }

  @Test func loadsNothing() throws {
    let page = try TrainingReport(input(classNames: ["a", "b"])).html()
    let withoutNamespaces = page.replacingOccurrences(of: "xmlns=\"http://www.w3.org/", with: "")
    for forbidden in ["http:", "https:", "url(", "@import", "<script", "<link", "javascript:", "//"] {
      let found = withoutNamespaces.replacingOccurrences(
        of: "base64,[A-Za-z0-9+/=]*", with: "", options: .regularExpression)
      #expect(!found.contains(forbidden), "\(forbidden)")
    }
  }

  @Test func isTheSameForAnyNumberOfThreads() throws {
    let input = try input(classNames: ["a", "b", "c"])
    #expect(try TrainingReport(input, threads: 3).html() == TrainingReport(input, threads: 1).html())
  }

  @Test func isShorterWhereLittleIsKnown() throws {
    let model = try tinyModel(classNames: ["a", "b"])
    let reader = PageReader(try TrainingReport(ReportInput(model: model)).html())
    #expect(reader.error == nil)
    #expect(
      reader.all("section").compactMap { $0.attributes["id"] } == [
        "summary", "layers", "filters", "features", "encoder", "plan",
      ])
    #expect(reader.all("section")[0].text.contains("60.00 %"), "the accuracy noted while training")
  }

  @Test func showsTheAccuraciesOfTheEvaluation() throws {
    let input = try input(classNames: ["a", "b", "c"])
    let evaluation = try #require(input.evaluation)
    let reader = PageReader(try TrainingReport(input).html())
    let rows = reader.all("tr").map(\.text)
    for layer in 0..<2 {
      let alone = percent(Double(evaluation.correctAlone[layer]) / 60, 2)
      let sum = percent(Double(evaluation.correctSum[layer]) / 60, 2)
      #expect(rows.contains { $0.hasPrefix("layer \(layer + 1)") && $0.contains(alone + sum) })
    }
    // Counts with their parts of the row, and its sum; the last row has the sums of the columns.
    let row = evaluation.confusion[1]
    let cells = row.map { $0 == 0 ? "" : "\($0)" + percent(Double($0) / Double(row.reduce(0, +))) }.joined()
    #expect(rows.contains("b" + cells + "\(row.reduce(0, +))"))
    let sums = (0..<3).map { c in evaluation.confusion.reduce(0) { $0 + $1[c] } }
    #expect(rows.contains("all" + sums.map { "\($0)" }.joined() + "60"))
  }

  @Test func theSameAccuraciesAreNotShownTwice() throws {
    var input = try input(classNames: ["a", "b", "c"])
    let evaluation = try #require(input.evaluation)
    input.evaluationName = "validation"
    #expect(try TrainingReport(input).html().contains("validation when learned, sum"))
    let noted = TrainingSummary(
      trainingImages: 1, validationImages: 60, validationShare: 1,
      layers: (0..<2).map {
        LayerResult(
          layer: $0, filters: 1, patchBits: 1, images: 60, correctAlone: evaluation.correctAlone[$0],
          correctSum: evaluation.correctSum[$0], isValidation: true)
      })
    input.model.summary = noted.json()
    #expect(try !TrainingReport(input).html().contains("when learned"))
  }

  @Test func examplesAreOfTheConfusionTheyStandUnder() throws {
    let input = try input(classNames: ["a", "b", "c"])
    let (evaluation, images) = (try #require(input.evaluation), try #require(input.images))
    let predictor = Predictor(input.model, threads: 1)
    let predictions = try predictor.predict(images, indices: Array(0..<images.count))
    let examples = try ReportExamples(evaluation, predictor: predictor, images: images).confusions
    #expect(!examples.isEmpty)
    for (example, worst) in zip(examples, evaluation.worstConfusions(12)) {
      let expected = (0..<images.count).filter {
        Int(images.labels[$0]) == worst.truth && predictions[$0].ranking[0] == worst.prediction
      }
      #expect(example.count == expected.count)
      #expect(example.images == expected.prefix(8).map { Raster(images, $0) })
    }
  }

  @Test(arguments: [nil, 30_000]) func theWorstMistakesHaveTheLargestMargins(temperature: Int?) throws {
    var model = try tinyModel(classNames: ["a", "<b>", "c"])
    model.temperature = temperature.flatMap { Temperature($0) }
    let some = try tinyImages(model, count: 30)
    // Every image twice, the second time in another place: equal margins.
    let images = some.subset(Array(0..<30) + (0..<30).reversed())
    let evaluation = try Evaluation(model, on: images, threads: 2)
    let predictions = try Predictor(model, threads: 1).predict(images, indices: Array(0..<60))
    let wrong = (0..<60).filter { predictions[$0].ranking[0] != Int(images.labels[$0]) }
    func margin(_ i: Int) -> Int64 {
      predictions[i].scores[predictions[i].ranking[0]] - predictions[i].scores[Int(images.labels[i])]
    }
    let expected = wrong.sorted { (margin($0), -$0) > (margin($1), -$1) }.prefix(24)
    #expect(wrong.count > 24 && Set(expected.map(margin)).count < 24)
    let found = try ReportExamples(evaluation, predictor: Predictor(model, threads: 2), images: images)
      .mistakes
    #expect(found.map(\.index) == Array(expected))
    for mistake in found {
      let prediction = predictions[mistake.index]
      #expect(
        mistake.truth == Int(images.labels[mistake.index]) && mistake.prediction == prediction.ranking[0])
      #expect(mistake.picture == Raster(images, mistake.index))
      #expect(mistake.predictionShare == prediction.shares?[mistake.prediction])
      #expect(mistake.truthShare == prediction.shares?[mistake.truth])
      #expect((mistake.predictionShare == nil) == (temperature == nil))
    }
    let reader = PageReader(
      try TrainingReport(ReportInput(model: model, evaluation: evaluation, images: images)).html())
    let section = try #require(reader.all("section").first { $0.attributes["id"] == "mistakes" })
    let first = try #require(found.first)
    #expect(section.text.contains("image \(first.index)"))
    #expect(
      section.text.contains(
        first.predictionShare.map { percent(Double($0) / 1_000_000) } ?? "lead " + logOdds(first.margin)))
    #expect(reader.all("section")[0].text.contains("calibration error") == (temperature != nil))
  }

  @Test func withoutMistakesThereIsNoSectionOfThem() throws {
    let model = try tinyModel(classNames: ["a"])
    let images = try tinyImages(model, count: 5)
    let input = ReportInput(
      model: model, evaluation: try Evaluation(model, on: images, threads: 1), images: images)
    #expect(try !TrainingReport(input).html().contains("Worst mistakes"))
  }

  @Test func manyClassesBecomeAPicture() throws {
    let names = (0..<45).map { "class \($0)" }
    let reader = PageReader(try TrainingReport(input(classNames: names, images: 90)).html())
    #expect(reader.error == nil)
    #expect(!reader.all("table").contains { $0.attributes["class"] == "matrix" })
    #expect(reader.all("img").contains { $0.attributes["alt"] == "Confusion matrix" })
    #expect(reader.all("section").first { $0.attributes["id"] == "classes" }?.text.contains("of 45") == true)
  }

  @Test func imagesOfAnotherShapeAreRefused() throws {
    let model = try tinyModel(classNames: ["a", "b"])
    let images = try LabelledImages(
      shape: ImageShape(width: 2, height: 2, channels: 3), pixels: Array(repeating: 0, count: 12),
      labels: [0],
      classNames: ["a", "b"])
    #expect(throws: PredictionError.self) { try TrainingReport(ReportInput(model: model, images: images)) }
  }
}
