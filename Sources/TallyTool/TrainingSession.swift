// One training from the tool's side: data in, events out to screen and log, files written.

import BinaryNetworks
import BitTensors
import Foundation
import ImageData
import LayerwiseTraining
import Logging
import TrainingReports

/// Runs or resumes the training of a run folder.
struct TrainingSession {
  let folder: RunFolder
  let origin: RunOrigin
  let threads: Int
  let quiet: Bool

  func run(resuming: Bool) throws {
    let started = Date()
    let environment = try ToolEnvironment()
    // Who watches may go away (a closed pipe); the training goes on.
    _ = signal(SIGPIPE, SIG_IGN)
    let display = ProgressDisplay(quiet: quiet)
    let task = try loadTask(display, memoryLimit: environment.memoryLimit)
    let checkpoint = resuming ? try folder.readCheckpoint() : nil
    do {
      try checkpoint?.check(against: task)
    } catch {
      throw UserError(description: "\(folder.checkpoint): \(error)")
    }
    if resuming { folder.sweep() } else { try folder.prepare(origin) }
    if let checkpoint, checkpoint.results.count == task.plan.layers.count {
      display.note("this training is finished; its model and report are written again")
    }
    let handler = try JSONLinesLogHandler(path: folder.log)
    let logger = Logger(label: "tally.train", factory: { _ in handler })
    log(
      logger, resuming ? "resumed" : "started",
      [
        "command": "\(origin.command)", "threads": "\(threads)", "kernels": "\(Kernels.active.name)",
        "seed": "\(origin.seed)",
        "version": "\(toolVersion)",
      ])
    let interruption = Interruption()
    var lastSave = Date()
    let outcome = try Trainer(task, threads: threads).run(
      from: checkpoint,
      save: { checkpoint, isMilestone in
        // Between milestones every few seconds are enough: no more than these are lost.
        if !isMilestone, Date().timeIntervalSince(lastSave) < environment.checkpointSeconds { return }
        try AtomicFile.write(checkpoint().encoded(), to: folder.checkpoint)
        lastSave = Date()
      },
      isStopRequested: { interruption.isRequested },
      onEvent: { event in
        display.show(event)
        record(event, logger)
      })
    switch outcome {
    case .stopped:
      log(logger, "stopped", [:])
      display.clearBar()
      put("stopped; go on with: tally train --resume \(folder.shellPath)\n", on: STDERR_FILENO)
      throw ExitStatus.interrupted
    case .finished(let model):
      let seconds = Date().timeIntervalSince(started)
      try finish(model, task: task, seconds: seconds, display: display, logger: logger)
    }
  }

  private func loadTask(_ display: ProgressDisplay, memoryLimit: Int) throws -> TrainingTask {
    let dataset = try ImageDataset.open(origin.data, parts: .train, threads: threads)
    var images = try dataset.requireTrain()
    if let limit = origin.limit { images = images.prefix(limit) }
    let plan = try TrainingPlan(json: Array(origin.plan.utf8), path: nil)
    let task = try TrainingTask(
      plan: plan, images: images, validationShare: origin.validation, seed: origin.seed,
      memoryLimit: memoryLimit)
    display.note(
      "\(dataset.name): \(task.training.count) images to learn from, \(task.validation.count) to judge by, "
        + "\(images.shape.width)×\(images.shape.height)×\(images.shape.channels), \(images.classNames.count) classes"
    )
    display.note(
      "plan \(plan.name): \(plan.layers.count) layers; seed \(origin.seed), \(threads) threads, \(Kernels.active.name) kernels"
    )
    return task
  }

  private func finish(
    _ model: Model, task: TrainingTask, seconds: Double, display: ProgressDisplay, logger: Logger
  ) throws {
    try model.write(to: folder.model)
    let bytes = model.encoded().count
    log(logger, "finished", ["seconds": "\(seconds)", "bytes": "\(bytes)"])
    let judged = task.images.subset(task.validation.isEmpty ? task.training : task.validation)
    try ReportWriter(folder: folder, origin: origin).write(
      model, images: judged, part: task.validation.isEmpty ? "training" : "validation", threads: threads)
    display.note("trained in \(duration(seconds)), \(bytes) bytes")
    display.note("model   \(folder.model)")
    display.note("report  \(folder.report)")
  }

  private func record(_ event: TrainingEvent, _ logger: Logger) {
    switch event {
    case .encoding: log(logger, "encoding", [:])
    case .round(let layer, let stage, let done, let total, let images, let accuracy):
      var values: Logger.Metadata = [
        "layer": "\(layer)", "stage": "\(stage)", "done": "\(done)", "total": "\(total)",
        "images": "\(images)",
      ]
      if let accuracy { values["accuracy"] = "\(Double(accuracy) / 1_000_000)" }
      log(logger, "round", values)
    case .layer(let result):
      log(
        logger, "layer",
        [
          "layer": "\(result.layer)", "filters": "\(result.filters)",
          "accuracyAlone": "\(result.accuracyAlone)",
          "accuracySum": "\(result.accuracySum)", "images": "\(result.images)",
        ])
    }
  }

  private func log(_ logger: Logger, _ message: String, _ values: Logger.Metadata) {
    logger.info("\(message)", metadata: values)
  }
}

/// Ends of a command that are no errors to be explained.
enum ExitStatus: Error {
  /// Stopped by Ctrl-C after saying how to go on: exit code 130.
  case interrupted
}
