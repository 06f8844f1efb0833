// When a result is no better than a guess.

import Testing

@testable import LayerwiseTraining

@Suite struct ChanceTests {
  private func result(_ right: Int, of images: Int) -> LayerResult {
    LayerResult(
      layer: 0, filters: 1, patchBits: 1, images: images, correctAlone: 0, correctSum: right,
      isValidation: true)
  }

  @Test(arguments: [
    (0, 10, 4), (4, 10, 4), (10, 100, 10), (16, 100, 10), (90, 100, 90), (520, 5000, 500),
  ])
  func guesses(right: Int, images: Int, frequent: Int) {
    #expect(result(right, of: images).isAtChance(frequent: frequent))
  }

  @Test(arguments: [
    (5, 10, 4), (17, 100, 10), (97, 100, 90), (600, 5000, 500), (3, 3, 3), (1, 9, 3), (12, 12, 12),
    (100, 100, 99),
  ])
  func learned(right: Int, images: Int, frequent: Int) {
    #expect(!result(right, of: images).isAtChance(frequent: frequent))
  }
}
