// Networks with more reductions than an image has halvings: everything shown of them is computed, nothing traps.

import BinaryNetworks
import ImageData
import Plumbing
import Testing
import _NetworkTestSupport
import _PageTestSupport

@testable import ModelExplanations

@Suite struct DeepNetworkTests {
  @Test(arguments: [20, 64, 100]) func theyAreExplainedAsAnyOther(layers: Int) throws {
    let model = try deepModel(layers: layers, width: 10, height: 7)
    let images = try tinyImages(model, count: 12)
    let found = try Explanation(
      ExplanationInput(model: model, pixels: images.pixels(of: 0), name: "deep", examples: images), threads: 2
    )
    #expect(PageReader(found.html()).error == nil)
    #expect(found.text().contains("layer \(layers): "))
    let json = try found.json()
    #expect(
      json.contains("\"pixels\" : 1024") && !json.contains("\"pixels\" : 0")
        && !json.contains("\"pixels\" : -"))
    #expect(found.png().starts(with: [0x89, 0x50]))
  }

  @Test func fieldsBehindManyReductionsSeeEverything() throws {
    let network = try deepModel(layers: 200, width: 10, height: 7).network
    let field = ReceptiveField(network, layer: 199)
    #expect(field.range(0).lowerBound <= 0 && field.range(0).upperBound >= 10 && field.side < 1 << 22)
    #expect(ReceptiveField(network, layer: 0).side == 2)
  }

  @Test func memoryIsStatedFirst() throws {
    let model = try deepModel(layers: 3, width: 10, height: 7)
    let images = try tinyImages(model, count: 2)
    let error = #expect(throws: MemoryError.self) {
      try MemoryLimit(bytes: 1 << 20).apply {
        try Explanation(ExplanationInput(model: model, pixels: images.pixels(of: 0), name: "deep"))
      }
    }
    #expect(error?.message.hasPrefix("an explanation with this model needs about ") == true)
  }
}
