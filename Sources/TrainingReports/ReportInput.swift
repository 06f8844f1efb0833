// What a report is made from: a model and whatever is known of how it was trained and judged.

public import BinaryNetworks
public import ImageData
public import ModelEvaluation

/// Time one stage of a layer's training took.
public struct LayerTiming: Hashable, Sendable {
  /// Index of the layer, from 0.
  public let layer: Int
  /// Name of the stage.
  public let stage: String
  /// Seconds it took.
  public let seconds: Double

  /// A timing.
  public init(layer: Int, stage: String, seconds: Double) {
    self.layer = layer
    self.stage = stage
    self.seconds = seconds
  }
}

/// One point of a learning curve.
public struct LearningPoint: Hashable, Sendable {
  /// Index of the layer that was learning, from 0.
  public let layer: Int
  /// Name of the stage.
  public let stage: String
  /// Fraction of the stage that was done, 0 to 1.
  public let progress: Double
  /// Accuracy while learning, on the images just learned from, 0 to 1.
  public let accuracy: Double

  /// A point.
  public init(layer: Int, stage: String, progress: Double, accuracy: Double) {
    self.layer = layer
    self.stage = stage
    self.progress = progress
    self.accuracy = accuracy
  }
}

/// What a report is made from. Everything but the model may be missing; the report then says so or is shorter.
public struct ReportInput: Sendable {
  /// The trained model.
  public var model: Model
  /// How good the model is on some images; nil if nobody looked.
  public var evaluation: Evaluation?
  /// What those images are called: "test" or "validation".
  public var evaluationName: String
  /// The images of the evaluation: for examples and for what fires the filters.
  public var images: LabelledImages?
  /// The command that made the model.
  public var command: String
  /// Seconds of every stage, in the order they were run.
  public var timings: [LayerTiming]
  /// Learning curves, in the order they were learned.
  public var log: [LearningPoint]
  /// The machine it was trained on, for people.
  public var machine: String
  /// Seconds of the whole training.
  public var totalSeconds: Double?
  /// What there is to say of the data it was trained on; nil if nobody looked.
  package var survey: DataSurvey?
  /// Accuracy on the validation images after passes, in the order they were measured.
  package var validations: [LearningPoint] = []
  /// The accuracy on the training images during the last pass; nil where it is not known.
  package var learningAccuracy: Double?

  /// Input for a report.
  public init(
    model: Model, evaluation: Evaluation? = nil, evaluationName: String = "test",
    images: LabelledImages? = nil,
    command: String = "", timings: [LayerTiming] = [], log: [LearningPoint] = [], machine: String = "",
    totalSeconds: Double? = nil
  ) {
    self.model = model
    self.evaluation = evaluation
    self.evaluationName = evaluationName
    self.images = images
    self.command = command
    self.timings = timings
    self.log = log
    self.machine = machine
    self.totalSeconds = totalSeconds
  }

  /// The same with what there is to say of the data, and validation after passes.
  package init(
    model: Model, evaluation: Evaluation?, evaluationName: String, images: LabelledImages?, command: String,
    timings: [LayerTiming], log: [LearningPoint], machine: String, totalSeconds: Double?, survey: DataSurvey?,
    validations: [LearningPoint]
  ) {
    self.init(
      model: model, evaluation: evaluation, evaluationName: evaluationName, images: images, command: command,
      timings: timings, log: log, machine: machine, totalSeconds: totalSeconds)
    self.survey = survey
    self.validations = validations
  }
}
