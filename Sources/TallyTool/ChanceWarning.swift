// What to say at the end of a training that came to nothing.

import BinaryNetworks
import ImageData
import LayerwiseTraining

/// The warning of a model that is no better than a guess.
enum ChanceWarning {
  /// The warning; nil for a model that is better.
  /// - Parameter judged: the images that its last layer was evaluated on.
  static func text(_ model: Model, _ judged: LabelledImages) -> String? {
    guard let result = TrainingSummary(json: model.summary)?.layers.last, result.images == judged.count,
      let most = judged.classCounts.max(), result.isAtChance(frequent: most)
    else { return nil }
    let share = Double(most) / Double(max(1, judged.count))
    return
      "\(result.isValidation ? "validation" : "training") accuracy \(percent(result.accuracySum)) is not clearly "
      + "above the share of the most frequent class, \(percent(share)): the model may have learned nothing; "
      + "check that images and labels belong together and that the images show something"
  }
}
