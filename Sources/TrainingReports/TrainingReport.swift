// A training on one page: a single HTML file that loads nothing and runs nothing.
// What it is made from is in ReportInput.swift, its parts in Sections.

import BinaryNetworks
package import ImageData
public import ModelEvaluation
import ModelExplanations
import ReportPages
import TrainingPlans

/// A report on a trained model.
///
/// The page is well-formed XML as well as HTML, follows the reader's choice of light or dark, and fits a phone. The
/// same input gives the same page, whatever the number of threads.
public struct TrainingReport: Sendable {
  /// What the report says of the model's inside.
  public let inspection: NetworkInspection
  private var input: ReportInput
  private let examples: ReportExamples
  private let firing: FiringFilters?

  /// Gathers what the report shows, on up to `threads` threads: runs the model over (some of) the images.
  /// - Throws: `PredictionError` if the images have another shape than the model's, `DatasetError` if they are of
  ///   classes that the model does not know.
  public init(_ input: ReportInput, threads: Int = 1) throws {
    var input = input
    input.images = try input.images?.matched(to: input.model.network.classNames)
    self.input = input
    let some = input.images.flatMap { $0.count > 0 ? $0.spread(PageLimits.images) : nil }
    inspection = try NetworkInspection(input.model, images: some, threads: threads)
    if let evaluation = input.evaluation, let images = input.images {
      examples = try ReportExamples(
        evaluation, predictor: Predictor(input.model, threads: threads), images: images)
    } else {
      examples = ReportExamples()
    }
    firing = some.map { FiringFilters(input.model.network, images: $0, threads: threads) }
  }

  /// The page.
  public func html() -> String { html(nil) }

  /// The page of a training that is where a status says; nil for a finished one.
  package func html(_ status: TrainingStatus?) -> String {
    let network = input.model.network
    let sections: [any PageSection] = [
      StatusSection(status: status), SummarySection(input: input), AccuracySection(input: input),
      RejectionSection(curve: examples.rejection),
      LearningSection(log: input.log, validations: input.validations, timings: input.timings),
      DataSection(survey: input.survey),
      ConfusionSection(evaluation: input.evaluation, examples: examples.confusions),
      MistakesSection(
        classNames: network.classNames, mistakes: examples.mistakes, byClass: examples.byClass),
      ClassesSection(evaluation: input.evaluation), FilterSection(network: network, firing: firing),
      FeatureSection(inspection: inspection), EncoderSection(encoder: network.encoder),
      PlanTextSection(plan: input.model.plan),
    ]
    return Page(
      title: "Training report: \(PlanHead(input.model.plan).name ?? "unnamed plan")", sections: sections,
      refresh: status?.isRunning == true ? TrainingStatus.refresh : nil
    ).source
  }

  /// The same report with a longer log.
  package func following(
    log: [LearningPoint], validations: [LearningPoint], timings: [LayerTiming]
  ) -> TrainingReport {
    var report = self
    (report.input.log, report.input.validations, report.input.timings) = (log, validations, timings)
    return report
  }

  /// The page of a training before its first layer is finished.
  package static func beginning(
    _ status: TrainingStatus, plan: String, log: [LearningPoint], validations: [LearningPoint],
    timings: [LayerTiming], survey: DataSurvey?
  ) -> String {
    Page(
      title: "Training report: \(PlanHead(plan).name ?? "unnamed plan")",
      sections: [
        StatusSection(status: status),
        LearningSection(log: log, validations: validations, timings: timings), DataSection(survey: survey),
        PlanTextSection(plan: plan),
      ],
      refresh: status.isRunning ? TrainingStatus.refresh : nil
    ).source
  }
}
