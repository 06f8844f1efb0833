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
        "version": "\(toolVersion)", "commit": "\(toolCommit)",
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
    let begun = Date()
    let dataset = try ImageDataset.open(
      origin.data, parts: .train, threads: threads, folder: origin.folder ?? FolderOptions(seed: origin.seed))
    if !dataset.isOfImageFiles, let option = origin.imageOption {
      throw UserError(
        description: "\(option) is for folders of images; \(dataset.name) comes as it is, so leave it out",
        code: 2)
    }
    if dataset.validation != nil { display.note("the validation part of \(dataset.name) judges the layers") }
    if dataset.isOfImageFiles, let read = dataset.train.map({ $0.count + (dataset.validation?.count ?? 0) }) {
      let seconds = max(0.001, Date().timeIntervalSince(begun))
      display.note(String(format: "%d images read, %.0f a second", read, Double(read) / seconds))
    }
    for note in dataset.notes { display.note(note) }
    for warning in dataset.warnings { put("warning: \(warning)\n", on: STDERR_FILENO) }
    let limited = ImageDataset(
      name: dataset.name,
      train: try origin.limit.map { try dataset.requireTrain().prefix($0) } ?? dataset.train,
      test: nil, validation: dataset.validation)
    let (images, validation) = try limited.requireLearning()
    try limited.requireTrain().validateForTraining()
    let plan = try TrainingPlan(json: Array(origin.plan.utf8), path: nil)
    let task = try TrainingTask(
      plan: plan, images: images, validation: validation, validationShare: origin.validation,
      seed: origin.seed,
      folder: dataset.record, memoryLimit: memoryLimit)
    display.note(
      "\(dataset.name): \(task.distinctImages) images to learn from, \(task.validation.count) to judge by, "
        + "\(images.shape.width)×\(images.shape.height)×\(images.shape.channels), \(images.classNames.count) classes"
    )
    if let uneven = unevenness(task) { display.note(uneven) }
    display.note(
      "plan \(plan.name): \(plan.layers.count) layers; seed \(origin.seed), \(threads) threads, \(Kernels.active.name) kernels"
    )
    return task
  }

  /// Says so when some classes have far fewer images than others.
  private func unevenness(_ task: TrainingTask) -> String? {
    if task.plan.balance {
      return "classes are balanced: \(task.training.count) images with the repeats of rare classes"
    }
    var counts = [Int](repeating: 0, count: task.images.classNames.count)
    for index in task.training { counts[Int(task.images.labels[index])] += 1 }
    guard let most = counts.indices.max(by: { counts[$0] < counts[$1] }),
      let least = counts.indices.min(by: { counts[$0] < counts[$1] }), counts[most] >= 3 * counts[least]
    else { return nil }
    let names = task.images.classNames
    return "classes are uneven: \(counts[least]) images of \"\(names[least])\", \(counts[most]) of "
      + "\"\(names[most])\"; --balance learns from all classes as often"
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
