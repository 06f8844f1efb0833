// What `tally compare` prints for people.

import BinaryNetworks
import Foundation
import ImageData
import ModelEvaluation
import Plumbing
import TrainingPlans
import TrainingReports

/// A comparison as text of at most 80 columns.
struct ComparisonText {
  let comparison: ModelComparison
  /// What the images are called.
  let data: String

  init(_ comparison: ModelComparison, data: String) {
    self.comparison = comparison
    self.data = data
  }

  private var models: [ComparedModel] { comparison.models }

  var lines: [String] {
    wrapped("\(comparison.images.count) \(data.printable), the same for all") + [""] + figures + [""] + pairs
      + verdicts + [""] + differences
  }

  private var figures: [String] {
    var table = TextTable(
      ["model", "accuracy", "95 % interval", "words", "bytes", "training"],
      [.path, .right, .right, .right, .right, .right])
    for model in models {
      table.add([
        model.name.printable, percent(model.evaluation.accuracy),
        String(format: "%.1f to %.1f %%", 100 * model.interval.lowest, 100 * model.interval.highest),
        "\(model.words.mean)", "\(model.bytes)", model.seconds.map(duration) ?? "-",
      ])
    }
    return table.lines()
  }

  private var pairs: [String] {
    var table = TextTable(
      ["against \(models[0].name.printable)", "gain", "only it right", "only first right", "p"],
      [.path, .right, .right, .right, .right])
    for index in models.indices.dropFirst() {
      let paired = comparison.paired(index)
      table.add([
        models[index].name.printable, String(format: "%+.2f", 100 * paired.gain), "\(paired.onlySecond)",
        "\(paired.onlyFirst)", ModelComparison.pText(paired.pValue),
      ])
    }
    return table.lines() + [""]
  }

  private var verdicts: [String] {
    models.indices.dropFirst().flatMap { wrapped(comparison.verdict($0).printable) }
  }

  private var differences: [String] {
    let rows = comparison.differences.map { [$0.key] + $0.values.map { $0 ?? "-" } }
    guard !rows.isEmpty else { return ["same settings, same seed, same training data"] }
    var table = TextTable(
      ["setting"] + models.map(\.name.printable), [.path] + models.map { _ in .name })
    for row in rows { table.add(row.map(\.printable)) }
    return table.lines()
  }
}
