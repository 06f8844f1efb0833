// How many predictors a pool makes: what is at work at once, however many images and threads there are.

import ImageData
import Plumbing
import Testing
import _TestSupport

@testable import BinaryNetworks
@testable import ModelEvaluation

@Suite struct PredictorPoolTests {
  private let pool: PredictorPool
  private let images: LabelledImages

  init() throws {
    let model = try predictingModel()
    pool = PredictorPool(model)
    images = try randomImages(40, shape: model.network.shape, classes: model.network.classNames, seed: 3)
  }

  @Test("one image on eight threads makes one predictor")
  func oneImage() throws {
    #expect(pool.restingCount == 0)
    _ = try Predictor(pool, threads: 8).predict(images, indices: [7])
    #expect(pool.restingCount == 1)
    _ = try Predictor(pool, threads: 8).predict(pixels: images.pixels(of: 7), count: 1)
    #expect(pool.restingCount == 1)
  }

  @Test("one file on eight threads makes one predictor; a file that cannot be read makes none")
  func oneFile() throws {
    let folder = try TemporaryFolder()
    let shape = images.shape
    let rows = (0..<shape.height).map { y in (0..<shape.width).map { UInt8(40 * y + $0) } }
    let file = try folder.write(
      png(width: shape.width, height: shape.height, colourType: 0, rows: rows), to: "a.png")
    let predictor = FilePredictor(pool, threads: 8)
    #expect(throws: DatasetError.self) { try predictor.predict([folder.path("none.png")])[0].get() }
    #expect(pool.restingCount == 0)
    let found = try predictor.predict([file])[0].get()
    #expect(pool.restingCount == 1)
    #expect(try found == Predictor(pool, threads: 1).predict(pixels: rows.flatMap { $0 }, count: 1)[0])
  }

  @Test("no more predictors than threads or images, and none more for the next images", arguments: [1, 2, 5])
  func manyImages(threads: Int) throws {
    let predictor = Predictor(pool, threads: threads)
    for count in [2, 40, 40, 1, 40] {
      let before = pool.restingCount
      _ = try predictor.predict(images, indices: Array(0..<count))
      #expect((1...threads).contains(pool.restingCount))
      #expect(pool.restingCount <= max(before, count))
    }
  }

  @Test("predictors at work at once are two, and are used again afterwards, also after an error")
  func reuse() throws {
    pool.withPredictor { first in pool.withPredictor { second in #expect(first !== second) } }
    #expect(pool.restingCount == 2)
    #expect(throws: PredictionError.self) {
      try pool.withPredictor { predictor throws(PredictionError) in _ = try predictor.predict([UInt8]().span)
      }
    }
    #expect(pool.restingCount == 2)
  }
}
