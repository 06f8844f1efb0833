// Exits and the mirrored look of trained networks.

import BinaryNetworks
import ModelEvaluation
import Testing

@testable import LayerwiseTraining

@Suite struct ExitTests {
  private static let two =
    #"layers=[{"filters": 5, "head": {"grid": 2, "passes": 1}}, {"filters": 4, "head": {"grid": 2, "passes": 1}}]"#

  private func model(_ settings: [String], validationShare: Int = 500_000) throws -> Model {
    let training = try TinyTraining([Self.two] + settings, validationShare: validationShare)
    return try Model(encoded: training.model(), path: nil)
  }

  @Test func leadsAreLearnedFromTheValidationImages() throws {
    let plain = try model([])
    #expect(!plain.network.exitsEarly && !plain.network.mirrors && !plain.summary.contains("answers"))
    let early = try model(["exit.early=true", "exit.loss=100"])
    // All may be lost: every image is answered after the first layer.
    #expect(early.network.layers.map { $0.exit != nil } == [true, false] && !early.network.mirrors)
    #expect(early.network.layers.map(\.bank) == plain.network.layers.map(\.bank))
    let answers = try #require(TrainingSummary(json: early.summary)?.layers.last?.answers)
    #expect(answers.stops.reduce(0, +) == 24 && answers.stops.count == 2)
    let first = try #require(TrainingSummary(json: early.summary)?.layers.first)
    #expect(answers.stops[1] == 0 && answers.correct == first.correctAlone)
    let both = try model(["exit.early=true", "exit.mirror=true", "exit.loss=0"])
    let result = try #require(TrainingSummary(json: both.summary)?.layers.last)
    #expect(both.network.mirrors && result.answers?.stops.count == 3)
    let full = try Evaluation(
      both, on: TinyTraining(validationShare: 500_000).task.images, effort: .full, threads: 1)
    #expect(full.stops == [0, 0, 48])
  }

  @Test func withoutValidationImagesEveryImageGetsEverything() throws {
    let model = try model(["exit.early=true", "exit.mirror=true"], validationShare: 0)
    #expect(model.network.mirrors && !model.network.exitsEarly)
    #expect(TrainingSummary(json: model.summary)?.layers.last?.answers?.stops == [0, 0, 48])
  }

  @Test func stoppingInBetweenChangesNothing() throws {
    let training = try TinyTraining(
      [Self.two, "exit.early=true", "exit.mirror=true"], validationShare: 500_000)
    let whole = try training.model()
    #expect(try training.modelInSteps().model == whole)
  }

  @Test func whatStopsTellIsCountedInWords() throws {
    let model = try model(["exit.early=true", "exit.mirror=true", "exit.loss=100"])
    let work = model.network.work.layers.map(\.words)
    let stops = try #require(StopStatistics(model.network, stops: [3, 1, 4]))
    #expect(stops.stages.map(\.words) == [work[0], work[0] + work[1], 2 * (work[0] + work[1])])
    let sum = 3 * work[0] + 9 * (work[0] + work[1])
    #expect(stops.images == 8 && stops.meanWords == (sum + 4) / 8 && stops.mostWords == stops.stages[2].words)
    #expect(stops.text == "37.5 % after layer 1, 12.5 % after layer 2, 50.0 % after the mirrored look")
    #expect(StopStatistics(model.network, stops: [8, 0, 0])?.mostWords == work[0])
    #expect(try StopStatistics(self.model([]).network, stops: [0, 8]) == nil)
  }
}
