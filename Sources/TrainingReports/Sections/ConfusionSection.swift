// Which classes are taken for which, with examples of the worst cases.

import ModelEvaluation
import ReportPages

struct ConfusionSection: PageSection {
  let evaluation: Evaluation?
  /// Example images of the worst confusions, most frequent first.
  let examples: [ConfusionExamples]
  let id = "confusions"
  let title = "Confusions"

  var body: [Markup] {
    guard let evaluation, evaluation.images > 0 else { return [] }
    var body: [Markup] = []
    if evaluation.classNames.count <= PageLimits.classes {
      body += [
        .note(
          "Rows are true classes, columns predicted classes; below a count the part of its row, at the ends the sums. ",
          "The stronger the colour, the larger the part of its row."
        ),
        matrix(evaluation),
      ]
    } else if evaluation.classNames.count <= 1024 {
      body += [
        .note(
          "Rows are true classes, columns predicted classes, in the order of their labels. ",
          "Brighter: a larger part of the row."),
        .picture(
          heatMap(evaluation), scale: max(1, 600 / evaluation.classNames.count), alt: "Confusion matrix"),
      ]
    }
    let shown = examples.filter { !$0.images.isEmpty }
    if !shown.isEmpty {
      body += [.heading("Most frequent confusions"), .element("div", ["class": "strips"], shown.map(strip))]
    } else {
      let worst = evaluation.worstConfusions(12)
      if !worst.isEmpty {
        body += [
          .heading("Most frequent confusions"),
          .table(
            ["true class", "taken for", "images"],
            worst.map {
              [
                .name(evaluation.classNames[$0.truth]), .name(evaluation.classNames[$0.prediction]),
                "\(grouped($0.images))",
              ]
            }, left: 2),
        ]
      }
    }
    return body
  }

  private func matrix(_ evaluation: Evaluation) -> Markup {
    let names = evaluation.classNames
    let header =
      [Markup.element("th", [:])]
      + names.map { name in
        .element("th", ["class": "up", "title": name], .element("span", [:], .name(name)))
      } + [.element("th", ["class": "up"], .element("span", [:], "all"))]
    let rows = evaluation.confusion.enumerated().map { truth, row in
      let total = max(1, row.reduce(0, +))
      let cells = row.enumerated().map { prediction, count in
        // The square root makes rare confusions visible beside frequent ones.
        Markup.element(
          "td",
          [
            "class": truth == prediction ? "right" : "wrong",
            "style": "--a:\(plain((Double(count) / Double(total)).squareRoot() * 0.85))",
          ], count == 0 ? [] : [.text(grouped(count)), .element("small", [:], .text(rate(count, of: total)))])
      }
      return Markup.element(
        "tr", [:],
        [.element("th", ["class": "name", "title": names[truth]], .name(names[truth]))] + cells
          + [.element("td", ["class": "sum"], .text(grouped(row.reduce(0, +))))])
    }
    return .element(
      "div", ["class": "scroll"],
      .element(
        "table", ["class": "matrix"], .element("thead", [:], .element("tr", [:], header)),
        .element("tbody", [:], rows + [sums(evaluation)])))
  }

  /// The images taken for every class.
  private func sums(_ evaluation: Evaluation) -> Markup {
    let sums = evaluation.confusion.indices.map { c in evaluation.confusion.reduce(0) { $0 + $1[c] } }
    return .element(
      "tr", [:],
      [.element("th", ["class": "name"], "all")]
        + (sums + [evaluation.images]).map { .element("td", ["class": "sum"], .text(grouped($0))) })
  }

  private func rate(_ count: Int, of total: Int) -> String {
    percent(Double(count) / Double(total))
  }

  private func heatMap(_ evaluation: Evaluation) -> Raster {
    let classes = evaluation.classNames.count
    var raster = Raster(width: classes, height: classes, colour: (0, 0, 0))
    for (y, row) in evaluation.confusion.enumerated() {
      let total = max(1, row.reduce(0, +))
      for (x, count) in row.enumerated() where count > 0 {
        let level = UInt8(255 * (Double(count) / Double(total)).squareRoot())
        raster[x, y] = x == y ? (0, level, level / 2) : (level, level / 2, 0)
      }
    }
    return raster
  }

  private func strip(_ example: ConfusionExamples) -> Markup {
    let caption = Markup.joined([
      .name(example.truth), " → ", .name(example.prediction), " (\(grouped(example.count)))",
    ])
    guard let sheet = SpriteSheet(example.images, columns: ConfusionExamples.shown) else { return .none }
    return .figure(
      caption,
      .picture(
        sheet.raster, scale: sheet.scale(forTile: 56),
        alt: "Images of \(example.truth) taken for \(example.prediction)"))
  }
}

/// Images of one class that were taken for another.
struct ConfusionExamples {
  /// Names of the classes.
  let truth: String
  package let prediction: String
  /// How often it happened.
  let count: Int
  /// Some of the images, 8 at most.
  private(set) var images: [Raster] = []

  /// Most images shown of a confusion.
  static let shown = 8

  /// The most frequent confusions, still without images; as many as there is room for pictures of `side` pixels.
  static func worst(_ evaluation: Evaluation, side: Int) -> [(truth: Int, prediction: Int, examples: Self)] {
    let affordable = PageLimits.pictureBytes / (3 * side * side * shown)
    return evaluation.worstConfusions(max(2, min(12, affordable))).map {
      (
        $0.truth, $0.prediction,
        ConfusionExamples(
          truth: evaluation.classNames[$0.truth], prediction: evaluation.classNames[$0.prediction],
          count: $0.images)
      )
    }
  }

  /// Adds an image unless there are enough.
  mutating func add(_ image: @autoclosure () -> Raster) {
    if images.count < Self.shown { images.append(image()) }
  }
}
