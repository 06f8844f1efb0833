// Trainings of layers beside each other.

import BinaryNetworks
import BitKernels
import ImageData
import ImageEncoding
import ModelEvaluation
import Testing

@testable import LayerwiseTraining

@Suite struct LayerSignalsTrainingTests {
  private static let settings = [
    #"encoder.grey=[{"source": "components", "window": 3, "components": 4, "levels": 2}, {"source": "components", "window": 2, "components": 3, "levels": 2}]"#,
    #"layers=[{"filters": 5, "window": 1, "signals": [1], "learner": "cluster", "head": {"grid": 2, "passes": 2}}, {"filters": 6, "window": 1, "signals": [0], "learner": "cluster", "head": {"grid": 2, "passes": 2}}]"#,
  ]

  private func model(_ settings: [String] = [], validationShare: Int = 500_000) throws -> Model {
    let training = try TinyTraining(Self.settings + settings, validationShare: validationShare)
    return try Model(encoded: training.model(), path: nil)
  }

  @Test func eachLayerLooksAtItsSignals() throws {
    let model = try model()
    let network = model.network
    #expect(network.layers.map(\.signals) == [[1], [0]])
    #expect(network.layers.map(\.bank.input.groups) == [[6], [8]])
    // Before the second layer was there the first one was learned like the only one of a plan.
    let alone = try self.model([
      #"layers=[{"filters": 5, "window": 1, "signals": [1], "learner": "cluster", "head": {"grid": 2, "passes": 2}}]"#
    ])
    #expect(alone.network.layers[0].bank == network.layers[0].bank)
    #expect(alone.network.layers[0].head?.weights == network.layers[0].head?.weights)
  }

  /// A first layer that looks at all signals is a layer as any other.
  @Test func allSignalsOfAFirstLayerAreNotNamed() throws {
    func layers(_ signals: String) -> String {
      #"layers=[{"filters": 5, "window": 1, "learner": "cluster"\#(signals), "head": {"grid": 2}}]"#
    }
    let named = try model([layers(#", "signals": [0, 1]"#)])
    #expect(named.network == (try model([layers("")])).network)
  }

  /// No other weight near the one that was chosen has more right answers on the validation images.
  @Test(arguments: [-2, -1, 1, 2]) func scoresAreWeighedOnTheValidationImages(halvings: Int) throws {
    let weighed = try model()
    let result = try #require(TrainingSummary(json: weighed.summary)?.layers.last)
    let task = try TinyTraining(Self.settings, validationShare: 500_000).task
    var other = weighed
    other.network.weighScores(ScoreWeight(halvings: halvings))
    let judged = try Evaluation(other, on: task.images.subset(task.validation), threads: 1)
    #expect(result.correctSum >= judged.correct)
  }

  /// Where images may be answered early scores are not weighed, as shares must mean the same after every layer.
  @Test func scoresOfEarlyAnswersAreNotWeighed() throws {
    let (weighed, early) = (try model(), try model(["exit.early=true", "exit.loss=100"]))
    func scales(_ model: Model) -> [Int?] { model.network.layers.map { $0.head?.scale } }
    #expect(
      early.network.exitsEarly && early.network.layers.map(\.bank) == weighed.network.layers.map(\.bank))
    #expect(zip(scales(weighed), scales(early)).allSatisfy { ($0 ?? 0) >= ($1 ?? 0) })
  }

  @Test func stoppingInBetweenChangesNothing() throws {
    let training = try TinyTraining(Self.settings + ["exit.early=true"], validationShare: 500_000)
    let whole = try training.model()
    let (model, steps) = try training.modelInSteps()
    #expect(model == whole && steps > 4)
  }

  /// Images answered early are looked at no further, so layers have no figures of their own; with all effort they have.
  @Test func layersAreJudgedWhereEveryImageSeesThem() throws {
    let model = try model(["exit.early=true", "exit.loss=100"])
    let images = try TinyTraining(Self.settings).task.images
    let early = try Evaluation(model, on: images, threads: 2)
    let full = try Evaluation(model, on: images, effort: .full, threads: 2)
    #expect(early.correctAlone.isEmpty && early.correctSum.isEmpty && early.stops == [48, 0])
    #expect(full.correctAlone.count == 2 && full.stops == [0, 48] && full.correct == full.correctSum[1])
    #expect(early.correct == full.correctAlone[0])
  }
}
