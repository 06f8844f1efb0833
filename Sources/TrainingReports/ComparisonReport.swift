// Several models on the same images, on one page: what they reach, what they cost, where they differ.

import BinaryNetworks
import ImageData
package import ModelEvaluation
import Plumbing
import ReportPages
package import TrainingPlans

/// A page that compares models.
package struct ComparisonReport: Sendable {
  private let comparison: ModelComparison
  private let data: String

  /// A page.
  /// - Parameter data: what the images are called: "test images of photos".
  package init(_ comparison: ModelComparison, data: String) {
    (self.comparison, self.data) = (comparison, data)
  }

  /// The page: well-formed XML as well as HTML, loads nothing, runs nothing.
  package func html() -> String {
    Page(
      title: "Comparison: " + comparison.models.map(\.name).joined(separator: ", "),
      sections: [
        FiguresSection(comparison: comparison, data: data), PairedSection(comparison: comparison),
        RecallSection(comparison: comparison), PlanDifferenceSection(comparison: comparison),
      ]
    ).source
  }
}

/// Accuracy and cost of every model.
private struct FiguresSection: PageSection {
  let comparison: ModelComparison
  let data: String
  let id = "figures"
  let title = "Accuracy and cost"

  var body: [Markup] {
    [
      .note(
        "On ", .name("\(grouped(comparison.images.count)) \(data)"),
        ", the same for all. The interval holds the accuracy on all images like these in 95 of 100 cases. Words: of 64 bits, ",
        "compared for an image on average."),
      .table(
        ["", "accuracy", "95 % interval", "words", "model file", "training", "layers"],
        comparison.models.map { model in
          let interval = model.interval
          return [
            .name(model.name), .text(percent(model.evaluation.accuracy, 2)),
            .text("\(percent(interval.lowest)) – \(percent(interval.highest))"),
            "\(grouped(model.words.mean))",
            .text(byteSize(model.bytes)), .text(model.seconds.map(duration) ?? "–"),
            .text(model.model.network.layers.map { "\($0.bank.count)" }.joined(separator: " + ")),
          ]
        }),
    ]
  }
}

/// Who is right where.
private struct PairedSection: PageSection {
  let comparison: ModelComparison
  let id = "paired"
  let title = "The same images, one by one"

  /// Images shown of those that only one model answers right.
  private static let shown = 16

  var body: [Markup] {
    let models = comparison.models
    guard models.count > 1 else { return [] }
    let rows = models.indices.dropFirst().map { index in
      let paired = comparison.paired(index)
      return [
        Markup.name(models[index].name), .text(signed(100 * paired.gain, 2) + " points"),
        "\(grouped(paired.both))", "\(grouped(paired.onlyFirst))", "\(grouped(paired.onlySecond))",
        "\(grouped(paired.neither))", .text(ModelComparison.pText(paired.pValue)),
      ]
    }
    let first = Markup.name(models[0].name)
    return models.indices.dropFirst().map { .paragraph(.name(sentence(comparison.verdict($0)))) }
      + [
        .table(
          [
            "", .joined(["against ", first]), "both right", .joined(["only ", first]), "only it", "neither",
            "p",
          ],
          rows),
        .note(
          "p: the exact McNemar test. If both were equally good, images that only one of them answers right would be shared out as ",
          "unevenly as this, or more, with this probability; below \(decimal(ModelComparison.significance, 2)) it is called a difference. ",
          models.count > 2 ? "Of many comparisons some come out so by chance." : ""),
      ] + models.indices.dropFirst().flatMap(pictures)
  }

  private func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

  private func pictures(_ index: Int) -> [Markup] {
    let (first, other) = (comparison.models[0], comparison.models[index])
    let figures = [
      strip("only \(first.name) is right", first, other), strip("only \(other.name) is right", other, first),
    ].compactMap { $0 }
    return figures.isEmpty ? [] : [.element("div", ["class": "strips"], figures)]
  }

  private func strip(_ caption: String, _ right: ComparedModel, _ wrong: ComparedModel) -> Markup? {
    let chosen = comparison.images.labels.indices.filter { right.right[$0] && !wrong.right[$0] }
    let some = chosen.prefix(Self.shown).map {
      Raster(comparison.images, $0).shrunk(toSide: PageLimits.exampleSide)
    }
    guard let sheet = SpriteSheet(some, columns: 8) else { return nil }
    return .figure(
      .name(
        "\(caption): \(grouped(chosen.count))"
          + (chosen.count > some.count ? ", the first \(some.count)" : "")),
      .picture(sheet.raster, scale: sheet.scale(forTile: 46), alt: "Images where \(caption)"))
  }
}

/// Recall of every class.
private struct RecallSection: PageSection {
  let comparison: ModelComparison
  let id = "classes"
  let title = "Recall by class"

  var body: [Markup] {
    let models = comparison.models
    let names = models[0].evaluation.classNames
    let recalls = models.map { model in
      let places = Dictionary(zip(model.evaluation.classNames, 0...), uniquingKeysWith: { first, _ in first })
      return names.map { name in places[name].map(model.evaluation.recall) ?? 0 }
    }
    let spread = names.indices.map { c in
      (recalls.map { $0[c] }.max() ?? 0) - (recalls.map { $0[c] }.min() ?? 0)
    }
    let isCut = names.count > PageLimits.classes
    let shown =
      isCut
      ? Array(names.indices.sorted { (spread[$0], -$0) > (spread[$1], -$1) }.prefix(PageLimits.classes))
      : Array(names.indices)
    let rows = shown.map { c in
      [Markup.name(names[c]), "\(grouped(models[0].evaluation.confusion[c].reduce(0, +)))"]
        + recalls.map { .text(percent($0[c])) }
    }
    return [
      .note(
        "The part of a class's images that was found",
        isCut ? "; the \(shown.count) classes of \(names.count) in which models differ most." : "."),
      .table(["", "images"] + models.map { .name($0.name) }, rows),
    ]
  }
}

/// Settings that differ.
private struct PlanDifferenceSection: PageSection {
  let comparison: ModelComparison
  let id = "plans"
  let title = "Differences between the plans"

  var body: [Markup] {
    let rows = comparison.differences.map { difference in
      [Markup.name(difference.key)] + difference.values.map { .name($0 ?? "–") }
    }
    if rows.isEmpty { return [.note("None: same settings, same seed, same training data.")] }
    return [.table(["setting"] + comparison.models.map { .name($0.name) }, rows)]
  }
}

extension ModelComparison {
  /// What was different in how the models were trained: settings of their plans, seeds, data.
  package var differences: [PlanDifference] {
    let own = [
      PlanDifference(key: "seed", values: models.map { "\($0.model.seed)" }),
      PlanDifference(key: "training data", values: models.map { hexadecimal($0.model.dataDigest) }),
    ]
    return PlanDifference.between(models.map(\.model.plan)) + own.filter { Set($0.values).count > 1 }
  }
}
