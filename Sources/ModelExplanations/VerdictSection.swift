// The answer first: the image, what spoke for the class, what spoke against the other one, and all scores.

import BinaryNetworks
import Plumbing
import ReportPages

struct VerdictSection: PageSection {
  let explanation: Explanation
  let id = "image"
  let title = "The image and what spoke for it"

  var body: [Markup] {
    let image = explanation.image
    let scale = max(1, 280 / max(image.width, image.height))
    var figures: [Markup] = []
    if let photo = explanation.input.photo {
      figures.append(
        .figure(
          .joined(["the photo, ", .name(explanation.input.name.printable)]),
          .picture(photo, scale: max(1, 280 / max(photo.width, photo.height)), alt: "The photo")))
    }
    figures += [
      Markup.figure(
        explanation.input.photo == nil
          ? .joined(["the image, ", .name(explanation.input.name.printable)]) : "as the model sees it",
        .picture(image, scale: scale, alt: "The image as the model sees it")),
      .figure(
        .joined(["for ", .name(explanation.name(explanation.of))]),
        .picture(
          HeatMap(explanation.own).over(image), scale: scale,
          alt: "Where the score of \(explanation.name(explanation.of)) came from")),
    ]
    if let against = explanation.against {
      figures.append(
        .figure(
          explanation.question,
          .picture(
            HeatMap(explanation.difference).over(image), scale: scale,
            alt: "Where the lead over \(explanation.name(against)) came from")))
    }
    return [.element("div", ["class": "three"], figures), .element("p", [:], verdict), legend, scores]
  }

  private var verdict: [Markup] {
    let ranking = explanation.ranking
    var words: [Markup] = [
      "The model says ", .element("strong", [:], .name(explanation.name(ranking[0]))),
      ranking.count > 1 ? " (\(sureness(ranking[0])))" : "",
    ]
    if ranking.count > 1 {
      words += [
        ", then ", .name(explanation.name(ranking[1])), " (\(sureness(ranking[1])))",
      ]
    }
    if let label = explanation.input.label { words += ["; the label says ", .name(label)] }
    words.append(".")
    let layers = explanation.input.model.network.layers.count
    if explanation.stage == layers {
      words.append(
        " The scores are the mean of the image's own and its mirror image's; below is what the image's own are made of."
      )
    } else if explanation.stage < layers - 1 {
      words.append(
        " It was sure after layer \(explanation.stage + 1) of \(layers); below are the layers up to there.")
    }
    return words
  }

  /// The share of a class; its score where the model has no shares.
  private func sureness(_ c: Int) -> String {
    explanation.share(c).map { percent($0) } ?? logOdds(explanation.scores[c])
  }

  private var legend: Markup {
    .joined([
      .element(
        "div", ["class": "legend"],
        .element("span", [:], .element("i", ["class": "for"]), "speaks for it"),
        .element("span", [:], .element("i", ["class": "against"]), "speaks against it")),
      .note(
        "Every position at which a filter fires adds its weight to the scores. The maps show these additions ",
        "summed over all filters and layers; a position of a reduced layer colours all pixels it stands for. ",
        "Filters see a little more than the pixels they colour. What is weak is not coloured, and what comes from where the image ",
        "shows nothing is paler. All numbers on this page are log-odds, as scores are: 1.00 more multiplies the odds by e."
      ),
    ])
  }

  private var scores: Markup {
    let ranking = explanation.ranking
    let highest = explanation.scores[ranking[0]]
    let lowest = explanation.scores[ranking[ranking.count - 1]]
    let span = max(1, Double(highest) - Double(lowest))
    var shown = Array(ranking.prefix(10))
    for c in [explanation.of, explanation.against].compactMap({ $0 }) where !shown.contains(c) {
      shown.append(c)
    }
    return .joined([
      .heading("Scores"),
      .table(
        ["", "score", explanation.shares == nil ? "" : "share", ""],
        shown.map { c in
          let share = explanation.share(c)
          return [
            .name(explanation.name(c)), .text(logOdds(explanation.scores[c])),
            .text(share.map { percent($0) } ?? ""),
            .bar(share ?? (Double(explanation.scores[c]) - Double(lowest)) / span),
          ]
        }),
      .note(
        shown.count < ranking.count ? "\(shown.count) of \(ranking.count) classes. " : "",
        explanation.shares == nil
          ? "" : "Share: the calibrated probability; of the answers with 80 %, about 80 in 100 are right."),
    ])
  }
}
