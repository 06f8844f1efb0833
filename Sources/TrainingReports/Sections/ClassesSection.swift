// Precision and recall of every class.

import ModelEvaluation
import ReportPages

struct ClassesSection: PageSection {
  let evaluation: Evaluation?
  let id = "classes"
  let title = "Classes"

  var body: [Markup] {
    guard let evaluation, evaluation.images > 0 else { return [] }
    let all = Array(evaluation.classNames.indices)
    let isCut = all.count > PageLimits.classes
    let shown =
      isCut
      ? Array(
        all.sorted { (evaluation.recall($0), $0) < (evaluation.recall($1), $1) }.prefix(PageLimits.classes))
      : all
    let rows = shown.map { c in
      [
        Markup.name(evaluation.classNames[c]), "\(grouped(evaluation.confusion[c].reduce(0, +)))",
        .text(evaluation.confusion.contains { $0[c] > 0 } ? percent(evaluation.precision(c)) : "–"),
        .text(evaluation.confusion[c].contains { $0 > 0 } ? percent(evaluation.recall(c)) : "–"),
        .bar(evaluation.recall(c)),
      ]
    }
    return [
      .note(
        "Precision: of the images taken for the class, the part that is of it. ",
        "Recall: of the images of the class, the part that was found (bar).",
        isCut ? " The \(PageLimits.classes) classes with the lowest recall of \(all.count)." : ""),
      .table(["", "images", "precision", "recall", ""], rows),
    ]
  }
}
