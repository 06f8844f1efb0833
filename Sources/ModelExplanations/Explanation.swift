// Why a model takes one image for what it takes it: gathered here, shown by the other files of this folder.

public import BinaryNetworks
import ImageData
import ModelEvaluation
import Plumbing
import ReportPages

/// Which places of an image and which filters spoke for a class and against another one.
///
/// All numbers are the integers of the heads; they add up to the scores. Only pictures are rounded.
public struct Explanation: Sendable {
  /// The scores of all classes that the image is answered with, 16 fractional bits.
  public let scores: [Int64]
  /// Class indices from the highest to the lowest score.
  let ranking: [Int]
  /// The share of every class in millionths; nil if the model has no temperature.
  public let shares: [Int]?
  /// Index of the layer after which the image is answered; the number of layers for the mirrored look.
  public let stage: Int
  /// Index of the class that is explained.
  public let of: Int
  /// Index of the class it is compared with; nil for a model of one class.
  public let against: Int?
  /// What the score of the class is made of.
  public let own: Contributions
  /// What the score of the class, less that of the other one, is made of; the same as `own` without another one.
  public let difference: Contributions
  /// The strongest filters of every layer that has a head.
  let evidence: [LayerEvidence]
  let input: ExplanationInput
  let image: Raster

  /// Filters shown for and against, of every layer.
  static let filtersPerSide = 4

  /// Takes the scores of the input's image apart, on up to `threads` threads.
  /// - Precondition: the classes asked for exist and differ.
  /// - Throws: `PredictionError` if the image or the example images have another shape than the model's, `MemoryError` if
  ///   there is too little memory for it.
  public init(_ input: ExplanationInput, threads: Int = 1) throws {
    let network = input.model.network
    if let examples = input.examples { try network.check(fits: examples.shape) }
    try MemoryLimit.current.check(Self.bytes(network), for: "an explanation with this model")
    let explainer = Explainer(network)
    try explainer.look(at: input.pixels.span)
    let prediction = Prediction(scores: explainer.scores, temperature: input.model.temperature)
    stage = explainer.stage
    (scores, ranking, shares) = (prediction.scores, prediction.ranking, prediction.shares)
    let of = input.of ?? ranking.first { $0 != input.against } ?? ranking[0]
    let against = input.against ?? ranking.first { $0 != of }
    precondition(of != against, "a class is not compared with itself")
    self.input = input
    self.of = of
    self.against = against
    own = explainer.contributions(of: of)
    difference = explainer.contributions(of: of, against: against)
    image = Raster(pixels: input.pixels[...], shape: network.shape)
    evidence = LayerEvidence.find(
      difference, explainer: explainer, pixels: input.pixels, examples: input.examples, threads: threads)
  }

  /// The share of a class, 0 to 1 with six decimals; nil if the model has no temperature.
  func share(_ c: Int) -> Double? { shares.map { Double($0[c]) / 1_000_000 } }

  /// Name of a class.
  func name(_ c: Int) -> String { input.model.network.classNames[c] }
}
