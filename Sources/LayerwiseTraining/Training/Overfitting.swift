// Training images that are answered far better than others.

import ModelEvaluation

/// What tells of a model that knows its training images by heart.
package struct Overfitting: Hashable, Sendable {
  /// The accuracy on the training images, in the last pass, and on the validation images.
  package let learned, held: Double

  /// Compares the accuracy on training images in the last pass with that on the validation images of the last layer; nil
  /// unless it is far better: beyond the interval, by five points or more, and with less than half of the mistakes.
  package init?(learned: Double?, last: LayerResult?) {
    guard let learned, let last, last.isValidation else { return nil }
    let interval = AccuracyInterval(correct: last.correct, images: last.images)
    guard learned > max(interval.highest, last.accuracy + 0.05), 2 * (1 - learned) < 1 - last.accuracy else {
      return nil
    }
    (self.learned, held) = (learned, last.accuracy)
  }

  /// A sentence on it.
  /// - Parameter percent: how an accuracy is written.
  package func words(_ percent: (Double) -> String) -> String {
    "overfitting: \(percent(learned)) of the training images were right in the last pass, but \(percent(held)) of the "
      + "validation images; more images or fewer filters help"
  }
}
