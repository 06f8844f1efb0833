// The answer to every single image, for lists of mistakes, comparisons and curves. Counts of answers are Evaluation's.

package import BinaryNetworks
package import ImageData

/// What a model answers for each of some images.
package struct AnswerList: Sendable {
  /// Images whose scores are in memory at once.
  private static let portion = 4096

  /// The class taken for the image's, an index into the model's classes.
  package private(set) var answers: [UInt16] = []
  /// The share of that answer in millionths; nil if the model has no temperature.
  package private(set) var shares: [Int32]?

  /// Runs a model over images.
  /// - Throws: `PredictionError` if they have another shape than the model's.
  package init(
    _ model: Model, on images: LabelledImages, effort: Effort = .early, threads: Int
  ) throws(PredictionError) {
    let predictor = Predictor(model, effort: effort, threads: threads)
    if model.temperature != nil { shares = [] }
    for start in stride(from: 0, to: images.count, by: Self.portion) {
      let some = Array(start..<min(start + Self.portion, images.count))
      for prediction in try predictor.predict(images, indices: some) {
        let answer = prediction.ranking[0]
        answers.append(UInt16(answer))
        if let share = prediction.shares?[answer] { shares?.append(Int32(share)) }
      }
    }
  }

  /// Whether each answer is the label.
  package func right(_ labels: [UInt16]) -> [Bool] { zip(answers, labels).map { $0 == $1 } }
}
