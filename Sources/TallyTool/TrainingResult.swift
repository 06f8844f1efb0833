// What a training ends with, in words: how good the model is, where it is weak, what to type next.

import Foundation
import LayerwiseTraining
import ModelEvaluation
import Plumbing

/// The result of a training.
struct TrainingResult {
  /// Fewer validation images than this tell models apart only roughly, which is said.
  static let fewImages = 200

  let summary: TrainingSummary
  /// The answers for the images that judged the model; nil where they are out of reach.
  let evaluation: Evaluation?
  /// The accuracy during the last pass over the training images; nil where it is not known.
  let learningAccuracy: Double?

  /// The lines.
  var lines: [String] {
    guard let last = summary.layers.last else { return [] }
    return [accuracyLine(last)] + warningLines(last) + weakestClassLine + overfittingLine(last) + idleLines
  }

  private func accuracyLine(_ last: LayerResult) -> String {
    let count = last.images < Self.fewImages ? ", \(last.correct) of \(last.images)" : ""
    guard last.isValidation else {
      return
        "result  training accuracy \(percent(last.accuracy))\(count); no images were held out for validation"
    }
    let interval = AccuracyInterval(correct: last.correct, images: last.images)
    return "result  validation accuracy \(percent(last.accuracy))\(count) (95 % interval: "
      + "\(tenths(interval.lowest)) to \(tenths(interval.highest)) %)"
  }

  private func warningLines(_ last: LayerResult) -> [String] {
    guard last.isValidation, last.images < Self.fewImages else { return [] }
    return [
      "warning: only \(counted(last.images, "validation image")), so the accuracy is known "
        + "roughly; more images, or a larger --validation, tell more"
    ]
  }

  /// The class with the least recall, unless every image was found.
  private var weakestClassLine: [String] {
    guard let evaluation,
      let weakest = evaluation.classNames.indices.filter({ evaluation.count(of: $0) > 0 })
        .min(by: { (evaluation.recall($0), $0) < (evaluation.recall($1), $1) }),
      evaluation.recall(weakest) < 1
    else { return [] }
    let row = evaluation.confusion[weakest]
    let taken = row.indices.filter { $0 != weakest }.max { (row[$0], -$0) < (row[$1], -$1) }
    return [
      "weakest class: \(evaluation.classNames[weakest]), \(row[weakest]) of \(evaluation.count(of: weakest)) found"
        + (taken.map { "; most often taken for \(evaluation.classNames[$0])" } ?? "")
    ]
  }

  private func overfittingLine(_ last: LayerResult) -> [String] {
    Overfitting(learned: learningAccuracy, last: last).map { [$0.words(percent)] } ?? []
  }

  private var idleLines: [String] {
    summary.idleLayers.map { layer in
      let before = summary.layers[layer.layer - 1]
      return "layer \(layer.layer + 1) did not raise the accuracy by more than its standard error "
        + "(\(percent(before.accuracySum)) to \(percent(layer.accuracySum)), ± \(tenths(layer.standardError))); "
        + "the plan may do without it"
    }
  }

  private func tenths(_ share: Double) -> String { String(format: "%.1f", 100 * share) }
}

extension Evaluation {
  /// Images of a class.
  fileprivate func count(of index: Int) -> Int { confusion[index].reduce(0, +) }
}
