// Explanations of models whose heads have cells that overlap.

import BinaryNetworks
import Foundation
import ImageData
import Plumbing
import Testing
import _PageTestSupport

@testable import ModelExplanations

@Suite struct OverlappingExplanationTests {
  private func explanation(span: Int) throws -> Explanation {
    var model = try tinyModel(classNames: ["a", "b", "c"])
    var random = SeededGenerator(seed: 9)
    for (index, layer) in model.network.layers.enumerated() {
      let cells = (4 - span + 1) * (4 - span + 1)
      model.network.layers[index].head = LinearHead(
        grid: 4, span: span, counts: index == 0 ? .soft : .root, classes: 3,
        weights: (0..<3 * cells * layer.bank.count).map { _ in Int16(random.below(201) - 100) },
        bias: [4, 5, 6], scale: 8)
    }
    let images = try tinyImages(model, count: 20)
    return try Explanation(
      ExplanationInput(
        model: model, pixels: images.pixels(of: 3), name: "3", label: "a", of: nil, against: nil,
        examples: images), threads: 2)
  }

  @Test(arguments: [1, 2, 4]) func filtersAndPlacesAddUp(span: Int) throws {
    let found = try explanation(span: span)
    for evidence in found.evidence {
      let filters = evidence.supporting + evidence.opposing
      #expect(!filters.isEmpty)
      for filter in filters { #expect(filter.byPosition.reduce(0, +) == filter.contribution) }
    }
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(try found.json().utf8)) as? [String: Any])
    for layer in try #require(object["layers"] as? [[String: Any]]) {
      #expect(layer["grid"] as? Int == 4 && layer["span"] as? Int == (span > 1 ? span : nil))
      for key in ["own", "lead"] {
        let sum = try #require(layer[key] as? [String: Any])
        let bias = try #require(sum["bias"] as? Int)
        for parts in ["byFeature", "byFilter", "byPosition"] {
          #expect(try #require(sum[parts] as? [Int]).reduce(bias, +) == sum["total"] as? Int)
        }
      }
    }
  }
}
