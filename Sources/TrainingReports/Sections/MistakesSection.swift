// The images that the model got wrong most decidedly.

import Plumbing
import ReportPages

struct MistakesSection: PageSection {
  let classNames: [String]
  /// Worst first.
  let mistakes: [Mistake]
  /// The worst of every class.
  var byClass: [[Mistake]] = []
  let id = "mistakes"
  let title = "Worst mistakes"

  var body: [Markup] {
    if mistakes.isEmpty { return [] }
    let hasShares = mistakes.contains { $0.predictionShare != nil }
    return [
      .note(
        "The wrong answers with the largest lead of the wrong class over the right one, true class → answer. ",
        hasShares
          ? "How sure the model was: the share of its answer, and of the true class. "
          : "The lead is a log of odds: 1.00 more multiplies them by e. ",
        "Some of these labels may be wrong themselves."),
      .element("div", ["class": "mistakes"], mistakes.map(figure)),
    ] + gallery
  }

  /// The worst mistakes of every class, folded away by class.
  private var gallery: [Markup] {
    let classes = byClass.indices.filter { !byClass[$0].isEmpty }
    guard classes.count > 1 else { return [] }
    return [.heading("Mistakes by class")]
      + classes.map { c in
        .element(
          "details", [:],
          .element(
            "summary", [:],
            .joined([.name(classNames[c]), .text(" (\(byClass[c].count))")])),
          .element("div", ["class": "mistakes"], byClass[c].map(figure)))
      }
  }

  private func figure(_ mistake: Mistake) -> Markup {
    let (truth, answer) = (classNames[mistake.truth], classNames[mistake.prediction])
    var lines: [Markup] = [.name(truth), " → ", .name(answer), .void("br", [:])]
    if let share = mistake.predictionShare, let right = mistake.truthShare {
      lines.append("\(percent(Double(share) / 1_000_000)), true \(percent(Double(right) / 1_000_000))")
    } else {
      lines.append(.text("lead " + logOdds(mistake.margin)))
    }
    lines += [.void("br", [:]), "image \(grouped(mistake.index))"]
    if let path = mistake.path { lines += [.void("br", [:]), .name(path.printable)] }
    guard let picture = mistake.picture else { return .none }
    let scale = max(1, 96 / max(picture.width, picture.height))
    return .element(
      "figure", [:], .picture(picture, scale: scale, alt: "An image of \(truth) taken for \(answer)"),
      .element("figcaption", [:], lines))
  }
}
