// A training of a few small images, run as a whole or put down and taken up again. No tests here.

import BinaryNetworks
import BitKernels
import ImageData
import Plumbing
import TrainingPlans

@testable import LayerwiseTraining

/// A task whose trainings take a fraction of a second.
struct TinyTraining {
  let task: TrainingTask

  /// A training of one layer, changed as a plan file would be.
  init(_ settings: [String] = [], shards: Int = 1, validationShare: Int = 0) throws {
    var generator = SeededGenerator(seed: 11)
    let (width, height) = (8, 6)
    var pixels: [UInt8] = []
    for image in 0..<48 {
      // The class says how wide the stripes are.
      for at in 0..<width * height {
        pixels.append(UInt8((at % width / (1 + image % 3) % 2 == 0 ? 60 : 160) + generator.below(60)))
      }
    }
    let images = try LabelledImages(
      shape: ImageShape(width: width, height: height, channels: 1), pixels: pixels,
      labels: (0..<48).map { UInt16($0 % 3) }, classNames: ["a", "b", "c"])
    let plan = try TrainingPlan(
      name: "tiny", shards: shards, mergesPerPass: 2,
      layers: [
        LayerPlan(
          filters: 5, cluster: ClusterPlan(rounds: 3, patchesPerImage: 4),
          refine: RefinePlan(passes: 2, batch: 16), head: HeadPlan(grid: 2, passes: 1))
      ]
    ).setting(settings)
    task = try TrainingTask(
      plan: plan, images: images, validationShare: validationShare, seed: 3, memoryLimit: 1 << 30)
  }

  /// A whole training.
  /// - Parameter onEvent: told of every step.
  func model(onEvent: (TrainingEvent) -> Void = { _ in }) throws -> [UInt8] {
    try advance(from: nil, stop: { false }, onEvent: onEvent).model ?? []
  }

  /// A training that is put down after every round, and how often it was taken up again; no model after 100 times.
  func modelInSteps() throws -> (model: [UInt8]?, steps: Int) {
    var (checkpoint, model) = try advance(from: nil, stop: { true })
    var steps = 0
    while model == nil && steps < 100 {
      (checkpoint, model) = try advance(from: checkpoint, stop: { true })
      steps += 1
    }
    return (model, steps)
  }

  /// Trains until the end, or until asked to stop; gives the last checkpoint, and the model at the end.
  func advance(
    from checkpoint: [UInt8]?, stop: () -> Bool, onEvent: (TrainingEvent) -> Void = { _ in }
  ) throws -> (checkpoint: [UInt8], model: [UInt8]?) {
    var last: [UInt8] = []
    let outcome = try Trainer(task, threads: 1).run(
      from: checkpoint.map { try Checkpoint(encoded: $0) }, save: { saved, _ in last = saved().encoded() },
      isStopRequested: stop, onEvent: onEvent)
    if case .finished(let model) = outcome { return (last, model.encoded()) }
    return (last, nil)
  }
}
