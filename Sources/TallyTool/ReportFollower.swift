// report.html while a training runs: after every layer a report of the network so far, in between what is new.

import BinaryNetworks
import Foundation
import ImageData
import LayerwiseTraining
import ModelEvaluation
import Plumbing
import TrainingPlans
import TrainingReports

/// Keeps the report of a training up to date. What it writes is whole at any time; where it cannot write it is silent, as
/// the report that counts is written in the end.
final class ReportFollower {
  /// Seconds between two pages.
  private static let pause = 15.0

  private let places: RunFolder.Results
  private let origin: RunOrigin
  private let task: TrainingTask
  private let survey: DataSurvey?
  private let threads: Int
  private let resumeCommand: String
  private var report: TrainingReport?
  private var last = Date.distantPast

  init(
    places: RunFolder.Results, origin: RunOrigin, task: TrainingTask, survey: DataSurvey?, threads: Int,
    resumeCommand: String
  ) {
    (self.places, self.origin, self.task, self.survey) = (places, origin, task, survey)
    (self.threads, self.resumeCommand) = (threads, resumeCommand)
  }

  /// Writes the page anew, unless that was done a moment ago.
  func update(_ progress: ProgressDisplay, isDue: Bool = false) {
    guard isDue || Date().timeIntervalSince(last) >= Self.pause else { return }
    write(
      TrainingStatus(
        isRunning: true, share: progress.share, secondsLeft: progress.secondsLeft, doing: progress.doing,
        asOf: now))
  }

  /// Takes up the network so far, of which a layer was just finished.
  func take(_ checkpoint: Checkpoint, _ progress: ProgressDisplay) {
    let layers = checkpoint.network.layers.count
    guard layers > 0, layers < task.plan.layers.count else { return }
    let summary = TrainingSummary(
      trainingImages: task.distinctImages, validationImages: task.validation.count,
      validationShare: task.validationShare, layers: checkpoint.results, folder: task.folder,
      groups: task.groups)
    let model = Model(
      network: checkpoint.network, plan: task.plan.decisiveJSON(), seed: task.seed,
      dataDigest: task.dataDigest, summary: summary.json())
    let images = task.images.subset(task.validation.isEmpty ? task.training : task.validation)
    report = try? ReportWriter(places: places, origin: origin).report(
      model, evaluation: Evaluation(model, on: images, threads: threads), images: images,
      part: task.validation.isEmpty ? "training" : "validation", threads: threads)
    update(progress, isDue: true)
  }

  /// Says that the training was stopped.
  func stop(_ progress: ProgressDisplay) {
    write(
      TrainingStatus(
        isRunning: false, share: progress.share, secondsLeft: nil, doing: progress.doing, asOf: now,
        remedy: resumeCommand))
  }

  private func write(_ status: TrainingStatus) {
    last = Date()
    let history = RunHistory(log: places.log)
    let page =
      report.map {
        $0.following(log: history.points, validations: history.validations, timings: history.timings).html(
          status)
      }
      ?? TrainingReport.beginning(
        status, plan: task.plan.decisiveJSON(), log: history.points, validations: history.validations,
        timings: history.timings, survey: survey)
    try? AtomicFile.write(Array(page.utf8), to: places.report)
  }

  private var now: String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
    return formatter.string(from: Date())
  }
}
