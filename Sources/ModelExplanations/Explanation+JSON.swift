// An explanation as one JSON object: the exact integers, for programs.

import BinaryNetworks

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Explanation {
  /// The explanation as JSON, indented, with sorted keys.
  ///
  /// Scores have 16 fractional bits. Everything of a layer is in units of 2^−scale: bias + Σ byFeature = bias +
  /// Σ byPosition = total, and total · 2^(16 − scale), rounded down for a class's own score, is the layer's score.
  /// - Throws: what JSONEncoder throws.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(ExplanationOutput(self)), as: UTF8.self)
  }
}

/// What the JSON object holds.
private struct ExplanationOutput: Encodable {
  struct Score: Encodable {
    let name: String
    let score: Int64
    /// How sure the model is, 0 to 1 with six decimals; nil if it does not say.
    let share: Double?
  }
  struct Sum: Encodable {
    let score: Int64
    let bias: Int64
    let total: Int64
    let byFeature: [Int64]
    let byFilter: [Int64]
    let byPosition: [Int64]

    init(_ layer: LayerContributions) {
      score = layer.score
      bias = layer.bias
      total = layer.total
      byFeature = layer.byFeature
      byFilter = layer.byFilter
      byPosition = layer.byPosition
    }
  }
  struct Layer: Encodable {
    let layer: Int
    let scale: Int
    let height: Int
    let width: Int
    /// Pixels along each side that a position stands for.
    let pixels: Int
    let grid: Int
    /// Squares of the grid along each side of a cell, if cells overlap.
    let span: Int?
    let filters: Int
    /// Where each feature that is counted is on; counts and what they add are ordered cell, feature, filter.
    let sides: [FeatureSide]
    let counts: [Int32]
    let own: Sum
    let lead: Sum?
  }

  let image: String
  let label: String?
  let height: Int
  let width: Int
  let `class`: String
  let against: String?
  /// Index of the layer after which the image was answered; the number of layers for the mirrored look.
  let stage: Int
  /// From the highest to the lowest.
  let scores: [Score]
  /// The class's score, and by how much it is above the other one's.
  let score: Int64
  let lead: Int64?
  let layers: [Layer]

  init(_ explanation: Explanation) {
    image = explanation.input.name
    label = explanation.input.label
    stage = explanation.stage
    height = explanation.own.height
    width = explanation.own.width
    `class` = explanation.name(explanation.of)
    against = explanation.against.map(explanation.name)
    scores = explanation.ranking.map { c in
      Score(
        name: explanation.name(c), score: explanation.scores[c], share: explanation.share(c))
    }
    score = explanation.own.score
    lead = explanation.against == nil ? nil : explanation.difference.score
    layers = explanation.own.layers.indices.map { i in
      let layer = explanation.own.layers[i]
      return Layer(
        layer: layer.layer, scale: layer.scale, height: layer.height, width: layer.width,
        pixels: 1 << Contributions.shift(level: layer.level), grid: layer.grid,
        span: layer.span > 1 ? layer.span : nil, filters: layer.filters,
        sides: layer.sides, counts: layer.counts,
        own: Sum(layer),
        lead: explanation.against == nil ? nil : Sum(explanation.difference.layers[i]))
    }
  }
}
