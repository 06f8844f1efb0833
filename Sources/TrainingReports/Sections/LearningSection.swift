// The course of training: learning curves, and where the time went.

import ReportPages

struct LearningSection: PageSection {
  /// Accuracy on what was learned from, and on validation images after passes.
  let log: [LearningPoint]
  var validations: [LearningPoint] = []
  let timings: [LayerTiming]
  let id = "learning"
  let title = "Learning"

  var body: [Markup] {
    var body: [Markup] = []
    let stages = self.stages
    if !stages.isEmpty {
      body += [
        .note(
          "Solid: accuracy on the images of each round (with their shifts and flips), before the step they led to. ",
          stages.contains { !$0.validations.isEmpty }
            ? "Dashed: on the validation images, after every pass. Where the solid line rises and the dashed one does not, the model learns its images by heart. "
            : "",
          "Every stage has the same width, however long it took."),
        chart(stages).markup,
      ]
    }
    if !timings.isEmpty { body += [.heading("Time"), timingTables] }
    return body
  }

  /// One stage of one layer, with its points.
  private struct Stage {
    let layer: Int
    let name: String
    var points: [LearningPoint] = []
    var validations: [LearningPoint] = []
  }

  /// Stages in the order in which they first occur.
  private var stages: [Stage] {
    var stages: [Stage] = []
    func place(_ point: LearningPoint) -> Int {
      if let index = stages.firstIndex(where: { $0.layer == point.layer && $0.name == point.stage }) {
        return index
      }
      stages.append(Stage(layer: point.layer, name: point.stage))
      return stages.count - 1
    }
    func isFinite(_ point: LearningPoint) -> Bool { point.progress.isFinite && point.accuracy.isFinite }
    for point in log where isFinite(point) { stages[place(point)].points.append(point) }
    for point in validations where isFinite(point) {
      let index = place(point)
      stages[index].validations.append(point)
    }
    return stages
  }

  private func chart(_ stages: [Stage]) -> LineChart {
    var named: Set<Int> = []
    func points(_ points: [LearningPoint], _ index: Int) -> [(Double, Double)] {
      points.map { (Double(index) + min(1, max(0, $0.progress)), $0.accuracy) }
    }
    let learned = stages.enumerated().map { index, stage in
      LineChart.Curve(
        name: named.insert(stage.layer).inserted ? layerName(stage.layer) : nil, colour: stage.layer,
        points: points(stage.points, index))
    }
    let hasNone = !stages.contains { !$0.validations.isEmpty }
    let judged = stages.enumerated().filter { !$0.element.validations.isEmpty }.enumerated().map {
      number, entry in
      LineChart.Curve(
        name: hasNone || number > 0 ? nil : "validation", colour: entry.element.layer,
        points: points(entry.element.validations, entry.offset), dots: true, isDashed: true)
    }
    return LineChart(
      title: "Accuracy while learning", range: 0...Double(stages.count),
      labels: stages.enumerated().map { index, stage in
        (
          Double(index) + 0.5,
          label(stage, of: stages.count)
        )
      },
      dividers: (0...stages.count).map { Double($0) }, curves: learned + judged)
  }

  /// What stands under a stage, as long as there is room for.
  private func label(_ stage: Stage, of count: Int) -> String {
    if count <= 3 { return "layer \(stage.layer + 1), \(words(stage.name))" }
    return count <= 6 ? "\(stage.layer + 1), \(words(stage.name))" : "\(stage.layer + 1)"
  }

  /// Seconds of every layer, then folded away those of its stages.
  private var timingTables: Markup {
    let layers = Set(timings.map(\.layer)).sorted()
    let sums = layers.map { layer in
      timings.reduce(0) { $0 + ($1.layer == layer ? $1.seconds : 0) }
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
    let longest = max(1e-9, timings.map(\.seconds).max() ?? 0)
    return .table(
      ["", "stage", "time", ""],
      timings.map { timing in
        [
          .text(layerName(timing.layer)), .text(words(timing.stage)), .text(duration(timing.seconds)),
          .bar(timing.seconds / longest),
        ]
      }, left: 2)
  }
}
