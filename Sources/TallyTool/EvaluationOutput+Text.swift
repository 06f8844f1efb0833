// What `tally evaluate` prints for people.

import Foundation
import ModelEvaluation
import Plumbing

extension EvaluationOutput {
  /// Up to so many classes a table shows all of them, and all confusions.
  static let mostClassesShown = 20
  /// How many classes and confusions a summary lists.
  static let listed = 10

  /// - Parameters:
  ///   - full: all classes and confusions, however many there are.
  ///   - confusions: the commonest, most first.
  func text(full: Bool, confusions: [(truth: Int, prediction: Int, images: Int)]) -> String {
    let isFull = full || classes.count <= Self.mostClassesShown
    let details = isFull ? table(Array(classes.indices)) + confusionText.table : worst(confusions)
    return (summary + rejectionTable + details).joined(separator: "\n")
  }

  /// What is won by rejecting the least sure answers.
  private var rejectionTable: [String] {
    guard let rejection else { return [] }
    let points = rejection.points(rejecting: [0, 10, 20, 50, 100, 200])
    guard points.count > 1 else { return [] }
    var table = TextTable(["rejected", "accuracy of the others", "--min-share"], [.right, .right, .right])
    for point in points {
      table.add([
        percent(rejection.rejected(point)), percent(rejection.accuracy(point)),
        point.leastShare == 0 ? "" : String(format: "%.4f", Double(point.leastShare) / 1_000_000),
      ])
    }
    return [""] + table.lines()
  }

  private var summary: [String] {
    var lines = [
      "accuracy \(percent(accuracy)): \(correct) of \(counted(images, words))"
        + String(format: ", %.0f images/s", imagesPerSecond)
    ]
    if let oneImageMicroseconds {
      lines.append(
        String(format: "one image at a time, one thread: %.0f microseconds (median)", oneImageMicroseconds))
    }
    if let groups { lines.append("parts drawn by group: \(counted(groups, "group"))") }
    if let logLossBits, let calibrationError {
      lines.append(
        String(format: "shares: log-loss %.4f bits, ", logLossBits)
          + "calibration error \(percent(calibrationError)) (10 bins)")
    }
    if let stops {
      lines.append(
        "answered: \(stops.text); \(stops.meanWords) words an image on average, \(stops.mostWords) at most")
    }
    for (index, layer) in layers.enumerated() {
      lines.append(
        "layer \(index + 1): \(percent(layer.accuracyAlone)) alone, \(percent(layer.accuracySum)) with all layers so far"
      )
    }
    return lines
  }

  /// The classes that come out worst and what is taken for what.
  private func worst(_ confusions: [(truth: Int, prediction: Int, images: Int)]) -> [String] {
    let present = classes.indices.filter { classes[$0].images > 0 }
    let rows = present.sorted { (classes[$0].recall, $0) < (classes[$1].recall, $1) }.prefix(Self.listed)
    var lines = [
      "\n\(classes.count) classes, \(present.count) of them with images; the \(rows.count) with the least recall:"
    ]
    lines += table(Array(rows))
    lines += confusionText.commonest(confusions)
    lines.append("\nall classes and confusions: --full, or --json")
    return lines
  }

  private func table(_ shown: [Int]) -> [String] {
    let width = nameWidth(shown)
    return ["\n\(padded("class", width))   images  precision     recall"]
      + shown.map { index in
        let entry = classes[index]
        return padded(name(index), width) + String(format: " %8d", entry.images) + "  "
          + right(confusion.contains { $0[index] > 0 } ? percent(entry.precision) : "–", 9)
          + "  " + right(entry.images > 0 ? percent(entry.recall) : "–", 9)
      }
  }

  private var confusionText: ConfusionText {
    ConfusionText(names: classes.indices.map(name), counts: confusion)
  }

  private func name(_ index: Int) -> String { classes[index].name.printable }

  private func nameWidth(_ shown: [Int]) -> Int { max(5, shown.map { name($0).count }.max() ?? 0) }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
