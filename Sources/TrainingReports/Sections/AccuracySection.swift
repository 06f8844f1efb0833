// How much every layer adds: accuracy of each head alone, and of the sum of the heads up to it.

import BinaryNetworks
import LayerwiseTraining
import ModelEvaluation
import ReportPages

struct AccuracySection: PageSection {
  let input: ReportInput
  let id = "layers"
  let title = "Accuracy by layer"

  var body: [Markup] {
    let layers = input.model.network.layers
    let noted = TrainingSummary(json: input.model.summary)?.layers ?? []
    var columns: [(name: String, shares: [Double])] = []
    if let evaluation = input.evaluation, evaluation.images > 0, !evaluation.correctAlone.isEmpty {
      let images = Double(evaluation.images)
      columns.append(("\(input.evaluationName), alone", evaluation.correctAlone.map { Double($0) / images }))
      columns.append(("\(input.evaluationName), sum", evaluation.correctSum.map { Double($0) / images }))
    }
    // The same images judged again would only say the same twice; layers do not change once they are learned.
    let isRepeated =
      columns.count == 2 && noted.last?.images == input.evaluation?.images
      && noted.last.map { $0.isValidation ? "validation" : "training" } == input.evaluationName
    if !isRepeated, noted.count == layers.count, let first = noted.first {
      let name = first.isValidation ? "validation" : "training"
      columns.append(("\(name) when learned, alone", noted.map(\.accuracyAlone)))
      columns.append(("\(name) when learned, sum", noted.map(\.accuracySum)))
    }
    columns = columns.filter { $0.shares.count == layers.count }
    if columns.isEmpty || layers.isEmpty { return [] }
    let rows = layers.enumerated().map { index, layer in
      [Markup.text(layerName(index)), "\(layer.bank.count)", "\(layer.bank.window)×\(layer.bank.window)"]
        + columns.map { .text(percent($0.shares[index], 2)) }
    }
    let chart = LineChart(
      title: "Accuracy by layer", range: 0.7...Double(layers.count) + 0.3,
      labels: layers.indices.map { (Double($0 + 1), layerName($0)) },
      curves: columns.enumerated().map { index, column in
        LineChart.Curve(
          name: column.name, colour: index,
          points: column.shares.enumerated().map { (Double($0 + 1), $1) }, dots: true)
      })
    return [
      .note("Alone: the layer's own head decides. Sum: the scores of its head and of all heads before it."),
      .table(["", "filters", "window"] + columns.map { .text($0.name) }, rows),
    ] + (layers.count > 1 ? [chart.markup] : [])
  }
}
