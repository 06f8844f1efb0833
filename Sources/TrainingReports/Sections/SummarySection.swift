// The summary: what was trained, on what, how good it is, what it cost.

import BinaryNetworks
import ImageData
import LayerwiseTraining
import ModelEvaluation
import Plumbing
import ReportPages
import TrainingPlans

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct SummarySection: PageSection {
  let input: ReportInput
  let id = "summary"
  let title = "Summary"
  /// With fewer images an accuracy is known roughly.
  private static let fewImages = 200

  var body: [Markup] {
    let model = input.model
    let network = model.network
    let summary = TrainingSummary(json: model.summary)
    var facts: [(label: String, value: Markup)] = []
    if let evaluation = input.evaluation {
      facts += results(evaluation, of: network)
    } else if let last = summary?.layers.last {
      let images = last.isValidation ? "validation" : "training"
      facts.append(("\(images) accuracy", big(percent(last.accuracy, 2))))
    }
    if let summary {
      facts.append(("training images", "\(grouped(summary.trainingImages))"))
      if input.evaluation == nil || input.evaluationName != "validation" {
        facts.append(("validation images", "\(grouped(summary.validationImages))"))
      }
    }
    if let groups = summary?.groups {
      facts.append(
        (
          "parts drawn by group",
          .name(
            "\(grouped(groups.count)) group" + (groups.count == 1 ? "" : "s")
              + (groups.rule.map { " (\($0))" } ?? ""))
        ))
    }
    let shape = network.shape
    facts += [
      ("classes", "\(grouped(network.classNames.count))"),
      ("image", "\(shape.width)×\(shape.height), \(counted(shape.channels, "channel"))"),
      ("layers", .text(network.layers.map { "\($0.bank.count)" }.joined(separator: " + ") + " filters")),
      ("model file", "\(byteSize(model.encoded().count))"),
    ]
    if let seconds = input.totalSeconds { facts.append(("time", "\(duration(seconds))")) }
    facts += [
      ("plan", .name(PlanHead(model.plan).name ?? "unnamed")), ("seed", "\(model.seed)"),
      ("data digest", .digest(hexadecimal(model.dataDigest))),
    ]
    var body = [Markup.facts(facts)]
    if let overfitting = Overfitting(learned: input.learningAccuracy, last: summary?.layers.last) {
      body.append(.element("p", ["class": "warning"], .text(overfitting.words { percent($0, 2) } + ".")))
    }
    if !input.machine.isEmpty { body.append(.note("Trained on ", .name(input.machine), ".")) }
    if !input.command.isEmpty {
      body += [.heading("Command"), .element("pre", ["class": "wrap"], .text(input.command))]
    }
    if input.evaluation == nil {
      body.append(
        .note("This report was written without images: the accuracy is the one measured during training."))
    }
    return body
  }

  /// How good the model is.
  private func results(_ evaluation: Evaluation, of network: Network) -> [(label: String, value: Markup)] {
    var facts: [(label: String, value: Markup)] = []
    facts.append(("\(input.evaluationName) accuracy", big(percent(evaluation.accuracy, 2))))
    let interval = AccuracyInterval(correct: evaluation.correct, images: evaluation.images)
    facts.append(
      ("95 % interval", .text("\(percent(interval.lowest, 1)) to \(percent(interval.highest, 1))")))
    facts.append(
      (
        "\(input.evaluationName) images",
        .text(
          "\(grouped(evaluation.correct)) of \(grouped(evaluation.images)) right"
            + (evaluation.images < Self.fewImages ? "; so few tell the accuracy roughly" : ""))
      ))
    if let stops = StopStatistics(network, stops: evaluation.stops) {
      facts.append(("answered", .text(stops.text)))
      facts.append(
        (
          "words an image",
          .text("\(grouped(stops.meanWords)) on average, \(grouped(stops.mostWords)) at most")
        ))
    }
    if let calibration = evaluation.calibration {
      facts.append(("log-loss", .text(decimal(calibration.lossBits, 3) + " bits")))
      facts.append(("calibration error", .text(percent(calibration.errorShare, 2))))
    }
    return facts
  }

  private func big(_ text: String) -> Markup { .element("span", ["class": "big"], .text(text)) }
}
