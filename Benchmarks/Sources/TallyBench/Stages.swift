// The stages of training and of inference, timed on real images.

import BinaryNetworks
import BitKernels
import Foundation
import ImageData
import LayerwiseTraining
import ModelEvaluation
import Plumbing
import TrainingPlans

/// Trains in this process and gives each stage's seconds and images; the model with it.
func timeStages(
  _ recorder: Recorder, group: String, plan: TrainingPlan, images: LabelledImages, threads: Int
) throws -> Model {
  struct Stage {
    var rounds = 0
    var images = 0
    var seconds = 0.0
  }
  let task = try TrainingTask(
    plan: plan, images: images, validationShare: 100_000, seed: 1, memoryLimit: 8 << 30)
  var order: [String] = []
  var stages: [String: Stage] = [:]
  let whole = Stopwatch()
  var last = 0.0
  func record(_ name: String, images: Int) {
    if stages[name] == nil { order.append(name) }
    let now = whole.wall
    stages[name, default: Stage()].rounds += 1
    stages[name, default: Stage()].images += images
    stages[name, default: Stage()].seconds += now - last
    last = now
  }
  let outcome = try Trainer(task, threads: threads).run(
    from: nil, save: { _, _ in }, isStopRequested: { false },
    onEvent: { event in
      switch event {
      case .encoding: break
      case .round(let layer, let stage, _, _, let images, _):
        record("layer \(layer) \(stage)", images: images)
      case .layer(let result): record("layer \(result.layer) judged", images: result.images)
      }
    })
  let (wall, cpu) = (whole.wall, whole.cpu)
  guard case .finished(let model) = outcome else { throw BenchmarkError(description: "training stopped") }
  for name in order {
    guard let stage = stages[name] else { continue }
    recorder.add(
      group, name, Double(stage.images) / max(stage.seconds, 1e-9), "images/s",
      String(format: "%d rounds, %.2f s", stage.rounds, stage.seconds))
  }
  recorder.add(group, "whole training", wall, "s", "\(images.count) images, plan \(plan.name)")
  recorder.add(group, "cores busy", 100 * cpu / (wall * Double(threads)), "%", "\(threads) threads")
  return model
}

/// One clustering round over every patch of every image, and the whole unsupervised first layer.
func timeClustering(_ recorder: Recorder, group: String, images: LabelledImages, threads: Int) throws {
  let shape = images.shape
  // 3×3 windows of the default encoder's 64 bits, as the yardstick has them, not the named plans' windows.
  let plan = TrainingPlan(
    name: "yardstick",
    layers: [
      LayerPlan(
        filters: 32, learner: .cluster,
        cluster: ClusterPlan(rounds: 20, patchesPerImage: shape.width * shape.height))
    ])
  let task = try TrainingTask(plan: plan, images: images, validationShare: 0, seed: 1, memoryLimit: 8 << 30)
  let watch = Stopwatch()
  var last = 0.0
  var steps: [Double] = []
  var done = false
  var unsupervised = 0.0
  _ = try Trainer(task, threads: threads).run(
    from: nil, save: { _, _ in }, isStopRequested: { done },
    onEvent: { event in
      guard case .round(0, let stage, _, _, _, _) = event else { return }
      if stage == "cluster" { steps.append(watch.wall - last) }
      if stage == "thresholds" { (done, unsupervised) = (true, watch.wall) }
      last = watch.wall
    })
  let patches = Double(images.count * shape.width * shape.height)
  guard let best = steps.min(), let first = steps.first else { return }
  recorder.add(
    group, "cluster round, 32 filters, all 3×3 patches", best, "s",
    String(format: "%.1f M patches, first round %.2f s, %d rounds", patches * 1e-6, first, steps.count))
  recorder.add(group, "the same for 45 M patches", best * 45e6 / patches, "s", "in proportion")
  recorder.add(
    group, "whole unsupervised first layer", unsupervised, "s", "encoder, seeds, rounds, thresholds")
}

/// Forward passes: bits alone, layer by layer, and everything a prediction needs.
func timeInference(_ recorder: Recorder, group: String, model: Model, images: LabelledImages, threads: Int)
  throws
{
  var network = model.network
  let layers = network.layers
  for depth in 0...layers.count {
    network.layers = Array(layers.prefix(depth))
    let pass = ForwardPass(network: network)
    let each = best {
      for i in 0..<256 {
        images.withPixels(of: i) { pass.run($0, scores: depth > 0, features: depth == 0) }
      }
    }
    recorder.add(
      group, depth == 0 ? "encode, one core" : "forward to layer \(depth - 1), one core", 256 / each,
      "images/s",
      String(format: "%.1f µs an image", each / 256 * 1e6))
  }
  let predictor = Predictor(model, threads: threads)
  let all = Array(0..<images.count)
  let watch = Stopwatch()
  _ = try predictor.predict(images, indices: all)
  recorder.add(group, "predict in batches, \(threads) threads", Double(all.count) / watch.wall, "images/s")
  let single = ImagePredictor(model)
  let times = try all.prefix(2_000).map { i in
    let watch = Stopwatch()
    _ = try images.withPixels(of: i) { pixels throws(PredictionError) in try single.predict(pixels) }
    return watch.wall * 1e6
  }.sorted()
  recorder.add(
    group, "one image at a time, median", times[times.count / 2], "µs",
    String(format: "99 of 100 within %.0f µs", times[times.count * 99 / 100]))
  let bytes = model.encoded()
  recorder.add(
    group, "load a model from its bytes", 1e3 * best { _ = try? Model(encoded: bytes, path: nil) }, "ms",
    "\(bytes.count) bytes")
}

/// Seconds of the fastest of some runs.
private func best(of runs: Int = 15, _ body: () -> Void) -> Double {
  (0..<runs).map { _ in
    let watch = Stopwatch()
    body()
    return watch.wall
  }.min() ?? 0
}
