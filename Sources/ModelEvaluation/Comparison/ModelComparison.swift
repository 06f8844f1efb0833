// Several models on the same images, side by side. The test of two of them is PairedResult.

package import BinaryNetworks
package import ImageData

/// A model that is compared with others.
package struct ComparedModel: Sendable {
  /// What it is called, for people.
  package let name: String
  package let model: Model
  /// Seconds that its training took; nil where nobody knows.
  package let seconds: Double?
  package let evaluation: Evaluation
  /// Whether each image is answered right, and with which of the model's classes.
  package let right: [Bool]
  package let answers: [UInt16]

  /// Runs a model over images.
  /// - Throws: as `Evaluation`.
  package init(
    _ model: Model, name: String, seconds: Double?, on images: LabelledImages, effort: Effort, threads: Int
  ) throws {
    (self.name, self.model, self.seconds) = (name, model, seconds)
    let images = try images.matched(to: model.network.classNames)
    evaluation = try Evaluation(model, on: images, effort: effort, threads: threads)
    let list = evaluation.answers
    (right, answers) = (list.right(images.labels), list.answers)
  }

  /// Words of 64 bits compared for an image, on average and for the one that takes most.
  package var words: (mean: Int, most: Int) {
    let stops = StopStatistics(model.network, stops: evaluation.stops)
    let all = model.network.work.words
    return (stops?.meanWords ?? all, stops?.mostWords ?? all)
  }

  /// Bytes of the model's file.
  package var bytes: Int { model.encoded().count }

  /// The interval that its accuracy lies in.
  package var interval: AccuracyInterval {
    AccuracyInterval(correct: evaluation.correct, images: evaluation.images)
  }
}

/// Models on the same images; the first is the one that the others are compared with.
package struct ModelComparison: Sendable {
  /// A difference with a lower p-value than this is called one.
  package static let significance = 0.05

  package let models: [ComparedModel]
  package let images: LabelledImages

  /// - Precondition: there is a model, and all were run on these images.
  package init(_ models: [ComparedModel], on images: LabelledImages) {
    precondition(!models.isEmpty && models.allSatisfy { $0.right.count == images.count })
    (self.models, self.images) = (models, images)
  }

  /// The first model and the one with an index.
  package func paired(_ index: Int) -> PairedResult { PairedResult(models[0].right, models[index].right) }

  /// What the paired answers say, in words.
  package func verdict(_ index: Int) -> String {
    let paired = paired(index)
    let (first, other) = (models[0].name, models[index].name)
    guard paired.pValue < Self.significance else {
      return "no difference between \(other) and \(first) is shown (p = \(Self.pText(paired.pValue)))"
    }
    let isBetter = paired.onlySecond > paired.onlyFirst
    return
      "\(other) is \(isBetter ? "better" : "worse") than \(first) (p \(paired.pValue < 0.0001 ? "" : "= ")"
      + "\(Self.pText(paired.pValue)))"
  }

  /// A p-value with four decimals.
  package static func pText(_ p: Double) -> String {
    if p < 0.0001 { return "< 0.0001" }
    let digits = "\(Int((p * 10_000).rounded()) % 10_000)"
    return p > 0.99995 ? "1" : "0." + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
