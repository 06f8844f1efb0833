// An inspection as text for a terminal: tables of aligned columns.

import BinaryNetworks

extension NetworkInspection {
  /// The inspection as lines of text: tables whose columns are aligned.
  public func text() -> String {
    var sizes = TextTable([
      "layer", "filters", "window", "bits", "map", "unmasked", "bytes", "head bytes", "thresholds",
    ])
    var pairs = TextTable([
      "layer", "filter pairs", "mean", "highest", "> 0.9", "duplicates", "complements",
    ])
    var features = TextTable([
      "layer", "feature", "on: lowest", "median", "highest", "dead", "stuck", "correlation", "highest",
      "> 0.9",
    ])
    for layer in layers {
      let name = "\(layer.layer + 1)"
      sizes.add([
        name, "\(layer.filters)", "\(layer.window)×\(layer.window)", "\(layer.patchBits)",
        "\(layer.mapWidth)×\(layer.mapHeight)", percent(layer.unmasked), "\(layer.bytes.total)",
        "\(layer.bytes.head)",
        layer.thresholds.map { ($0.side == .far ? "far " : "") + "\($0.lowest)…\($0.highest)" }
          .joined(separator: ", "),
      ])
      let agreement = layer.filterAgreement
      pairs.add([
        name, "\(agreement.pairs)", hundredths(agreement.mean), hundredths(agreement.highest),
        "\(agreement.above90Percent)", "\(layer.duplicatePairs)", "\(layer.complementPairs)",
      ])
      for (t, statistics) in layer.features.enumerated() {
        let correlation = t == 0 ? layer.featureCorrelation : nil
        features.add([
          name, "\(t + 1)", percent(statistics.lowest), percent(statistics.median),
          percent(statistics.highest),
          "\(statistics.dead)", "\(statistics.stuck)", correlation.map { hundredths($0.mean) } ?? "",
          correlation.map { hundredths($0.highest) } ?? "", correlation.map { "\($0.above90Percent)" } ?? "",
        ])
      }
    }
    var text =
      sizes.text + "\nWork on an image: words of 64 bits compared, multiply-adds\n" + workTable + exitLines
      + "\nAgreement of filters, bit by bit (0 unrelated, 1 the same or opposite)\n" + pairs.text
    if images > 0 { text += "\nFeatures on \(images) images\n" + features.text }
    return text
  }
}

extension NetworkInspection {
  /// When an image is answered, where that is not after the last layer.
  private var exitLines: String {
    let lines = exits.enumerated().compactMap { index, lead in
      lead.map { lead in
        let (whole, rest) = (lead >> 16, ((lead & 0xffff) * 100) >> 16)
        return "answered after layer \(index + 1): leads of \(whole).\(rest < 10 ? "0" : "")\(rest) or more\n"
      }
    }
    return lines.joined()
      + (mirrors
        ? "all others are looked at a second time, mirrored: \(work.words(stage: work.layers.count)) words\n"
        : "")
  }

  private var workTable: String {
    var table = TextTable(["layer", "words", "multiply-adds", "bytes"])
    table.add(["encoder", "", "\(work.encoderMultiplyAdds)", ""])
    for (index, layer) in work.layers.enumerated() {
      table.add(["\(index + 1)", "\(layer.words)", "\(layer.multiplyAdds)", "\(layer.bytes)"])
    }
    table.add(["all", "\(work.words)", "\(work.multiplyAdds)", "\(bytes)"])
    return table.text
  }
}

/// Text in columns, aligned to the right.
private struct TextTable {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        + "\n"
    }.joined()
  }
}

/// A share as percent with one decimal.
private func percent(_ share: Double) -> String {
  let tenths = Int((share * 1000).rounded())
  return "\(tenths / 10).\(tenths % 10)%"
}

/// A number from 0 to 1 with two decimals.
private func hundredths(_ value: Double) -> String {
  let whole = Int((value * 100).rounded())
  return "\(whole / 100).\(whole / 10 % 10)\(whole % 10)"
}
