// `tally evaluate`: how good a model is on labelled images.

import ArgumentParser
import BinaryNetworks
import Foundation
import ImageData
import ModelEvaluation
import Plumbing

/// Evaluates a model.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model: accuracy, precision and recall by class, confusions.",
    discussion: """
        tally evaluate run/
        tally evaluate run/model.tally --data photos/
        tally evaluate run/ --errors errors.csv

      A run folder remembers the data it was trained on, and which of them were kept
      for testing.

      If the model gives shares (calibrated probabilities), this also prints their
      log-loss (the mean of -log2 of the right class's share) and their expected
      calibration error (the gap between share and accuracy, over ten bins), and the
      accuracy on the images that are left when the least sure answers are rejected,
      with the share to give to --min-share of tally predict.
      With more than \(EvaluationOutput.mostClassesShown) classes it prints those that come out worst and the commonest
      confusions; --full prints all of them.
      """)

  @OptionGroup var model: ModelArgument

  @OptionGroup var data: DataOption
  @OptionGroup var threads: ThreadOption

  @OptionGroup var effort: EffortOption

  @Flag(name: .long, help: "Also time images one at a time on one thread: the median of up to 2,000.")
  var latency = false

  @Flag(name: .long, help: "Print all classes and confusions, however many there are.")
  var full = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write a table of the wrongly answered images: index, path, class, answer, share.",
      valueName: "file.csv"),
    completion: .file(), transform: namedPath)
  var errors: String?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    try checkKernels()
    let named = try model.read()
    let judged = try data.load(for: named, threads: threads.count)
    if let errors { try checkPlace(of: errors) }
    let started = Date()
    let evaluation = try Evaluation(
      named.model, on: judged.images, effort: effort.asked, threads: threads.count)
    var result = EvaluationOutput(
      evaluation, network: named.model.network, model: named.file, data: judged.name, part: judged.part,
      groups: judged.groups,
      seconds: Date().timeIntervalSince(started))
    result.words = judged.words
    if latency {
      result.oneImageMicroseconds = try ImagePredictor(named.model, effort: effort.asked).medianTime(
        of: judged.images)
    }
    result.rejection = RejectionCurve(evaluation.answers, labels: judged.images.labels)
    if let errors {
      let wrong = WrongAnswers(
        evaluation.answers, on: judged.images, classNames: named.model.network.classNames)
      try AtomicFile.write(wrong.csv, to: errors)
    }
    try say(
      json
        ? jsonText(result)
        : result.text(full: full, confusions: evaluation.worstConfusions(EvaluationOutput.listed)))
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
  let part: DataPart
  /// The number of groups of the data, where the part was drawn by whole groups.
  var groups: Int?
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
  /// Where images were answered; nil for a model that does the same for every image.
  var stops: StopStatistics?
  /// Words of 64 bits compared for an image: on average, and for the one that took most.
  var meanWords = 0
  var mostWords = 0
  /// Accuracy against the part that is rejected; nil for a model without shares.
  var rejection: RejectionCurve?
  /// Time for an image alone on one thread, the median, microseconds; nil where nobody asked.
  var oneImageMicroseconds: Double?
  /// What the images are: "test image". For people.
  var words = "image"

  private enum CodingKeys: String, CodingKey {
    case model, data, part, groups, images, correct, accuracy, logLossBits, calibrationError, seconds
    case imagesPerSecond, classes, layers, confusion, stops, meanWords, mostWords, rejection,
      oneImageMicroseconds
  }
}

extension ImagePredictor {
  /// The median of the times that images take one by one on one thread, microseconds: of 2,000 images at most.
  func medianTime(of images: LabelledImages) throws -> Double {
    let clock = ContinuousClock()
    let times = try (0..<min(2_000, images.count)).map { index in
      try images.withPixels(of: index) { pixels throws(PredictionError) in
        let start = clock.now
        _ = try predict(pixels)
        return (clock.now - start) / .microseconds(1)
      }
    }
    return times.sorted()[times.count / 2]
  }
}

extension EvaluationOutput {
  init(
    _ evaluation: Evaluation, network: Network, model: String, data: String, part: DataPart, groups: Int?,
    seconds: Double
  ) {
    self.model = model
    self.data = data
    self.part = part
    self.groups = groups
    self.seconds = seconds
    images = evaluation.images
    correct = evaluation.correct
    accuracy = evaluation.accuracy
    logLossBits = evaluation.calibration?.lossBits
    calibrationError = evaluation.calibration?.errorShare
    imagesPerSecond = Double(evaluation.images) / max(seconds, 1e-9)
    confusion = evaluation.confusion
    stops = StopStatistics(network, stops: evaluation.stops)
    meanWords = stops?.meanWords ?? network.work.words
    mostWords = stops?.mostWords ?? network.work.words
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
}
