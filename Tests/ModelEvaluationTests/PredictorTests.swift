// Predictions of one image, of many and of bytes are the same; what has the wrong size is refused.

import ImageData
import Plumbing
import Testing

@testable import BinaryNetworks
@testable import ModelEvaluation

/// A model with random filters and heads on 7 × 6 grey images.
func predictingModel() throws -> Model {
  var network = try inspectedNetwork(seed: 5)
  var generator = SeededGenerator(seed: 6)
  for index in network.layers.indices {
    network.layers[index].head = LinearHead(
      grid: 2, counts: .plain, classes: 2,
      weights: (0..<2 * 4 * network.layers[index].bank.count).map { _ in Int16(generator.below(401)) - 200 },
      bias: [30, -40], scale: 9)
  }
  return Model(
    network: network, plan: "{}", seed: 1, dataDigest: 2, summary: "{}", temperature: Temperature(70_000))
}

@Suite struct PredictorTests {
  private let model: Model
  private let images: LabelledImages

  init() throws {
    model = try predictingModel()
    images = try randomImages(30, shape: model.network.shape, classes: model.network.classNames, seed: 4)
  }

  @Test("one by one, in batches and as bytes", arguments: [1, 3])
  func sameScores(threads: Int) throws {
    let single = ImagePredictor(model)
    let expected = try (0..<images.count).map { try single.predict(images.pixels(of: $0).span) }
    #expect(Set(expected.map(\.scores)).count > images.count / 2)
    let predictor = Predictor(model, threads: threads)
    #expect(try predictor.predict(images, indices: Array(0..<images.count)) == expected)
    #expect(try predictor.predict(images, indices: [9, 0, 9]) == [9, 0, 9].map { expected[$0] })
    #expect(try predictor.predict(pixels: images.pixels, count: images.count) == expected)
    #expect(try predictor.predict(pixels: [], count: 0) == [])
  }

  @Test("an image with a byte too many or too few is refused", arguments: [0, 41, 43])
  func wrongImage(bytes: Int) throws {
    let error = #expect(throws: PredictionError.self) {
      try ImagePredictor(model).predict([UInt8](repeating: 0, count: bytes).span)
    }
    #expect(
      error?.message
        == "1 image has \(bytes) bytes, the model takes 7×6×1, 42 bytes an image; give as many")
  }

  @Test(
    "bytes that are not as many as the images need are refused",
    arguments: [(84, 1), (84, 3), (0, 1), (42, 0), (42, -1), (42, Int.max), (42, Int.min)])
  func wrongBytes(bytes: Int, count: Int) throws {
    let pixels = [UInt8](repeating: 0, count: bytes)
    let error = #expect(throws: PredictionError.self) {
      try Predictor(model, threads: 2).predict(pixels: pixels, count: count)
    }
    #expect(
      try #require(error).message.hasSuffix(
        "\(bytes) bytes, the model takes 7×6×1, 42 bytes an image; give as many"))
  }

  @Test("images of another shape are refused")
  func wrongShape() throws {
    let turned = ImageShape(width: 6, height: 7, channels: 1)
    let others = try randomImages(2, shape: turned, classes: ["a", "b"], seed: 1)
    #expect(throws: PredictionError.self) { try Predictor(model, threads: 1).predict(others, indices: [0]) }
  }
}
