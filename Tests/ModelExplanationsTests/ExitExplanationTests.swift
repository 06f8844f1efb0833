// Explanations of images that were answered early, or after a second, mirrored look.

import BinaryNetworks
import ImageData
import Testing
import _NetworkTestSupport
import _PageTestSupport

@testable import ModelExplanations

@Suite struct ExitExplanationTests {
  private func explanation(_ change: (inout Model) -> Void) throws -> Explanation {
    var model = try deepModel(layers: 3, width: 10, height: 7)
    change(&model)
    let images = try tinyImages(model, count: 12)
    return try Explanation(
      ExplanationInput(model: model, pixels: images.pixels(of: 0), name: "image", examples: images),
      threads: 2)
  }

  @Test func saysThatTheImageWasLookedAtTwice() throws {
    let found = try explanation { $0.network.mirrors = true }
    #expect(found.stage == 3 && found.own.layers.count == 3)
    #expect(found.text().contains("scores are the mean of the image's own and its mirror image's"))
    #expect(found.html().contains("The scores are the mean of the image"))
    #expect(PageReader(found.html()).error == nil)
    #expect(try found.json().contains("\"stage\" : 3"))
  }

  @Test func endsWithTheLayerThatWasSure() throws {
    let found = try explanation { $0.network.layers[1].exit = 0 }
    #expect(found.stage == 1 && found.own.layers.allSatisfy { $0.layer <= 1 })
    #expect(found.html().contains("It was sure after layer 2 of 3"))
    #expect(
      found.text().contains("  layer 2: ") && !found.text().contains("  layer 3: ")
        && !found.text().contains("mean of"))
  }

  @Test func anImageThatTookEverythingIsAsBefore() throws {
    let found = try explanation { _ in }
    #expect(found.stage == 2 && !found.html().contains("It was sure") && !found.text().contains("mean of"))
  }
}
