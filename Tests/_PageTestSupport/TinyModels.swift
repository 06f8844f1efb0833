// Small models and images for reports.

package import BinaryNetworks
import BitKernels
package import ImageData
import ImageEncoding
import Plumbing

@testable import LayerwiseTraining

/// Two layers with heads on colour images; random but for the seed.
/// - Parameter features: by how much the thresholds of each feature are below the middle, its side, and who gets it.
package func tinyModel(
  classNames: [String], seed: UInt64 = 1, plan: String = #"{"name": "tiny"}"#,
  features: [(Int, FeatureSide, FeatureUse)] = [(3, .near, .both), (0, .near, .next)]
) throws -> Model {
  var generator = SeededGenerator(seed: seed)
  let spec = EncoderSpec(
    signals: [
      SignalSpec(source: .channels, window: 3, levels: 3),
      SignalSpec(source: .opponents, window: 0, levels: 2),
      SignalSpec(source: .mean, window: 0, levels: 4),
    ], pyramid: true)
  let thresholds: [[Int32]] = [
    [-200, 0, 200], [-200, 0, 200], [-200, 0, 200], [-50, 50], [-80, 80], [100, 300, 400, 600],
  ]
  let encoder = try ImageEncoder(
    spec: spec, shape: ImageShape(width: 10, height: 8, channels: 3), pyramidLevels: 2,
    thresholds: [thresholds, thresholds])
  var network = Network(encoder: encoder, layers: [], classNames: classNames)
  for (filters, reduction) in [(20, Reduction.majority), (12, Reduction.none)] {
    let input = network.input(ofLayer: network.layers.count).layout
    var bank = FilterBank(window: 3, input: input, count: filters)
    for (w, valid) in FilterBank.validBits(window: 3, input: input).enumerated() {
      for k in 0..<filters { bank.filters[w * bank.stride + k] = generator.next() & valid }
    }
    bank.features = features.map {
      FilterFeature(Array(repeating: UInt16(bank.patchBits / 2 - $0), count: filters), side: $1, use: $2)
    }
    let head = LinearHead(
      grid: 2, counts: .soft, classes: classNames.count,
      weights: (0..<classNames.count * 4 * filters * bank.countedFeatures.count).map { _ in
        Int16(generator.below(201) - 100)
      },
      bias: Array(repeating: 0, count: classNames.count), scale: 8)
    network.layers.append(NetworkLayer(bank: bank, reduction: reduction, head: head))
  }
  let summary = TrainingSummary(
    trainingImages: 90, validationImages: 10, validationShare: 100_000,
    layers: [
      LayerResult(
        layer: 0, filters: 20, patchBits: 9 * 17, images: 10, correctAlone: 4, correctSum: 4,
        isValidation: true),
      LayerResult(
        layer: 1, filters: 12, patchBits: 9 * (17 + 20 * network.layers[0].bank.output.groups.count),
        images: 10, correctAlone: 5, correctSum: 6,
        isValidation: true),
    ])
  return Model(network: network, plan: plan, seed: 7, dataDigest: 0xABC, summary: summary.json())
}

/// Random images for a tiny model.
package func tinyImages(_ model: Model, count: Int, seed: UInt64 = 2) throws -> LabelledImages {
  var generator = SeededGenerator(seed: seed)
  let shape = model.network.shape
  let classes = model.network.classNames.count
  // A model may come from anywhere, names and all; images have names that are plain text.
  let names = model.network.classNames
  let isPlain = ClassNames.problem(in: names) == nil
  let images = try LabelledImages(
    shape: shape, pixels: (0..<count * shape.pixels).map { _ in UInt8(generator.below(256)) },
    labels: (0..<count).map { UInt16($0 % classes) },
    classNames: isPlain ? names : (0..<classes).map { "\($0)" })
  return isPlain ? images : images.numbered()
}
