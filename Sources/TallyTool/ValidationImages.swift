// The images that a training held out for validation, found again.

import Foundation
import ImageData
import LayerwiseTraining
import Plumbing
import TrainingPlans

extension ImageDataset {
  /// The validation images: those that the data set itself sets aside, or else those that a training drew from it.
  /// - Parameter origin: what the training began with; nil where the data are not those that a run folder remembers.
  /// - Throws: `UserError` where there are none, or nobody knows which they are.
  func validation(of origin: RunOrigin?) throws -> LabelledImages {
    if let validation { return validation }
    guard let origin else {
      throw UserError(
        description:
          "--part validation: \(name) sets no validation images aside, and which ones a training drew is known for the "
          + "data of its run folder only; leave out --data, or name a run folder", code: 2)
    }
    let task = try TrainingTask(
      plan: TrainingPlan(json: Array(origin.plan.utf8), path: nil),
      images: learning(limit: origin.limit).images,
      validationShare: origin.validation, seed: origin.seed, folder: record,
      memoryLimit: ToolEnvironment().memoryLimit)
    guard !task.validation.isEmpty else {
      throw UserError(
        description: "--part validation: the training held no images out (--validation 0); take --part test",
        code: 2)
    }
    return task.images.subset(task.validation)
  }
}
