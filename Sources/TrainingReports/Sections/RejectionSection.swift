// What is won by leaving the images that the model is not sure of to somebody else.

import Foundation
import ModelEvaluation
import ReportPages

struct RejectionSection: PageSection {
  /// Nil for a model without shares.
  let curve: RejectionCurve?
  let id = "rejection"
  let title = "Accuracy and rejected answers"

  /// Parts that the table lists, per thousand.
  private static let listed = [0, 10, 20, 50, 100, 200, 300]

  var body: [Markup] {
    guard let curve, curve.points.count > 1 else { return [] }
    let listed = curve.points(rejecting: Self.listed)
    let chart = LineChart(
      title: "Accuracy on the images that are not rejected", range: 0...0.9,
      labels: stride(from: 0, through: 0.8, by: 0.2).map { ($0, percent($0, 0)) },
      curves: [
        LineChart.Curve(
          name: "accuracy on the others", colour: 0,
          points: curve.points.map { (curve.rejected($0), curve.accuracy($0)) })
      ])
    return [
      .note(
        "Answers whose share is below a limit are rejected: tally predict --min-share. Across: the part of the images that is ",
        "rejected; upwards: the accuracy on the others."), chart.markup,
      .table(
        ["rejected", "accuracy of the others", "--min-share"],
        listed.map { point in
          [
            .text(percent(curve.rejected(point))), .text(percent(curve.accuracy(point), 2)),
            .text(point.leastShare == 0 ? "–" : decimal(Double(point.leastShare) / 1_000_000, 4)),
          ]
        }),
    ]
  }
}
