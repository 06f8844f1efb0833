// A training as a C caller asks for it, in Swift's own values: checked, then run. No pointers here.

import BinaryNetworks
import BitKernels
import ImageData
import LayerwiseTraining
import ModelEvaluation
import Plumbing
import TrainingPlans

/// Images in a caller's memory: how many, and the shape of each.
struct ImageBatch {
  let count: Int
  let shape: ImageShape

  /// Largest number of images of one call.
  static let mostImages = 1 << 31

  /// Checks sizes before anything is read.
  init(count: Int, height: Int, width: Int, channels: Int) throws {
    try check("the number of images", count, in: 0...Self.mostImages)
    try check("the height", height, in: 1...ImageShape.largestSide)
    try check("the width", width, in: 1...ImageShape.largestSide)
    try check("the number of channels", channels, in: 1...ImageShape.mostChannels)
    self.count = count
    shape = ImageShape(width: width, height: height, channels: channels)
    guard shape.isValid else {
      throw Failure.invalid(
        "images of \(height)×\(width)×\(channels) are too large; allowed: \(ImageShape.mostValues) values each"
      )
    }
  }

  /// Bytes of all pixels: at most 2^31 · 2^28.
  var bytes: Int { count * shape.pixels }
}

/// Everything that decides a model, and how to work on it.
struct TrainingRequest {
  var images: LabelledImages
  /// A plan's name, the path of a plan file, or a plan as JSON text.
  var plan: String
  /// Changes to the plan, `path=value`.
  var settings: [String]
  var seed: UInt64
  /// Fraction of the images held out for validation, parts per million.
  var validationShare: Int
  var threads: Int
  /// Bytes that a plan may need.
  var memoryLimit: Int

  /// Most threads that may be asked for.
  static let mostThreads = 1024

  /// Trains; `progress` is told of every step and returns whether to stop after this round.
  func run(progress: (TrainingEvent) -> Bool) throws -> Model {
    try Kernels.validateSelection()
    try check("the validation fraction, in parts per million,", validationShare, in: 0...900_000)
    try check("the number of threads", threads, in: 1...Self.mostThreads)
    let task = try TrainingTask(
      plan: resolvedPlan(), images: images, validationShare: validationShare, seed: seed,
      memoryLimit: memoryLimit)
    var isStopRequested = false
    let outcome = try Trainer(task, threads: threads).run(
      from: nil, save: { _, _ in }, isStopRequested: { isStopRequested },
      onEvent: { event in isStopRequested = progress(event) || isStopRequested })
    switch outcome {
    case .finished(let model) where !isStopRequested: return model
    default: throw Failure.stopped
    }
  }

  /// The plan with its settings.
  func resolvedPlan() throws -> TrainingPlan {
    try namedPlan().setting(settings)
  }

  private func namedPlan() throws -> TrainingPlan {
    if plan.first(where: { !$0.isWhitespace }) == "{" { return try TrainingPlan(json: Array(plan.utf8)) }
    if TrainingPlan.names.contains(plan) || !plan.contains("/") && !plan.contains(".") {
      return try TrainingPlan.named(plan)
    }
    return try TrainingPlan(json: readFile(plan, limit: TrainingPlan.largestText), path: plan)
  }
}

extension TrainingEvent {
  /// The event as the numbers of `tally_progress`: accuracy in parts per million, -1 where there is none.
  var report: (stage: String, layer: Int, done: Int, total: Int, images: Int, accuracy: Int) {
    switch self {
    case .encoding: ("encoding", -1, 0, 1, 0, -1)
    case .round(let layer, let stage, let done, let total, let images, let accuracy):
      (stage, layer, done, total, images, accuracy ?? -1)
    case .layer(let result):
      (
        "layer", result.layer, 1, 1, result.images,
        result.correct * 1_000_000 / max(1, result.images)
      )
    }
  }
}

extension PredictorPool {
  /// Scores of images, classes of one image side by side.
  func scores(_ pixels: [UInt8], _ batch: ImageBatch, threads: Int) throws -> [Int64] {
    try Kernels.validateSelection()
    try check("the number of threads", threads, in: 1...TrainingRequest.mostThreads)
    try model.network.check(fits: batch.shape)
    return try Predictor(self, threads: threads).predict(pixels: pixels, count: batch.count).flatMap(\.scores)
  }
}
