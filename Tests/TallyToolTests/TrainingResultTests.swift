// What a training ends with: the result in words, and commands that can be pasted.

import Foundation
import ModelEvaluation
import Testing
import _TestSupport

@testable import LayerwiseTraining
@testable import TallyTool

@Suite struct TrainingResultTests {
  /// The result of layers with so many right answers of the sum.
  private func lines(
    _ correct: [Int], of images: Int, isValidation: Bool = true, learned: Double? = nil
  ) -> [String] {
    let layers = correct.enumerated().map { index, correct in
      LayerResult(
        layer: index, filters: 8, patchBits: 60, images: images, correctAlone: correct, correctSum: correct,
        isValidation: isValidation)
    }
    return TrainingResult(
      summary: TrainingSummary(
        trainingImages: 1000, validationImages: images, validationShare: 100_000, layers: layers),
      evaluation: nil, learningAccuracy: learned
    ).lines
  }

  @Test func anAccuracyComesWithItsInterval() {
    #expect(lines([900], of: 1000) == ["result  validation accuracy 90.00 % (95 % interval: 88.0 to 91.7 %)"])
    let few = lines([6], of: 11)
    #expect(few[0] == "result  validation accuracy 54.55 %, 6 of 11 (95 % interval: 28.0 to 78.7 %)")
    #expect(few[1].hasPrefix("warning: only 11 validation images") && few.count == 2)
    #expect(lines([1], of: 1)[1].hasPrefix("warning: only 1 validation image, so"))
    #expect(!lines([180], of: 200).contains { $0.hasPrefix("warning") })
    let training = lines([900], of: 1000, isValidation: false, learned: 1)
    #expect(training == ["result  training accuracy 90.00 %; no images were held out for validation"])
    #expect(lines([], of: 10) == [])
  }

  @Test func overfittingIsSaidWithBothFigures() {
    let line = lines([700], of: 1000, learned: 0.99).first { $0.hasPrefix("overfitting: ") }
    #expect(line?.contains("99.00 % of the training images") ?? false)
    #expect(line?.contains("70.00 % of the validation images") ?? false)
    for (correct, learned) in [(700, 0.72), (940, 0.985), (700, 0.8), (700, nil)] as [(Int, Double?)] {
      #expect(!lines([correct], of: 1000, learned: learned).contains { $0.hasPrefix("overfitting") })
    }
    // Few images may come out at 70 % of 85 %.
    #expect(!lines([7], of: 10, learned: 0.86).contains { $0.hasPrefix("overfitting") })
  }

  @Test func layersThatAddNothingAreNamed() {
    #expect(lines([800, 850], of: 1000).count == 1)
    let idle = lines([800, 850, 855, 900, 880], of: 1000).dropFirst()
    #expect(idle.map { String($0.prefix(8)) } == ["layer 3 ", "layer 5 "])
    #expect(idle.first?.contains("(85.00 % to 85.50 %, ± 1.1)") ?? false)
  }

  @Test func theNextCommandsWork() throws {
    let bench = try Bench()
    let run = bench.folder.path("my run")
    let outcome = try Tool.run(bench.training("my run").filter { $0 != "--quiet" })
    expectSuccess(outcome)
    let lines = outcome.output.split(separator: "\n").map(String.init)
    let next = try #require(lines.firstIndex(of: "next:"))
    let commands = lines[(next + 1)...].map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(commands.count == 3 && commands.allSatisfy { $0.hasPrefix("tally ") && $0.contains("'\(run)'") })
    for command in commands {
      expectSuccess(
        try Tool.shell(
          "cd '\(bench.folder.url.path)' && "
            + command.replacingOccurrences(of: "tally ", with: "\"$TALLY\" ")))
    }
    #expect(
      lines.contains { $0.hasPrefix("weakest class: ") } || outcome.output.contains("100.00 %, 10 of 10"))
  }
}
