// The course of training: learning curves, and where the time went.

import ReportPages

struct LearningSection: PageSection {
  let input: ReportInput
  let id = "learning"
  let title = "Learning"

  var body: [Markup] {
    var body: [Markup] = []
    let stages = self.stages
    if !stages.isEmpty {
      body += [
        .note(
          "Accuracy on the images of each round (with their shifts and flips), before the step they led to. ",
          "Every stage has the same width, however long it took."),
        chart(stages).markup,
      ]
    }
    if !input.timings.isEmpty { body += [.heading("Time"), timings] }
    return body
  }

  /// One stage of one layer, with its points.
  private struct Stage {
    let layer: Int
    let name: String
    var points: [LearningPoint]
  }

  /// Stages in the order in which they first occur.
  private var stages: [Stage] {
    var stages: [Stage] = []
    for point in input.log where point.progress.isFinite && point.accuracy.isFinite {
      if let index = stages.firstIndex(where: { $0.layer == point.layer && $0.name == point.stage }) {
        stages[index].points.append(point)
      } else {
        stages.append(Stage(layer: point.layer, name: point.stage, points: [point]))
      }
    }
    return stages
  }

  private func chart(_ stages: [Stage]) -> LineChart {
    var named: Set<Int> = []
    return LineChart(
      title: "Accuracy while learning", range: 0...Double(stages.count),
      labels: stages.enumerated().map { index, stage in
        (
          Double(index) + 0.5,
          label(stage, of: stages.count)
        )
      },
      dividers: (0...stages.count).map { Double($0) },
      curves: stages.enumerated().map { index, stage in
        LineChart.Curve(
          name: named.insert(stage.layer).inserted ? layerName(stage.layer) : nil, colour: stage.layer,
          points: stage.points.map { (Double(index) + min(1, max(0, $0.progress)), $0.accuracy) })
      })
  }

  /// What stands under a stage, as long as there is room for.
  private func label(_ stage: Stage, of count: Int) -> String {
    if count <= 3 { return "layer \(stage.layer + 1), \(words(stage.name))" }
    return count <= 6 ? "\(stage.layer + 1), \(words(stage.name))" : "\(stage.layer + 1)"
  }

  /// Seconds of every layer, then folded away those of its stages.
  private var timings: Markup {
    let layers = Set(input.timings.map(\.layer)).sorted()
    let sums = layers.map { layer in
      input.timings.reduce(0) { $0 + ($1.layer == layer ? $1.seconds : 0) }
    }
    let longest = max(1e-9, sums.max() ?? 0)
    return .joined([
      .table(
        ["", "time", ""],
        zip(layers, sums).map { layer, sum in
          [.text(layerName(layer)), .text(duration(sum)), .bar(sum / longest)]
        }),
      .element("details", [:], .element("summary", [:], "Every stage"), stageTimings),
    ])
  }

  private var stageTimings: Markup {
    let longest = max(1e-9, input.timings.map(\.seconds).max() ?? 0)
    return .table(
      ["", "stage", "time", ""],
      input.timings.map { timing in
        [
          .text(layerName(timing.layer)), .text(words(timing.stage)), .text(duration(timing.seconds)),
          .bar(timing.seconds / longest),
        ]
      }, left: 2)
  }
}
