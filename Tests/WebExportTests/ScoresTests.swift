// Pages say what Tally says: scores, shares, and evidence that adds up to scores.

import BinaryNetworks
import Plumbing
import Testing
import _NetworkTestSupport
import _TestSupport

@testable import WebExport

@Suite struct ScoresTests {
  /// Random networks of all kinds; those that are refused are those that have a reason.
  @Test func randomNetworksSayTheSame() throws {
    let models = try randomExportableModels(0..<80)
    let accepted = models.filter { (try? WebPage($0)) != nil }
    try expectSame(accepted, images: 8)
    // Enough of every kind.
    #expect(accepted.count >= 30)
    for model in models where model.network.shape.channels == 2 {
      #expect(throws: WebExportError.self) { try WebPage(model) }
    }
    #expect(accepted.contains { $0.network.mirrors } && accepted.contains { $0.network.layers.count > 2 })
    #expect(accepted.contains { $0.network.layers.contains { $0.bank.masks != nil } })
    #expect(accepted.contains { $0.network.layers.dropFirst().contains { $0.signals != nil } })
  }

  /// Grey and colour, odd sides, one word and several, a hundred classes, a second look, a deep network, layers beside each other.
  @Test func trainedKindsSayTheSame() throws {
    let models = [
      try groupedModel(seed: 1, width: 9, height: 7, channels: 1, components: 3, levels: 4, classes: 3),
      try groupedModel(
        seed: 2, width: 8, height: 11, channels: 3, components: 10, levels: 6, classes: 4, mirrors: true),
      try groupedModel(seed: 3, width: 13, height: 6, channels: 1, components: 3, levels: 31, classes: 100),
      try groupedModel(
        seed: 4, width: 5, height: 5, channels: 3, components: 5, levels: 2, classes: 2, windows: [15, 4]),
      try deepModel(layers: 40),
    ]
    try expectSame(models, images: 20)
    try expectSame((0..<12).map(stagedModel), images: 20)
  }

  private func expectSame(_ models: [Model], images: Int) throws {
    var engine = try Engine()
    var expected: [(model: Model, prediction: Prediction)] = []
    for (index, model) in models.enumerated() {
      try engine.add(page: try WebPage(model).html)
      let predictor = ImagePredictor(model)
      var random = SeededGenerator(seed: UInt64(index))
      for image in 0..<images {
        let pixels = image % 2 == 0 ? randomImage(&random, model.network.shape) : gradient(image, model)
        try engine.add(pixels)
        expected.append((model, predictor.prediction(pixels.span)))
      }
    }
    let results = try engine.results()
    try #require(results.count == expected.count)
    for (result, (model, prediction)) in zip(results, expected) {
      #expect(result.scores == prediction.scores, "\(result.error ?? "") \(model.plan)")
      #expect(result.shares == model.temperature.map { $0.shares(prediction.scores) })
      expectEvidence(result, model)
    }
  }

  /// A smooth image.
  private func gradient(_ image: Int, _ model: Model) -> [UInt8] {
    let shape = model.network.shape
    return (0..<shape.pixels).map { i in
      let (y, x) = (i / shape.channels / shape.width, i / shape.channels % shape.width)
      return UInt8(truncatingIfNeeded: y * image * 5 + x * (31 - image) + i % shape.channels * 20)
    }
  }

  /// Evidence and biases add up to a score; rounding takes at most one from it for each layer, and another one from the mean of two looks.
  private func expectEvidence(_ result: EngineResult, _ model: Model) {
    guard let evidence = result.evidence, let scores = result.scores, let count = result.layers else {
      return
    }
    let layers = model.network.layers.prefix(count)
    for (c, (evidence, score)) in zip(evidence, scores).enumerated() {
      let biases = layers.compactMap(\.head).reduce(0.0) { sum, head in
        sum + Double(head.bias[c])
          * Double(sign: .plus, exponent: LinearHead.scoreBits - head.scale, significand: 1)
      }
      let rounded = evidence + biases - Double(score)
      let tolerance = 1e-9 * (abs(evidence) + abs(biases)) + 1e-6
      #expect((-tolerance...Double(layers.count + 1) + tolerance).contains(rounded), "\(model.plan)")
    }
  }

  /// Scores that a double may not hold are refused.
  @Test func largeScoresAreRefused() throws {
    var model = try groupedModel(
      seed: 5, width: 9, height: 8, channels: 3, components: 6, levels: 4, classes: 5)
    model.network.layers[0].head?.bias[0] = 1 << 51
    _ = try WebPage(model)
    model.network.layers[0].head?.bias[0] = 1 << 53
    let error = #expect(throws: WebExportError.self) { try WebPage(model) }
    #expect(error?.description.contains("2^53") == true)
  }
}
