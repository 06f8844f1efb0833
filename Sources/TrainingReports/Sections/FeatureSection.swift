// Whether filters and features earn their bytes: sizes, on-rates, redundancy.

import BinaryNetworks
import ModelEvaluation
import ReportPages

struct FeatureSection: PageSection {
  let inspection: NetworkInspection
  let id = "features"
  let title = "Filters and features in numbers"

  var body: [Markup] {
    if inspection.layers.isEmpty { return [] }
    var body: [Markup] = [sizes, workNote, .heading("How alike filters are"), agreementNote, agreement]
    if inspection.images > 0 {
      body += [
        .heading("How often features are on"),
        .note(
          "Over all positions of \(grouped(inspection.images)) images. Dead: on at less than 0.1 % of them; ",
          "stuck: at more than 99.9 %. Correlation: mean absolute phi of first features of two filters."
        ),
        features,
      ]
    }
    return body
  }

  private var sizes: Markup {
    .table(
      [
        "", "filters", "window", "patch bits", "map", "bits that matter", "words", "multiply-adds", "bytes",
        "of which head", "thresholds",
      ],
      inspection.layers.map { layer in
        [
          .text(layerName(layer.layer)), "\(layer.filters)", "\(layer.window)×\(layer.window)",
          "\(grouped(layer.patchBits))", "\(layer.mapWidth)×\(layer.mapHeight)",
          .text(percent(layer.unmasked)), "\(grouped(inspection.work.layers[layer.layer].words))",
          "\(grouped(inspection.work.layers[layer.layer].multiplyAdds))",
          "\(grouped(layer.bytes.total))", "\(grouped(layer.bytes.head))",
          .text(
            layer.thresholds.map { ($0.side == .far ? "far " : "") + "\($0.lowest)–\($0.highest)" }
              .joined(separator: ", ")),
        ]
      })
  }

  private var workNote: Markup {
    let work = inspection.work
    return .note(
      "Words: words of 64 bits that are compared for an image, \(grouped(work.words)) in all. Multiply-adds: counts times ",
      "weights; with the encoder's \(grouped(work.encoderMultiplyAdds)), \(grouped(work.multiplyAdds)) in all."
    )
  }

  private var agreementNote: Markup {
    .note(
      "Agreement of two filters, |1 − 2 · distance / D| over the bits that matter to both: 0 for unrelated ones, 1 ",
      "for the same or exactly opposite ones.")
  }

  private var agreement: Markup {
    .table(
      ["", "pairs", "mean", "highest", "above 0.9", "the same", "opposite"],
      inspection.layers.map { layer in
        let pairs = layer.filterAgreement
        return [
          .text(layerName(layer.layer)), "\(grouped(pairs.pairs))", .text(decimal(pairs.mean, 3)),
          .text(decimal(pairs.highest, 3)), "\(grouped(pairs.above90Percent))",
          "\(grouped(layer.duplicatePairs))",
          "\(grouped(layer.complementPairs))",
        ]
      })
  }

  private var features: Markup {
    let rows = inspection.layers.flatMap { layer in
      layer.features.enumerated().map { t, statistics in
        let correlation = t == 0 ? layer.featureCorrelation : nil
        return [
          Markup.text(layerName(layer.layer)), "\(t + 1)", .text(percent(statistics.lowest)),
          .text(percent(statistics.median)), .text(percent(statistics.highest)), "\(statistics.dead)",
          "\(statistics.stuck)", .text(correlation.map { decimal($0.mean, 3) } ?? ""),
          .text(correlation.map { decimal($0.highest, 3) } ?? ""),
        ]
      }
    }
    return .table(
      ["", "feature", "lowest", "median", "highest", "dead", "stuck", "correlation", "highest"], rows)
  }
}
