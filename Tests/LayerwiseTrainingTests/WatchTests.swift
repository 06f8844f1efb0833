// A training that is watched: the same model, passes judged on the validation images, a forecast that knows every round.

import BinaryNetworks
import Testing
import TrainingPlans

@testable import LayerwiseTraining

@Suite struct WatchTests {
  /// What a watched training told.
  private final class Told {
    var forecast: TrainingForecast?
    var passes: [PassResult] = []
    var shares: [Double?] = []
    var layers: [LayerResult] = []
  }

  private func watched(
    _ training: TinyTraining, from checkpoint: [UInt8]? = nil
  ) throws -> (model: [UInt8]?, told: Told) {
    let told = Told()
    let outcome = try Trainer(training.task, threads: 2).run(
      from: checkpoint.map { try Checkpoint(encoded: $0) }, save: { _, _ in }, isStopRequested: { false },
      onEvent: { event in
        switch event {
        case .encoding: break
        case .round(let layer, let stage, let done, let total, _, _):
          told.shares.append(told.forecast?.share(layer: layer, stage: stage, done: done, total: total))
        case .layer(let result):
          told.layers.append(result)
          told.shares.append(told.forecast?.share(afterLayer: result.layer))
        }
      },
      watch: TrainingWatch(onForecast: { told.forecast = $0 }, onPass: { told.passes.append($0) }))
    guard case .finished(let model) = outcome else { return (nil, told) }
    return (model.encoded(), told)
  }

  @Test(arguments: [
    ["layers.0.learner=refine"], ["layers.0.learner=cluster"], ["layers.0.learner=split", "mergesPerPass=3"],
    ["layers.0.learner=refine", "layers.0.start=cluster", "layers.0.head.passes=2"],
  ])
  func theModelIsTheSame(settings: [String]) throws {
    let training = try TinyTraining(settings, validationShare: 250_000)
    let (model, told) = try watched(training)
    #expect(try model == training.model())
    // Every round has its place in the forecast, none before an earlier one, and the last is the end.
    let shares = told.shares.compactMap { $0 }
    #expect(shares.count == told.shares.count && shares == shares.sorted())
    #expect((shares.first ?? 0) > 0 && abs((shares.last ?? 0) - 1) < 1e-9)
    let layer = training.task.plan.layers[0]
    let passes = (settings[0].hasSuffix("refine") ? layer.refine.passes : 0) + layer.head.passes
    #expect(told.passes.count == passes - 1)
    for pass in told.passes {
      #expect(pass.images == 12 && (0...12).contains(pass.correct) && pass.done <= pass.total)
    }
  }

  /// The last pass of the refinement, judged on its way, is the layer that a plan without passes of the head ends with.
  @Test func aPassIsJudgedAsALayerIs() throws {
    let settings = ["layers.0.learner=refine", "layers.0.head.passes=0", "layers.0.refine.passes=2"]
    let (_, whole) = try watched(try TinyTraining(settings, validationShare: 250_000))
    let (_, longer) = try watched(
      try TinyTraining(
        ["layers.0.learner=refine", "layers.0.head.passes=1", "layers.0.refine.passes=2"],
        validationShare: 250_000))
    #expect(whole.layers[0].correctSum == longer.passes[1].correct)
    #expect(longer.passes.map(\.stage) == ["refine", "refine"])
  }

  @Test func withoutValidationImagesNothingIsJudged() throws {
    let training = try TinyTraining(["layers.0.learner=refine"])
    let (model, told) = try watched(training)
    #expect(try model == training.model() && told.passes.isEmpty && told.forecast != nil)
  }

  @Test func aResumedTrainingIsWatchedFromThere() throws {
    let training = try TinyTraining(["layers.0.learner=refine"], validationShare: 250_000)
    var rounds = 0
    let stopped = try training.advance(from: nil) {
      rounds += 1
      return rounds == 6
    }
    let (model, told) = try watched(training, from: stopped.checkpoint)
    #expect(try model == training.model())
    #expect((told.shares.first ?? 0) ?? 0 > 0.2)
  }
}
