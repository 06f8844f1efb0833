// A training on one page: a single HTML file that loads nothing and runs nothing.
// What it is made from is in ReportInput.swift, its parts in Sections.

import BinaryNetworks
import ImageData
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
  private let input: ReportInput
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
  public func html() -> String {
    let network = input.model.network
    let sections: [any PageSection] = [
      SummarySection(input: input), AccuracySection(input: input),
      LearningSection(input: input),
      ConfusionSection(evaluation: input.evaluation, examples: examples.confusions),
      MistakesSection(classNames: network.classNames, mistakes: examples.mistakes),
      ClassesSection(evaluation: input.evaluation), FilterSection(network: network, firing: firing),
      FeatureSection(inspection: inspection), EncoderSection(encoder: network.encoder),
      PlanTextSection(plan: input.model.plan),
    ]
    return Page(
      title: "Training report: \(PlanHead(input.model.plan).name ?? "unnamed plan")", sections: sections
    ).source
  }
}
