// What a training reads: plans and settings, summaries in models, checkpoints.

import BinaryNetworks
import CountingRounds
import ImageData
import LayerwiseTraining
import Plumbing
import TrainingPlans

/// Plans as JSON; or, behind the word `set`, settings from a command line, one a line.
enum PlanTarget {
  static func read(_ bytes: [UInt8]) throws {
    if bytes.starts(with: Array("set\n".utf8)) {
      let lines = String(decoding: bytes.dropFirst(4), as: UTF8.self).split(separator: "\n").map(String.init)
      return try use(try TrainingPlan.named("quick").setting(lines))
    }
    try use(try TrainingPlan(json: bytes, path: "plan.json"))
  }

  private static func use(_ plan: TrainingPlan) throws {
    law("a plan is read as it was written") { try TrainingPlan(json: Array(plan.json().utf8)) == plan }
    try plan.validate(width: 28, height: 28, channels: 1, classes: 10, memoryLimitBytes: 1 << 32)
    try plan.validate(width: 32, height: 32, channels: 3, classes: 10, memoryLimitBytes: 1 << 32)
  }
}

/// What a training left in its model: the summary on the page of a report, and the folder that it names.
enum SummaryTarget {
  /// A folder of two classes with a few images.
  private static let folder = Result { () throws -> Sandbox in
    let sandbox = Sandbox("summary")
    for name in ["a", "b"] {
      try sandbox.folder(name)
      for i in 0..<3 { try sandbox.write(ImageSeeds.plainPNG(width: 4, height: 4), to: "\(name)/\(i).png") }
    }
    return sandbox
  }

  static func read(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let summary = TrainingSummary(json: text) else { throw Refusal("not a summary") }
    law("a summary is read as it was written") { TrainingSummary(json: summary.json()) == summary }
    var model = try ModelSeeds.smallest.get()
    model.summary = text
    try ModelTarget.report(model, ModelTarget.images(of: model.network))
    // Where the same folder is looked at again, with what the summary says of it.
    if let record = summary.folder {
      let options = FolderOptions(width: 4, height: 4, learnedFrom: record)
      for parts in [DatasetParts.test, .train, .all] {
        _ = try ImageDataset.open(folder.get().path, parts: parts, folder: options)
      }
    }
  }
}

/// Checkpoints, past their checksums and those of the networks in them, and a training that goes on from them.
enum CheckpointTarget {
  static func read(_ bytes: [UInt8]) throws {
    let checkpoint = try Checkpoint(encoded: Checksums.tally(bytes, holding: "model"))
    for task in try TrainingSeeds.shared.tasks {
      do { try checkpoint.check(against: task) } catch { continue }
      guard ModelCost(checkpoint.network).isSmall else { return }
      var rounds = 0
      _ = try Trainer(task, threads: 1).run(
        from: checkpoint, save: { saved, _ in _ = saved().encoded() },
        isStopRequested: {
          rounds += 1
          return rounds == 2
        }, onEvent: { _ in })
      return
    }
    throw Refusal("of none of the trainings")
  }
}

/// A refusal that no reader words.
struct Refusal: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
