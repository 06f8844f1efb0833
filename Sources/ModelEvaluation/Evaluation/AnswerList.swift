// The answer to every single image, for lists of mistakes, comparisons and curves. Counts of answers are Evaluation's.

import CountingRounds

/// What a model answers for each of some images.
package struct AnswerList: Hashable, Sendable {
  /// The class taken for the image's, an index into the model's classes.
  package let answers: [UInt16]
  /// The share of that answer in millionths; nil if the model has no temperature.
  package let shares: [Int32]?

  /// The answers that an evaluation listed.
  init(_ counted: Tally, hasShares: Bool) {
    answers = counted["answers"].map { UInt16($0) }
    shares = hasShares ? counted["shares"].map { Int32($0) } : nil
  }

  /// Whether each answer is the label.
  package func right(_ labels: [UInt16]) -> [Bool] { zip(answers, labels).map { $0 == $1 } }
}
