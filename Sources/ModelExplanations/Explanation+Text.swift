// An explanation in a few lines for a terminal.

import BinaryNetworks
import Plumbing
import ReportPages

extension Explanation {
  /// The verdict, then for every layer what it adds and its strongest filters.
  public func text() -> String {
    let ranking = self.ranking
    var verdict =
      "\(input.name.printable): "
      + ranking.prefix(3).map { c in
        "\(name(c)) \(logOdds(scores[c]))" + (share(c).map { " (\(percent($0)))" } ?? "")
      }
      .joined(separator: ", ")
    if let label = input.label { verdict += " (labelled \(label))" }
    var lines = [verdict]
    if stage == input.model.network.layers.count {
      lines.append(
        "scores are the mean of the image's own and its mirror image's; what follows is of its own")
    }
    let sum = against.map { "\(name(of)) over \(name($0))" } ?? name(of)
    lines.append("\(sum): \(logOdds(difference.score)), of which")
    for layer in evidence {
      lines.append(
        "  layer \(layer.layer.layer + 1): \(logOdds(layer.layer.score)), its bias "
          + signed(layer.layer.bias, scale: layer.layer.scale))
      for (word, filters) in [("for", layer.supporting), ("against", layer.opposing)] where !filters.isEmpty {
        lines.append(
          "    \(word): "
            + filters.map { "filter \($0.index) \(signed($0.contribution, scale: layer.layer.scale))" }
            .joined(separator: ", "))
      }
    }
    return lines.joined(separator: "\n")
  }
}
