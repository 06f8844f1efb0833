// The interval of an accuracy, compared with published values of Wilson's formula.

import ModelEvaluation
import Testing

@Suite struct AccuracyIntervalTests {
  @Test(arguments: [
    (6, 11, 0.2801, 0.7873), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662),
    (9281, 10_000, 0.9229, 0.9330),
  ])
  func ends(correct: Int, images: Int, lowest: Double, highest: Double) {
    let interval = AccuracyInterval(correct: correct, images: images)
    #expect(abs(interval.lowest - lowest) < 0.0001 && abs(interval.highest - highest) < 0.0001)
  }

  @Test func withoutImagesNothingIsKnown() {
    let interval = AccuracyInterval(correct: 0, images: 0)
    #expect(interval.lowest == 0 && interval.highest == 1)
  }
}
