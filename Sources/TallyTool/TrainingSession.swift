// One training from the tool's side: data in, events out to screen and log, files written.

import BinaryNetworks
import BitKernels
import Foundation
import ImageData
import LayerwiseTraining
import ModelEvaluation
import Plumbing
import TrainingPlans
import TrainingReports

/// Runs or resumes the training of a run folder.
struct TrainingSession {
  let folder: RunFolder
  private(set) var origin: RunOrigin
  let threads: Int
  let quiet: Bool
  /// A line to begin with.
  var opening: String?
  /// The Python that reads Parquet files; nil for the one on the PATH.
  var python: String?
  /// What there is to say of the data; nil where the images are out of reach.
  private var survey: DataSurvey?

  init(folder: RunFolder, origin: RunOrigin, threads: Int, quiet: Bool) {
    (self.folder, self.origin, self.threads, self.quiet) = (folder, origin, threads, quiet)
  }

  mutating func run(resuming: Bool, onBegin: () -> Void = {}) throws {
    let folder = self.folder
    let started = Date()
    let environment = try ToolEnvironment()
    // Who watches may go away (a closed pipe); the training goes on.
    _ = signal(SIGPIPE, SIG_IGN)
    let display = ProgressDisplay(
      quiet: quiet, layers: try TrainingPlan(json: Array(origin.plan.utf8), path: nil).layers.count)
    display.isResumed = resuming
    if let opening { display.note(opening) }
    let helper = try origin.engine.map { engine in
      try RoundsProcess(engine, data: origin.data, folder: folder, display: display)
    }
    defer { helper?.stop() }
    let task = try loadTask(display, memoryLimit: environment.memoryLimit, rounds: helper?.rounds)
    let checkpoint = resuming ? try takeUp(task) : nil
    if !resuming {
      origin.digest = String(task.dataDigest, radix: 16)
      origin.files = DataFootprint.of(origin.data)
      try folder.begin(&origin)
      onBegin()
    }
    if let checkpoint, checkpoint.results.count == task.plan.layers.count {
      display.note("this training is already finished; writing its model and report again")
    }
    do {
      let log = try RunLog(path: folder.places(origin).log)
      log.append(
        resuming ? "resumed" : "started",
        [
          "command": origin.command, "threads": threads, "kernels": Kernels.active.name, "seed": origin.seed,
          "version": toolVersion, "commit": toolCommit,
        ].merging(task.groups.map { ["groups": $0.count] } ?? [:]) { value, _ in value })
      if let survey { log.append("data", ["survey": survey.abridged(to: Self.loggedDuplicates)]) }
      let follower = follower(of: task, from: checkpoint)
      let outcome = try train(
        task, from: checkpoint, helper: helper, environment: environment, display: display, log: log,
        follower: follower)
      switch outcome {
      case .stopped:
        log.append("stopped")
        follower?.stop(display)
        display.clearBar()
        warn(of: log)
        complain("stopped; continue with: \(resumeCommand)")
        throw ExitStatus.interrupted
      case .finished(let model):
        if let helper { log.append("rounds", try helper.finish(display)) }
        let seconds = Date().timeIntervalSince(started)
        try finish(
          model, task: task, seconds: seconds, display: display, log: log, hook: environment.hook)
      }
    } catch {
      throw explained(error, isRemote: helper != nil)
    }
  }

  /// Groups of duplicates that the log keeps for the report.
  private static let loggedDuplicates = 20

  /// Who keeps the report up to date while there is something to learn. Where the images are out of reach there may be no
  /// report in the end, and so there is none on the way.
  private func follower(of task: TrainingTask, from checkpoint: Checkpoint?) -> ReportFollower? {
    guard task.images.count > 0, checkpoint?.results.count != task.plan.layers.count else { return nil }
    return ReportFollower(
      places: folder.places(origin), origin: origin, task: task, survey: survey, threads: threads,
      resumeCommand: resumeCommand)
  }

  /// What to type to go on.
  private var resumeCommand: String {
    "tally train --resume \(folder.shellPath)" + (origin.engine?.startsRecorded == true ? " --trust" : "")
  }

  /// An error of a training that was begun, with what to do then: whatever is in its folder is whole.
  private func explained(_ error: any Error, isRemote: Bool) -> any Error {
    switch error {
    case is ExitStatus: error
    case let error as CheckpointError: UserError(description: "\(folder.checkpoint): \(error)")
    case let error as UserError where error.description.contains("--resume"): error
    case is FileError, is ModelFileError, is DatasetError:
      UserError(description: "\(error); continue with: \(resumeCommand)")
    default: isRemote ? UserError(description: "\(error); continue with: \(resumeCommand)") : error
    }
  }

  /// Makes sure that the task is the one that was begun, and gives the checkpoint to go on from; nil if there is none yet.
  private mutating func takeUp(_ task: TrainingTask) throws -> Checkpoint? {
    try folder.takeUp(&origin)
    if let checkpoint = try folder.readCheckpoint() {
      do { try checkpoint.check(against: task) } catch {
        throw UserError(description: "\(folder.checkpoint): \(error)")
      }
      return checkpoint
    }
    // Without a checkpoint the first step is taken again, which must be the same one.
    guard origin.digest == nil || origin.digest == String(task.dataDigest, radix: 16) else {
      throw UserError(
        description:
          "\(origin.data): not the training data that \(folder.path) was begun with; use the same as then, "
          + "or start again with --force instead of --resume")
    }
    return nil
  }

  /// Runs the rounds; writes checkpoints, shows and records events.
  private func train(
    _ task: TrainingTask, from checkpoint: Checkpoint?, helper: RoundsProcess?, environment: ToolEnvironment,
    display: ProgressDisplay, log: RunLog, follower: ReportFollower?
  ) throws -> TrainingOutcome {
    let hook = environment.hook
    let interruption = Interruption()
    var lastSave = Date()
    let trainer =
      helper.map { Trainer(task, rounds: $0.rounds, threads: threads) } ?? Trainer(task, threads: threads)
    if let checkpoint { follower?.take(checkpoint, display) }
    follower?.update(display, isDue: true)
    do {
      return try trainer.run(
        from: checkpoint,
        save: { checkpoint, isMilestone in
          if isMilestone, let follower, !interruption.isRequested { follower.take(checkpoint(), display) }
          // Between milestones every few seconds are enough: no more than these are lost.
          if !isMilestone, Date().timeIntervalSince(lastSave) < environment.checkpointSeconds { return }
          try AtomicFile.write(
            checkpoint().encoded(), to: folder.checkpoint, beforeRename: { hook.reach(.write) })
          lastSave = Date()
          hook.reach(.checkpoint, isNoticed: { interruption.isRequested })
        },
        isStopRequested: { interruption.isRequested },
        onEvent: { event in
          if case .round = event { hook.reach(.round, isNoticed: { interruption.isRequested }) }
          display.show(event)
          record(event, costs: helper?.takeCosts() ?? [:], log)
          follower?.update(display)
        },
        watch: TrainingWatch(
          onForecast: { display.forecast = $0 },
          onPass: { result in
            display.show(result)
            log.append(
              "validation",
              [
                "layer": result.layer, "stage": result.stage, "done": result.done, "total": result.total,
                "images": result.images, "accuracy": result.accuracy,
              ])
          }))
    } catch {
      // The page is not to say that this goes on.
      follower?.stop(display)
      throw error
    }
  }

  private mutating func loadTask(
    _ display: ProgressDisplay, memoryLimit: Int, rounds: RemoteRounds?
  ) throws -> TrainingTask {
    let plan = try TrainingPlan(json: Array(origin.plan.utf8), path: nil)
    let budget = plan.cacheBudget
    let task: TrainingTask
    let name: String
    var dataset: ImageDataset?
    let shards =
      rounds == nil && ShardFolder.isThere(origin.data) ? try ShardFolder(origin.data) : nil
    if let manifest = rounds?.manifest ?? shards?.manifest {
      try origin.take(manifest, plan: plan)
      task = try TrainingTask(
        plan: plan, shards: manifest, images: shards?.images(budget: budget), seed: origin.seed,
        memoryLimit: memoryLimit, budget: budget)
      name = "\(manifest.name) in \(counted(manifest.shards.count, "shard"))"
      if let groups = manifest.groups {
        display.note("parts drawn by group: \(counted(groups.count, "group"))")
      }
    } else {
      let loaded = try LearningImages(
        origin, python: python, threads: threads, budget: budget, display: display)
      task = try TrainingTask(
        plan: plan, images: loaded.images, validation: loaded.validation, validationShare: origin.validation,
        seed: origin.seed, folder: loaded.folder, memoryLimit: memoryLimit, budget: budget)
      (name, dataset) = (loaded.name, loaded.dataset)
      loaded.warnOfParts(task.validation, of: task.images, share: origin.validation)
    }
    let shape = task.images.shape
    display.note(
      "\(name): \(task.distinctImages) training and \(counted(task.validation.count, "validation image")), "
        + "\(shape.width)×\(shape.height)×\(shape.channels), \(counted(task.images.classNames.count, "class", "classes"))"
    )
    if task.images.count > 0, let uneven = unevenness(task) { display.note(uneven) }
    survey = try surveyed(task, name: name, dataset: dataset)
    for line in survey.map({ DataLine($0).lines }) ?? [] { display.note(line) }
    display.note(
      "plan \(plan.name): \(counted(plan.layers.count, "layer")); seed \(origin.seed), "
        + "\(counted(threads, "thread")), \(Kernels.active.name) kernels"
    )
    return task
  }

  /// Looks through the images to learn from; nil where they are elsewhere.
  private func surveyed(_ task: TrainingTask, name: String, dataset: ImageDataset?) throws -> DataSurvey? {
    guard task.images.count > 0 else { return nil }
    let parts = [("training", task.training), ("validation", task.validation)].filter { !$0.1.isEmpty }
    let survey = try DataSurvey(
      name, parts.map { (name: $0.0, images: task.images.subset($0.1)) }, root: origin.data,
      groups: task.groups, threads: threads)
    return dataset.map(survey.reading) ?? survey
  }

  /// Says so when some classes have far fewer images than others.
  private func unevenness(_ task: TrainingTask) -> String? {
    if task.plan.balance {
      return "classes are balanced: \(task.training.count) images, counting repeats of rare ones"
    }
    var counts = [Int](repeating: 0, count: task.images.classNames.count)
    for index in task.training { counts[Int(task.images.labels[index])] += 1 }
    guard let most = counts.indices.max(by: { counts[$0] < counts[$1] }),
      let least = counts.indices.min(by: { counts[$0] < counts[$1] }), counts[most] >= 3 * counts[least]
    else { return nil }
    let names = task.images.classNames
    return
      "classes are uneven: \(counted(counts[least], "image")) of \"\(names[least])\", \(counts[most]) of "
      + "\"\(names[most])\"; --balance trains on all classes equally often"
  }

  private mutating func finish(
    _ model: Model, task: TrainingTask, seconds: Double, display: ProgressDisplay, log: RunLog,
    hook: TestHook
  ) throws {
    let places = folder.places(origin)
    try model.write(to: places.model)
    hook.reach(.model)
    let bytes = model.encoded().count
    let isJudged = !task.validation.isEmpty
    // Where the images are out of reach there is a model, and a report as soon as somebody has images.
    let images =
      task.images.count > 0
      ? task.images : try? ShardFolder(origin.data).images(budget: task.plan.cacheBudget)
    let judged = images?.subset(isJudged ? task.validation : task.training)
    if let judged, let warning = ChanceWarning.text(model, judged) {
      log.append("warning", ["message": warning])
      display.clearBar()
      complain("warning: \(warning)")
    }
    log.append("finished", ["seconds": seconds, "bytes": bytes])
    let evaluation = try judged.map { judged in
      try ReportWriter(places: places, origin: origin).write(
        model, images: judged, part: isJudged ? "validation" : "training", threads: threads)
    }
    try folder.publish(&origin)
    warn(of: log)
    show(model, evaluation, task: task, log: folder.results.log, display)
    // Of all its processes: a training that was continued took longer than since then.
    let spent = RunHistory(log: folder.results.log).seconds ?? seconds
    display.note("trained in \(duration(spent)); the model has \(bytes) bytes")
    display.note("model   \(folder.results.model)")
    display.note(
      "report  " + (images == nil ? "tally report \(folder.shellPath) --data SET" : folder.results.report))
    display.note("next:")
    let photo = judged.flatMap { $0.count > 0 ? $0.path(of: 0) : nil }
    let next = NextCommands(folder: folder, origin: origin, record: task.folder, photo: photo)
    for line in next.lines { display.note("  \(line)") }
  }

  /// Says how good the model is.
  private func show(
    _ model: Model, _ evaluation: Evaluation?, task: TrainingTask, log: String, _ display: ProgressDisplay
  ) {
    guard !quiet, let summary = TrainingSummary(json: model.summary) else { return }
    let learned = RunHistory(log: log).lastPassAccuracy(
      layer: summary.layers.count - 1, images: summary.trainingImages)
    for line in TrainingResult(summary: summary, evaluation: evaluation, learningAccuracy: learned).lines {
      display.note(line)
    }
  }

  /// Says so when events are missing from the log.
  private func warn(of log: RunLog) {
    guard let problem = log.problem else { return }
    complain("warning: log.jsonl is not complete: \(problem)")
  }

  private func record(_ event: TrainingEvent, costs: LogValues, _ log: RunLog) {
    switch event {
    case .encoding: log.append("encoding")
    case .round(let layer, let stage, let done, let total, let images, let accuracy):
      var values: LogValues = [
        "layer": layer, "stage": stage, "done": done, "total": total, "images": images,
      ]
      if let accuracy { values["accuracy"] = Double(accuracy) / 1_000_000 }
      log.append("round", values.merging(costs) { value, _ in value })
    case .layer(let result):
      log.append(
        "layer",
        [
          "layer": result.layer, "filters": result.filters, "accuracyAlone": result.accuracyAlone,
          "isValidation": result.isValidation,
          "accuracySum": result.accuracySum, "accuracy": result.accuracy, "images": result.images,
        ])
    }
  }
}

/// Ends of a command that are no errors to be explained.
enum ExitStatus: Error {
  /// Stopped by Ctrl-C after saying how to go on: exit code 130.
  case interrupted
}
