// A model file past its checksum, and all that is done with a model: run, explained, inspected, reported.

import BinaryNetworks
import ImageData
import ImageEncoding
import ModelEvaluation
import ModelExplanations
import Plumbing
import TrainingPlans
import TrainingReports

/// Reads models.
enum ModelTarget {
  static func read(_ bytes: [UInt8]) throws {
    let bytes = Checksums.crc64(bytes)
    let model = try Model(encoded: bytes, path: "m.tally")
    law("a model is read as it was written") { try Model(encoded: model.encoded(), path: nil) == model }
    guard ModelCost(model.network).isSmall else { return }
    let images = try images(of: model.network)
    // A page takes ten times as long as all else, a picture a hundred times: one input in 32 and one in 512 get them.
    let draw = CRC64.checksum(bytes)
    let (withPages, withPicture) = (draw & 31 == 0, draw & 511 == 0)
    let explanation = try explain(model, images)
    if withPages { _ = explanation.html() }
    if withPicture { _ = explanation.png() }
    let inspection = try NetworkInspection(model, images: images, threads: 1)
    _ = inspection.text()
    _ = inspection.json()
    if withPages { try report(model, images) }
  }

  /// Predicts one image and takes the scores of the other apart.
  private static func explain(_ model: Model, _ images: LabelledImages) throws -> Explanation {
    let names = model.network.classNames
    let prediction = try Predictor(model, threads: 1).predict(pixels: images.pixels(of: 0), count: 1)[0]
    let explanation = try Explanation(
      ExplanationInput(
        model: model, pixels: images.pixels(of: 1), name: "image", label: names[0],
        of: prediction.ranking.last, examples: images))
    law("every class has a score") { explanation.scores.count == names.count }
    _ = explanation.text()
    _ = try explanation.json()
    return explanation
  }

  /// Evaluates a model and writes its report.
  static func report(_ model: Model, _ images: LabelledImages) throws {
    let evaluation = try Evaluation(model, on: images, threads: 1)
    _ = evaluation.worstConfusions(3)
    let input = ReportInput(
      model: model, evaluation: evaluation, images: images, command: "tally train",
      timings: [LayerTiming(layer: 0, stage: "refine", seconds: 1)],
      log: [LearningPoint(layer: 0, stage: "refine", progress: 0.5, accuracy: 0.5)], totalSeconds: 1)
    _ = try TrainingReport(input).html()
  }

  /// A light and a dark image of the network's shape, with noise, of the first and the last class.
  static func images(of network: Network) throws -> LabelledImages {
    var generator = SeededGenerator(seed: 1)
    let pixels = (0..<2 * network.shape.pixels).map { i in
      UInt8(truncatingIfNeeded: i / network.shape.pixels * 150 + generator.below(100))
    }
    return try LabelledImages(
      shape: network.shape, pixels: pixels, labels: [0, UInt16(network.classNames.count - 1)],
      classNames: network.classNames)
  }
}

/// How much work a network is. Large ones are read only: running them would leave no time for the small ones.
struct ModelCost {
  private let work: Int
  private let classes: Int

  init(_ network: Network) {
    classes = network.classNames.count
    // The encoder: every pixel, every value it weighs, every bit; a pyramid adds at most a third. Layers that look at the image encode it again.
    let spec = network.encoder.spec
    let values = spec.signals.reduce(0) {
      $0 + $1.signals(channels: network.shape.channels) * ($1.window * $1.window + 8)
    }
    let looks = 1 + network.layers.count { $0.signals != nil }
    var work = looks * network.shape.height * network.shape.width * (network.shape.channels + values)
    for (index, layer) in network.layers.enumerated() {
      let input = network.input(ofLayer: index)
      work += input.height * input.width * layer.bank.stride * (layer.bank.patchWords + 8)
      // Pairs of filters, as inspections look at them.
      work += layer.bank.count * layer.bank.count
    }
    self.work = work
  }

  /// Whether it is read and run in milliseconds.
  var isSmall: Bool { work <= 1 << 20 && classes <= 32 }
}
