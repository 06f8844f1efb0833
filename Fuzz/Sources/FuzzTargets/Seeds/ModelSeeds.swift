// Small models: those of the small trainings, and one by hand with what these lack.

import BinaryNetworks
import ImageEncoding
import LayerwiseTraining
import Plumbing

/// Models and their summaries.
enum ModelSeeds {
  /// The model of the fewest bytes.
  static let smallest = Result { () throws -> Model in
    var model = try byHand(layers: 1)
    model.plan = "{}"
    return model
  }

  static func models() throws -> [[UInt8]] {
    var models = try TrainingSeeds.shared.models + [byHand(layers: 2), byHand(layers: 6)]
    // Once more without their texts, so that more of what is changed is network.
    models += models.map { model in
      var model = model
      (model.plan, model.summary) = ("{}", "{}")
      return model
    }
    return models.map { $0.encoded() }
  }

  static func summaries() throws -> [[UInt8]] {
    let trained = try TrainingSeeds.shared.models.map(\.summary)
    let folder = #"{"testShare":250000,"files":6,"names":"0123456789abcdef"}"#
    let layer =
      #"{"layer":0,"filters":4,"patchBits":9,"images":8,"correctAlone":3,"correctSum":4,"isValidation":true,"#
      + #""calibration":{"temperature":65536,"loss":900000,"error":20000}}"#
    let whole =
      #"{"trainingImages":8,"validationImages":2,"validationShare":200000,"layers":["# + layer
      + #"],"folder":"# + folder + "}"
    return (trained + [whole]).map { Array($0.utf8) }
  }

  /// Sides and uses of a layer's features, by its index.
  private static let features: [[(FeatureSide, FeatureUse)]] = [
    [(.near, .both)], [(.near, .both), (.near, .next)], [(.far, .both)],
    [(.near, .head), (.far, .next), (.near, .both), (.far, .both)],
  ]

  /// Colour images, all kinds of counts, masks, centred distances, reductions and a temperature.
  private static func byHand(layers: Int) throws -> Model {
    var generator = SeededGenerator(seed: 4)
    let spec = EncoderSpec(
      signals: [
        SignalSpec(source: .channels, window: 3, levels: 1),
        SignalSpec(source: .opponents, window: 0, levels: 2),
      ],
      pyramid: layers > 1)
    let thresholds: [[Int32]] = [[0], [-50], [50], [-50, 50], [-80, 80]]
    let levels = layers > 1 ? 2 : 1
    let encoder = try ImageEncoder(
      spec: spec, shape: ImageShape(width: 4, height: 5, channels: 3), pyramidLevels: levels,
      thresholds: Array(repeating: thresholds, count: levels))
    var network = Network(encoder: encoder, layers: [], classNames: ["cat", "dög", "<b>"])
    for index in 0..<layers {
      let input = network.input(ofLayer: index).layout
      var bank = FilterBank(window: index % 2 == 0 ? 1 : 3, input: input, count: 3)
      for (w, valid) in FilterBank.validBits(window: bank.window, input: input).enumerated() {
        for k in 0..<bank.count { bank.filters[w * bank.stride + k] = generator.next() & valid }
      }
      if index % 3 == 1 { bank.masks = bank.filters }
      bank.distanceKind = index % 2 == 0 ? .plain : .centred
      bank.features = Self.features[index % Self.features.count].enumerated().map { i, kind in
        FilterFeature(
          Array(repeating: UInt16(bank.largestDistance / 3 + i), count: 3), side: kind.0, use: kind.1)
      }
      let head = LinearHead(
        grid: 1, counts: CountKind.allCases[index % CountKind.allCases.count], classes: 3,
        weights: (0..<9 * bank.countedFeatures.count).map { _ in Int16(generator.below(201) - 100) },
        bias: [0, 5, -5], scale: 8)
      network.layers.append(
        NetworkLayer(
          bank: bank, reduction: Reduction.allCases[(index + 1) % 3], head: index == 3 ? nil : head))
    }
    return Model(
      network: network, plan: #"{"name": "by hand"}"#, seed: 7, dataDigest: 0xABC, summary: "{}",
      temperature: Temperature.candidates.first)
  }
}
