// `tally evaluate`: how good a model is on labelled images.

import ArgumentParser
import BinaryNetworks
import Foundation
import ModelEvaluation

/// Evaluates a model.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model: accuracy, precision and recall by class, confusions.",
    discussion: """
      If the model gives shares (calibrated probabilities), this also prints their
      log-loss (the mean of -log2 of the right class's share) and their expected
      calibration error (the gap between share and accuracy, over ten bins).
      """)

  @Argument(help: "The model file.", completion: .file())
  var model: String

  @OptionGroup var data: DataOption
  @OptionGroup var threads: ThreadOption

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    try checkKernels()
    let model = try Model.read(path: self.model)
    let images = try data.load(for: model, threads: threads.count)
    let started = Date()
    let evaluation = try Evaluation(model, on: images, threads: threads.count)
    let result = EvaluationOutput(
      evaluation, model: self.model, data: data.data, part: data.part.rawValue,
      seconds: Date().timeIntervalSince(started))
    try say(json ? jsonText(result) : result.text)
  }
}

/// What `tally evaluate` prints.
struct EvaluationOutput: Encodable {
  struct Class: Encodable {
    let name: String
    let images: Int
    let precision: Double
    let recall: Double
  }
  struct Layer: Encodable {
    let accuracyAlone: Double
    let accuracySum: Double
  }

  let model: String
  let data: String
  let part: String
  let images: Int
  let correct: Int
  let accuracy: Double
  /// The mean of −log2 of the right class's share, and by how much shares miss the part of right answers, 0 to 1; nil
  /// for a model without shares.
  let logLossBits: Double?
  let calibrationError: Double?
  let seconds: Double
  let imagesPerSecond: Double
  let classes: [Class]
  let layers: [Layer]
  /// Row: true class; column: class it was taken for.
  let confusion: [[Int]]

  init(_ evaluation: Evaluation, model: String, data: String, part: String, seconds: Double) {
    self.model = model
    self.data = data
    self.part = part
    self.seconds = seconds
    images = evaluation.images
    correct = evaluation.correctSum.last ?? 0
    accuracy = evaluation.accuracy
    logLossBits = evaluation.calibration?.lossBits
    calibrationError = evaluation.calibration?.errorShare
    imagesPerSecond = Double(evaluation.images) / max(seconds, 1e-9)
    confusion = evaluation.confusion
    classes = evaluation.classNames.indices.map { c in
      Class(
        name: evaluation.classNames[c], images: evaluation.confusion[c].reduce(0, +),
        precision: evaluation.precision(c), recall: evaluation.recall(c))
    }
    layers = evaluation.correctAlone.indices.map { l in
      Layer(
        accuracyAlone: Double(evaluation.correctAlone[l]) / Double(max(1, evaluation.images)),
        accuracySum: Double(evaluation.correctSum[l]) / Double(max(1, evaluation.images)))
    }
  }

  /// The same for people.
  var text: String {
    var lines = [
      "accuracy \(percent(accuracy)): \(correct) of \(images) \(part) images"
        + String(format: ", %.0f images/s", imagesPerSecond)
    ]
    if let logLossBits, let calibrationError {
      lines.append(
        String(format: "shares: log-loss %.4f bits, ", logLossBits)
          + "calibration error \(percent(calibrationError)) (10 bins)")
    }
    for (index, layer) in layers.enumerated() {
      lines.append(
        "layer \(index): \(percent(layer.accuracyAlone)) alone, \(percent(layer.accuracySum)) with all layers so far"
      )
    }
    let width = max(5, classes.map(\.name.count).max() ?? 0)
    lines.append("\n\(padded("class", width))   images  precision     recall")
    for entry in classes {
      lines.append(
        padded(entry.name, width) + String(format: " %8d", entry.images) + "  "
          + String(repeating: " ", count: max(0, 9 - percent(entry.precision).count))
          + percent(entry.precision) + "  "
          + String(repeating: " ", count: max(0, 9 - percent(entry.recall).count)) + percent(entry.recall))
    }
    let cell = max(5, String(confusion.flatMap { $0 }.max() ?? 0).count + 1)
    lines.append("\nconfusion (row: true class, column: predicted class)")
    lines.append(padded("", width) + classes.indices.map { right("\($0)", cell) }.joined())
    for (index, row) in confusion.enumerated() {
      lines.append(padded(classes[index].name, width) + row.map { right("\($0)", cell) }.joined())
    }
    return lines.joined(separator: "\n")
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
