// What `tally evaluate` prints: all of a few classes, a summary of many.

import ModelEvaluation
import Testing

@testable import TallyTool

@Suite struct EvaluationTextTests {
  private let confusions = [(truth: 998, prediction: 999, images: 999), (truth: 2, prediction: 1, images: 3)]

  /// Class c has c + 1 images; of every third class all go to the class behind it.
  private func output(classes: Int) -> EvaluationOutput {
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for c in 0..<classes { confusion[c][c % 3 == 2 ? (c + 1) % classes : c] = c + 1 }
    return EvaluationOutput(
      model: "m", data: "d", part: .test, images: classes * (classes + 1) / 2, correct: 1, accuracy: 0.5,
      logLossBits: nil, calibrationError: nil, seconds: 1, imagesPerSecond: 1,
      classes: (0..<classes).map { c in
        .init(name: "class\u{1B}\(c)", images: c + 1, precision: 0, recall: c % 3 == 2 ? 0 : 1)
      }, layers: [], confusion: confusion)
  }

  @Test func fewClassesAreAllShown() {
    let text = output(classes: 25).text(full: false, confusions: confusions)
    #expect(text == output(classes: 25).text(full: true, confusions: confusions))
    #expect(
      text.contains("confusion (row: true class, column: predicted class)") && text.contains("class\\e24"))
    #expect(!text.contains("--full"))
  }

  @Test func manyClassesAreSummedUp() {
    let result = output(classes: 1000)
    let text = result.text(full: false, confusions: confusions)
    #expect(text.utf8.count < 3000)
    #expect(text.contains("1000 classes, 1000 of them with images; the 10 with the least recall:"))
    #expect(text.contains("  999  class\\e998 → class\\e999\n    3  class\\e2 → class\\e1\n"))
    #expect(
      text.contains("class\\e29 ") && !text.contains("class\\e32 "), "ten classes with the least recall")
    #expect(text.contains("--full"))
    let full = result.text(full: true, confusions: confusions)
    #expect(full.contains("class\\e999") && full.split(separator: "\n").count > 2000)
  }
}
