// From a run folder to its report: the model, its log and some labelled images.

import BinaryNetworks
import BitKernels
import Foundation
import ImageData
import LayerwiseTraining
import ModelEvaluation
import Plumbing
import TrainingReports

/// Writes the report of a run beside its log.
struct ReportWriter {
  let places: RunFolder.Results
  let origin: RunOrigin

  /// Judges the model on images and writes the report; gives what it found.
  @discardableResult
  func write(_ model: Model, images: LabelledImages, part: String, threads: Int) throws -> Evaluation {
    let evaluation = try Evaluation(model, on: images, threads: threads)
    let report = try report(model, evaluation: evaluation, images: images, part: part, threads: threads)
    try AtomicFile.write(Array(report.html().utf8), to: places.report)
    return evaluation
  }

  /// The report on a model that was judged on images.
  func report(
    _ model: Model, evaluation: Evaluation, images: LabelledImages, part: String, threads: Int
  ) throws -> TrainingReport {
    let history = RunHistory(log: places.log)
    var input = ReportInput(
      model: model, evaluation: evaluation, evaluationName: part,
      images: images, command: origin.command, timings: history.timings, log: history.points,
      machine: machineDescription(), totalSeconds: history.seconds, survey: history.survey,
      validations: history.validations)
    if let summary = TrainingSummary(json: model.summary) {
      input.learningAccuracy = history.lastPassAccuracy(
        layer: summary.layers.count - 1, images: summary.trainingImages)
    }
    return try TrainingReport(input, threads: threads)
  }
}

/// What log.jsonl says of a training; unknown lines are skipped.
struct RunHistory {
  private(set) var timings: [LayerTiming] = []
  private(set) var points: [LearningPoint] = []
  /// Accuracy on the validation images after passes.
  private(set) var validations: [LearningPoint] = []
  private(set) var seconds: Double?
  /// What was found out of the data.
  private(set) var survey: DataSurvey?
  /// Images of every round that learned, the layer, and how many of them were right.
  private var learned: [(layer: Int, images: Int, accuracy: Double)] = []

  private struct Line: Decodable {
    let time: Double
    let event: String
    let layer: Int?
    let stage: String?
    let done: Int?
    let total: Int?
    let images: Int?
    let accuracy: Double?
    let seconds: Double?
    let survey: DataSurvey?
    let accuracySum: Double?
    let isValidation: Bool?

    /// Whether the numbers are some that a training writes.
    var isInRange: Bool {
      time.isFinite && (layer.map((0..<256).contains) ?? true) && (done.map { $0 >= 0 } ?? true)
        && (images.map { (0...Int(UInt32.max)).contains($0) } ?? true)
        && (accuracy.map((0...1).contains) ?? true) && (accuracySum.map((0...1).contains) ?? true)
        && (total.map { $0 >= 0 } ?? true) && (survey?.isConsistent ?? true)
    }

    /// The accuracy on the validation images that it tells of: after a pass, or of a finished layer, whose last stage it ends.
    func validation(after points: [LearningPoint]) -> LearningPoint? {
      guard let layer else { return nil }
      if event == "validation", let stage, let done, let total, total > 0, let accuracy {
        return LearningPoint(
          layer: layer, stage: stage, progress: Double(done) / Double(total), accuracy: accuracy)
      }
      guard event == "layer", isValidation == true, let accuracySum, let last = points.last,
        last.layer == layer
      else { return nil }
      return LearningPoint(layer: layer, stage: last.stage, progress: 1, accuracy: accuracySum)
    }
  }

  init(log path: String) {
    guard let text = try? readFile(path, limit: 1 << 28) else { return }
    let decoder = JSONDecoder()
    var last: Double?
    var worked = 0.0
    for line in text.split(separator: 0x0a) {
      guard let line = try? decoder.decode(Line.self, from: Data(line)), line.isInRange else { continue }
      // The pause between a stop and a resume is not training time.
      let spent =
        line.event == "started" || line.event == "resumed" ? 0 : max(0, line.time - (last ?? line.time))
      last = line.time
      worked += spent
      if line.event == "finished" { seconds = worked }
      if line.event == "data" { survey = line.survey }
      if let point = line.validation(after: points) { validations.append(point) }
      guard line.event == "round", let layer = line.layer, let stage = line.stage else { continue }
      if let end = timings.indices.last, timings[end].layer == layer, timings[end].stage == stage {
        timings[end] = LayerTiming(layer: layer, stage: stage, seconds: timings[end].seconds + spent)
      } else {
        timings.append(LayerTiming(layer: layer, stage: stage, seconds: spent))
      }
      if let accuracy = line.accuracy, let done = line.done, let total = line.total, total > 0 {
        points.append(
          LearningPoint(
            layer: layer, stage: stage, progress: Double(done) / Double(total), accuracy: accuracy))
        if let images = line.images { learned.append((layer, images, accuracy)) }
      }
    }
  }

  /// The accuracy during the last pass of a layer over so many training images, each before the step it led to; nil where
  /// the log does not hold it.
  func lastPassAccuracy(layer: Int, images: Int) -> Double? {
    var (seen, right) = (0, 0.0)
    for round in learned.reversed() where seen < images {
      guard round.layer == layer, round.images > 0 else { return nil }
      seen += round.images
      right += round.accuracy * Double(round.images)
    }
    return seen < max(1, images) ? nil : right / Double(seen)
  }
}

/// Processor, cores, system and kernels, for people.
func machineDescription() -> String {
  var parts: [String] = []
  if let info = try? readFile("/proc/cpuinfo", limit: 1 << 24),
    let line = String(decoding: info, as: UTF8.self).split(separator: "\n").first(where: {
      $0.hasPrefix("model name")
    }),
    let name = line.split(separator: ":").last
  {
    parts.append(name.trimmingCharacters(in: .whitespaces))
  }
  parts.append("\(ProcessInfo.processInfo.activeProcessorCount) cores")
  parts.append("\(Kernels.active.name) kernels")
  parts.append(ProcessInfo.processInfo.operatingSystemVersionString)
  return parts.joined(separator: ", ")
}
