// The books: what every layer adds, and that it adds up.

import BinaryNetworks
import ReportPages

struct SumsSection: PageSection {
  let explanation: Explanation
  let id = "sums"
  let title = "How it adds up"

  var body: [Markup] {
    if explanation.difference.layers.isEmpty { return [] }
    var body: [Markup] = [.heading(explanation.question)] + table(explanation.difference)
    if explanation.against != nil {
      body.append(
        .element(
          "details", [:],
          [
            .element(
              "summary", [:],
              .joined(["The same for the score of ", .name(explanation.name(explanation.of))]))
          ]
            + table(explanation.own)))
    }
    body.append(
      .note(
        "For and against: what all filters that speak for the class, or against it, add, summed over the ",
        "cells of the head's grid. Rounding: what is cut off when a layer's sum becomes a score of 16 fractional ",
        "bits. All are log-odds. Everything is computed in integers (tally explain --json has them); the rows and columns add up ",
        "to the last bit, only what is printed is rounded."))
    return body
  }

  private func table(_ contributions: Contributions) -> [Markup] {
    var rows = contributions.layers.map { layer in
      let (supporting, opposing) = sides(layer)
      return [
        Markup.text(layerName(layer.layer)), .text(signed(layer.bias, scale: layer.scale, 3)),
        .text(signed(supporting, scale: layer.scale, 3)), .text(signed(opposing, scale: layer.scale, 3)),
        .text(rounding(layer.rounding)), .text(logOdds3(layer.score)),
      ]
    }
    if contributions.layers.count > 1 {
      let parts = contributions.layers.map { layer in
        let (supporting, opposing) = sides(layer)
        return (
          Contributions.parts(supporting, scale: layer.scale),
          Contributions.parts(opposing, scale: layer.scale)
        )
      }
      rows.append([
        .element("strong", [:], "all layers"), .text(amount(contributions.bias)),
        .text(amount(parts.reduce(0) { $0 + $1.0 })), .text(amount(parts.reduce(0) { $0 + $1.1 })),
        .text(rounding(contributions.rounding)),
        .element("strong", [:], .text(logOdds3(contributions.score))),
      ])
    }
    var tables = [
      Markup.table(["", "bias", "for", "against", "rounding", "score"], rows)
    ]
    if contributions.layers.count > 1 {
      let image = explanation.image
      tables.append(
        .element(
          "div", ["class": "three"],
          contributions.layers.map { layer in
            .figure(
              .text("\(layerName(layer.layer)), \(layer.width)×\(layer.height) positions"),
              .picture(
                HeatMap(layer, layer.byPosition).over(image, level: layer.level),
                scale: max(1, 200 / max(image.width, image.height)),
                alt: "What the positions of \(layerName(layer.layer)) add"))
          }))
    }
    return tables
  }

  /// What filters add together that speak for the class, and what those that speak against it.
  private func sides(_ layer: LayerContributions) -> (Int64, Int64) {
    let sums = layer.byFilter
    return (sums.reduce(0) { $0 + max(0, $1) }, sums.reduce(0) { $0 + min(0, $1) })
  }

  private func amount(_ parts: Int128) -> String { signed(Double(parts) / Double(1 << 40), 3) }
  /// Rounding takes away what is left over.
  private func rounding(_ parts: Int128) -> String { signed(-Double(parts) / Double(1 << 40), 6) }
  private func logOdds3(_ score: Int64) -> String { signed(Double(score) / 65_536, 3) }
}
