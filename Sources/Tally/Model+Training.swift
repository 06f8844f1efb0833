// Training a model in one call. Checkpoints, stopping and resuming are Trainer's.

public import BinaryNetworks
public import ImageData
public import LayerwiseTraining
import Plumbing
public import TrainingPlans

extension Model {
  /// Trains a model on labelled images. The same images, plan and seed give the same model on every machine.
  /// - Parameters:
  ///   - images: images to learn from; `ImageDataset.open(_:)` reads them. Where they have groups
  ///     (`LabelledImages.grouped(by:)`), whole groups are held out.
  ///   - plan: what to learn, for example `TrainingPlan.named("quick")`.
  ///   - validation: the fraction of the images held out to judge layers by and to calibrate shares, 0 to 0.9.
  ///   - seed: the seed of everything that is drawn.
  ///   - threads: threads to use; nil for one per core. The model does not depend on it.
  ///   - onEvent: told of every step.
  /// - Precondition: `validation` is in 0...0.9.
  /// - Throws: `DatasetError` for images that nothing can be learned from, `TrainingPlanError` for a plan that does not
  ///   fit them or the machine's memory.
  public static func train(
    on images: LabelledImages, plan: TrainingPlan, validation: Double = 0.1, seed: UInt64 = 1,
    threads: Int? = nil, onEvent: (TrainingEvent) -> Void = { _ in }
  ) throws -> Model {
    precondition((0...0.9).contains(validation), "validation is a fraction from 0 to 0.9")
    let task = try TrainingTask(
      plan: plan, images: images, validationShare: Int((validation * 1_000_000).rounded()),
      seed: seed, memoryLimit: MemoryLimit.current.bytes)
    let outcome = try Trainer(task, threads: threads ?? Machine.threads).run(
      from: nil, save: { _, _ in }, isStopRequested: { false }, onEvent: onEvent)
    guard case .finished(let model) = outcome else { preconditionFailure("nobody asked the trainer to stop") }
    return model
  }
}
