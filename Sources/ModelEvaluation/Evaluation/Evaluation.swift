// How good a model is on labelled images, in the terms people compare.

public import BinaryNetworks
import CountingRounds
import FilterLearning
public import ImageData
import Plumbing

/// Counts of right and wrong answers of a model on labelled images.
public struct Evaluation: Hashable, Sendable {
  /// Class names in label order.
  public let classNames: [String]
  /// Images evaluated.
  public let images: Int
  /// `confusion[t][p]`: images of class t that were taken for class p.
  public let confusion: [[Int]]
  /// Right answers of each layer's head alone, and of the sum of the heads up to it; none where images were answered early, so that not
  /// every layer saw all of them.
  public let correctAlone: [Int]
  public let correctSum: [Int]
  /// Images answered after each layer, and last by the mirrored look where there is one.
  public let stops: [Int]
  /// How good the shares are; nil if the model has no temperature.
  public let calibration: CalibrationResult?
  /// The answer to every image.
  package let answers: AnswerList

  /// Runs a model over images on up to `threads` threads.
  ///
  /// Classes of the images are those of the model that have the same names, see `LabelledImages.matched(to:)`.
  /// - Throws: `PredictionError` if the shape of the images is not the model's, `DatasetError` if images are of classes
  ///   that the model does not know, `MemoryError` if there is too little memory for the confusions of so many classes.
  public init(_ model: Model, on images: LabelledImages, effort: Effort = .early, threads: Int) throws {
    try model.network.check(fits: images.shape)
    let names = model.network.classNames
    let images = try images.matched(to: names)
    try MemoryLimit.current.check(
      EvaluationRound.bytes(classes: names.count, layers: model.network.layers.count, images: images.count),
      for: "a table of \(names.count) classes by as many")
    let engine = LocalEngine(
      shards: makeShards(images: images, indices: Array(0..<images.count), count: 1), threads: threads)
    let temperatures = model.temperature.map { [$0] } ?? []
    let counted = engine.run(
      EvaluationRound(
        network: model.network, temperatures: temperatures, effort: effort, listsAnswers: true,
        judgesLayers: effort == .full || !model.network.exitsEarly),
      state: Tally())
    classNames = names
    self.images = images.count
    confusion = names.indices.map { t in
      names.indices.map { p in Int(counted["confusion"][t * names.count + p]) }
    }
    correctAlone = (counted.arrays["alone"] ?? []).map { Int($0) }
    correctSum = (counted.arrays["sum"] ?? []).map { Int($0) }
    stops = counted["stops"].map { Int($0) }
    answers = AnswerList(counted, hasShares: model.temperature != nil)
    calibration = CalibrationCounts.all(temperatures, in: counted).first.map { CalibrationResult($0) }
  }

  /// Right answers.
  public var correct: Int { classNames.indices.reduce(0) { $0 + confusion[$1][$1] } }

  /// Fraction of images classified correctly, 0 to 1.
  public var accuracy: Double { ratio(correct, images) }

  /// The fraction of the images predicted as class c that belong to it; 0 if there are none.
  public func precision(_ c: Int) -> Double { ratio(confusion[c][c], confusion.reduce(0) { $0 + $1[c] }) }

  /// The fraction of the images of class c that were found; 0 if there are none.
  public func recall(_ c: Int) -> Double { ratio(confusion[c][c], confusion[c].reduce(0, +)) }

  /// The most frequent confusions: true class, class it was taken for, number of images; most first.
  public func worstConfusions(_ count: Int) -> [(truth: Int, prediction: Int, images: Int)] {
    let all = classNames.indices.flatMap { t in
      classNames.indices.filter { $0 != t && confusion[t][$0] > 0 }.map { (t, $0, confusion[t][$0]) }
    }
    return Array(all.sorted { ($0.2, -$0.0, -$0.1) > ($1.2, -$1.0, -$1.1) }.prefix(count))
  }
}

private func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
