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
    let text = output(classes: 20).text(full: false, confusions: confusions)
    #expect(text == output(classes: 20).text(full: true, confusions: confusions))
    #expect(
      text.contains("confusion (down: true class; across: class it was taken for")
        && text.contains("class\\e19"))
    #expect(!text.contains("--full"))
  }

  @Test func manyClassesAreSummedUp() {
    let result = output(classes: 1000)
    let text = result.text(full: false, confusions: confusions)
    #expect(text.utf8.count < 3000)
    #expect(text.contains("1000 classes, 1000 of them with images; the 10 with the least recall:"))
    #expect(
      text.contains(
        "  class\\e998 taken for class\\e999: 999 of 999\n  class\\e2 taken for class\\e1: 3 of 3\n"))
    #expect(
      text.contains("class\\e29 ") && !text.contains("class\\e32 "), "ten classes with the least recall")
    #expect(text.contains("--full"))
    let full = result.text(full: true, confusions: confusions)
    #expect(full.contains("class\\e999") && full.split(separator: "\n").count > 2000)
  }

  @Test func confusionsHaveNamesCountsRatesAndSums() {
    let text = ConfusionText(
      names: ["T-shirt/top", "Ankle boot", "b"], counts: [[997, 3, 0], [1, 1, 2], [0, 0, 0]])
    #expect(
      text.table.dropFirst() == [
        "             T-shirt/  Ankle             ",
        "true class        top   boot      b   all",
        "T-shirt/top  997 >99%  3 <1%      ·  1000",
        "Ankle boot      1 25%  1 25%  2 50%     4",
        "b                   ·      ·      ·     0",
        "all               998      4      2  1004",
      ])
    #expect(
      text.commonest([(truth: 0, prediction: 1, images: 3)]) == [
        "\nthe commonest confusions:", "  T-shirt/top taken for Ankle boot: 3 of 1000",
      ])
    #expect(text.commonest([]) == [])
  }

  @Test func longNamesAreBrokenInHeadings() {
    for (name, lines) in [
      ("cat", ["cat"]), ("Ankle boot", ["Ankle", "boot"]), ("123456789", ["123456789"]),
      ("1234567890", ["123456789", "0"]), ("", [""]), ("a b c d e f g", ["a b c d", "e f g"]),
    ] {
      #expect(ConfusionText.broken(name, width: 9) == lines)
    }
  }
}
