// Training from first layer to last: encoder, then each layer to its end, checkpoints on the way.
// One layer's own course is in LayerLearning.swift.

public import BinaryNetworks
import CountingRounds
import FilterLearning
public import ImageData
import ImageEncoding
import ModelEvaluation
public import Plumbing
public import TrainingPlans

/// What to train on and how; everything that decides the model.
public struct TrainingTask: Sendable {
  /// The plan.
  public let plan: TrainingPlan
  /// All labelled training images; where the plan balances classes, with repeats of rare ones. None where the images
  /// are elsewhere, in shards.
  public let images: LabelledImages
  /// Indices of the training images and of validation images.
  public let training: [Int]
  public let validation: [Int]
  /// Training images, repeats not counted.
  public let distinctImages: Int
  /// Seed of everything that is drawn.
  public let seed: UInt64
  /// CRC-64 of the training data, recorded in the model.
  public let dataDigest: UInt64
  /// Fraction of the images held out for validation, parts per million.
  public let validationShare: Int
  /// The folder that a test part was drawn from, recorded in the model.
  public let folder: FolderRecord?
  /// The groups that parts were drawn by, recorded in the model; nil where they were drawn image by image.
  public let groups: GroupRecord?
  /// How many training images each shard has; nil where they are cut evenly.
  let shardLengths: [Int]?
  /// Memory for what need not be computed again.
  let budget: MemoryBudget

  /// A task; splits the images by class with the seed, and by whole groups where they have groups.
  /// - Parameters:
  ///   - plan: the plan.
  ///   - images: all images, validation images among them.
  ///   - validation: which of them are for validation; nil to draw them.
  ///   - validationShare: the fraction to draw, parts per million: 0 to 900 000.
  ///   - seed: of everything that is drawn.
  ///   - folder: the folder that a test part was drawn from.
  ///   - memoryLimit: bytes of memory that the plan may need.
  ///   - budget: memory for inputs that are used again, what the images have left of it; nil for what the plan says.
  /// - Throws: `DatasetError` for images that cannot be trained on, `TrainingPlanError` for a plan that does not fit them.
  public init(
    plan: TrainingPlan, images: LabelledImages, validation: [Int]? = nil, validationShare: Int, seed: UInt64,
    folder: FolderRecord? = nil, memoryLimit: Int, budget: MemoryBudget? = nil
  ) throws {
    self.budget = budget ?? plan.cacheBudget
    self.plan = plan
    self.folder = folder
    shardLengths = nil
    self.seed = seed
    self.validationShare = validationShare
    let parts = try LearningParts(
      of: images, validation: validation, validationShare: validationShare, balance: plan.balance, seed: seed)
    dataDigest = parts.digest
    distinctImages = parts.distinctImages
    groups = images.groups?.record
    self.images = parts.images
    (training, self.validation) = (parts.training, parts.validation)
    try plan.validate(
      width: images.shape.width, height: images.shape.height, channels: images.shape.channels,
      classes: images.classNames.count, memoryLimitBytes: memoryLimit)
  }

  /// A task on a folder of shards, which decide the split, the balance and the number of shards.
  /// - Parameters:
  ///   - plan: the plan; its `shards` and `balance` are those of the manifest.
  ///   - manifest: the shards, and which of their images are for validation.
  ///   - images: the images of all shards, each under its index; nil if they stay where they are.
  ///   - seed: of everything that is drawn from now on.
  ///   - memoryLimit: bytes of memory that the plan may need.
  ///   - budget: memory for inputs that are used again, what the images have left of it; nil for what the plan says.
  /// - Throws: `TrainingPlanError` for a plan that does not fit.
  public init(
    plan: TrainingPlan, shards manifest: ShardManifest, images: LabelledImages?, seed: UInt64,
    memoryLimit: Int,
    budget: MemoryBudget? = nil
  ) throws {
    self.budget = budget ?? plan.cacheBudget
    var plan = plan
    (plan.shards, plan.balance) = (manifest.shards.count, manifest.balance)
    self.plan = plan
    self.seed = seed
    (folder, groups) = (manifest.folder, manifest.groups)
    validationShare = manifest.validationShare
    (dataDigest, distinctImages) = (manifest.dataDigest, manifest.distinctImages)
    (training, validation) = (manifest.training, manifest.validation)
    shardLengths = manifest.shards.map(\.images)
    let none = ByteStore([])
    self.images =
      try images
      ?? LabelledImages(shape: manifest.shape, store: none, labels: [], classNames: manifest.classNames)
    try plan.validate(
      width: manifest.shape.width, height: manifest.shape.height, channels: manifest.shape.channels,
      classes: manifest.classNames.count, memoryLimitBytes: memoryLimit)
  }
}

/// What happens while training, for whoever shows or records it.
public enum TrainingEvent: Sendable {
  /// The encoder is being learned.
  case encoding
  /// One round of a stage was run, the `done`th of `total`, over `images` images; accuracy in parts per million while
  /// learning, if the stage has one.
  case round(layer: Int, stage: String, done: Int, total: Int, images: Int, accuracy: Int?)
  /// A layer is finished.
  case layer(LayerResult)
}

/// How training ended.
public enum TrainingOutcome: Sendable {
  /// With a model.
  case finished(Model)
  /// Because it was asked to stop; the checkpoint says where to go on.
  case stopped
}

/// Trains a network layer by layer.
public struct Trainer: Sendable {
  private let task: TrainingTask
  private let threads: Int
  private let learning: any Engine<ImageShard>
  private let judging: any Engine<ImageShard>

  /// A trainer that uses up to `threads` threads; the model does not depend on their number.
  public init(_ task: TrainingTask, threads: Int) {
    self.task = task
    self.threads = max(1, threads)
    let judges = task.validation.isEmpty ? task.training : task.validation
    let shards =
      task.shardLengths.map { makeShards(images: task.images, indices: task.training, lengths: $0) }
      ?? makeShards(images: task.images, indices: task.training, count: task.plan.shards)
    learning = LocalEngine(shards: shards, threads: threads)
    judging = LocalEngine(
      shards: makeShards(images: task.images, indices: judges, count: 1), threads: threads)
  }

  /// A trainer whose rounds run elsewhere, over the shards of the task's manifest; the model is the same.
  package init(_ task: TrainingTask, rounds: RemoteRounds, threads: Int) {
    self.task = task
    self.threads = max(1, threads)
    learning = rounds.engine(.training, threads: self.threads)
    judging = rounds.engine(task.validation.isEmpty ? .training : .judging, threads: self.threads)
  }

  /// Trains, going on from a checkpoint if one is given.
  /// - Parameters:
  ///   - checkpoint: where to resume; nil to start.
  ///   - save: called with a checkpoint after every round (not all need be kept).
  ///   - isStopRequested: asked after every round.
  ///   - onEvent: told of every step.
  public func run(
    from checkpoint: Checkpoint?,
    save: (_ checkpoint: @autoclosure () -> Checkpoint, _ isMilestone: Bool) throws -> Void,
    isStopRequested: () -> Bool, onEvent: (TrainingEvent) -> Void
  ) throws -> TrainingOutcome {
    try run(from: checkpoint, save: save, isStopRequested: isStopRequested, onEvent: onEvent, watch: nil)
  }

  /// The same, watched: the model is the same.
  package func run(
    from checkpoint: Checkpoint?,
    save: (_ checkpoint: @autoclosure () -> Checkpoint, _ isMilestone: Bool) throws -> Void,
    isStopRequested: () -> Bool, onEvent: (TrainingEvent) -> Void, watch: TrainingWatch?
  ) throws -> TrainingOutcome {
    var network: Network
    var results: [LayerResult]
    var resumed: Tally?
    if let checkpoint {
      (network, results, resumed) = (checkpoint.network, checkpoint.results, checkpoint.learning)
    } else {
      onEvent(.encoding)
      network = try learnEncoder()
      (results, resumed) = ([], nil)
    }
    if let watch { watch.onForecast(forecast(network)) }
    let isWatched = watch != nil && !task.validation.isEmpty
    while network.layers.count < task.plan.layers.count {
      let index = network.layers.count
      var learning = LayerLearning(layerTask(network))
      if let saved = resumed {
        if let stage = learning.unknownStage(saved) { throw CheckpointError.unknownStage(stage) }
        guard learning.restore(saved) else { throw CheckpointError.damaged }
        resumed = nil
      }
      while !learning.isDone {
        let round = try learning.advance(self.learning, isWatched: isWatched)
        onEvent(
          .round(
            layer: index, stage: round.stage, done: round.done, total: round.total, images: round.images,
            accuracy: round.accuracy))
        if let watch, let layer = round.layer {
          try judge(layer, on: network, after: round).map(watch.onPass)
        }
        try save(Checkpoint(task, network: network, results: results, learning: learning.saved()), false)
        if isStopRequested() {
          try save(Checkpoint(task, network: network, results: results, learning: learning.saved()), true)
          return .stopped
        }
      }
      network.layers.append(learning.layer())
      try weighScores(of: &network)
      if let problem = network.problem {
        throw RoundError("what was learned cannot be used: \(problem); start again, with other settings")
      }
      if network.layers.count == task.plan.layers.count { try learnExits(of: &network) }
      let result = try judge(network)
      results.append(result)
      onEvent(.layer(result))
      try save(Checkpoint(task, network: network, results: results, learning: nil), true)
    }
    return .finished(model(network, results))
  }

  /// Answers of a layer in the making to the validation images; nil if it cannot answer yet.
  private func judge(
    _ layer: NetworkLayer, on network: Network, after round: RoundReport
  ) throws -> PassResult? {
    var whole = network
    whole.layers.append(layer)
    if whole.problem != nil { return nil }
    let counted = try judging.run(EvaluationRound(network: whole), state: Tally())
    return PassResult(
      layer: network.layers.count, stage: round.stage, done: round.done, total: round.total,
      correct: Int(counted["sum"][network.layers.count]), images: task.validation.count)
  }

  /// What the stages of all layers come to.
  private func forecast(_ network: Network) -> TrainingForecast {
    let shape = task.images.shape
    let work = try? task.plan.work(
      width: shape.width, height: shape.height, channels: shape.channels,
      classes: task.images.classNames.count)
    // The names and the work of stages say nothing of the layers below.
    let bare = Network(encoder: network.encoder, layers: [], classNames: network.classNames)
    var below = Double(work?.encoderMultiplyAdds ?? 0) / 8
    var costs: [Double] = []
    let stages = task.plan.layers.enumerated().map { index, plan in
      let words = Double(work?.layers[index].words ?? 1)
      costs.append(below + 2 * words)
      below += words
      return LayerLearning.works(
        layerTask(plan, bare, index: index, cache: nil))
    }
    return TrainingForecast(stages, costs: costs)
  }

  /// What the layer after those of a network is learned from.
  private func layerTask(_ network: Network) -> LayerTask {
    let plan = task.plan.layers[network.layers.count]
    let augmentation = task.plan.imageAugmentation
    let cache =
      task.images.count > 0 && plan.repeatsInputs(varied: augmentation != .none)
      ? LayerInputCache(for: task.images, budget: task.budget) : nil
    return layerTask(plan, network, index: network.layers.count, cache: cache)
  }

  /// What a layer is learned from, given those below it; beside which it is if it looks at the image again.
  private func layerTask(
    _ plan: LayerPlan, _ network: Network, index: Int, cache: LayerInputCache?
  ) -> LayerTask {
    // A first layer that looks at all signals is one like others.
    let all = index == 0 && plan.signals?.count == network.encoder.spec.signals.count
    let signals = all ? nil : plan.signals
    return LayerTask(
      plan: plan, whole: task.plan,
      stack: FrozenStack(
        network: signals.map(network.beside) ?? network, window: plan.window,
        augmentation: task.plan.imageAugmentation, seed: task.seed, cache: cache),
      training: task.training, classes: task.images.classNames.count, index: index, signals: signals)
  }

  private func learnEncoder() throws -> Network {
    let (spec, shape) = (task.plan.encoderSpec(channels: task.images.shape.channels), task.images.shape)
    var whitening = WhiteningFilters.none
    if spec.isWhitened {
      let round = try WhiteningRound(
        spec: spec, shape: shape, levels: task.plan.pyramidLevels, seed: task.seed,
        trainingImages: task.training.count)
      whitening = try round.filters(from: learning.run(round, state: Tally()))
    }
    let round = try EncodingRound(
      spec: spec, shape: shape, levels: task.plan.pyramidLevels, whitening: whitening)
    let encoder = try round.encoder(from: learning.run(round, state: Tally()))
    return Network(encoder: encoder, layers: [], classNames: task.images.classNames)
  }

  /// Finds how much the scores of the layers before the last one count beside its own, on the validation part. Not where images may be
  /// answered early: one temperature makes shares of all answers, so scores must mean as much after one layer as after all.
  private func weighScores(of network: inout Network) throws {
    let last = network.layers.count - 1
    guard last > 0, !task.plan.exit.early, !task.plan.layers[last].head.boost, !task.validation.isEmpty else {
      return
    }
    let counted = try judging.run(ScoreWeightRound(network: network), state: Tally())
    network.weighScores(ScoreWeightRound.choice(counted))
  }

  /// Finds from which lead on a layer's answer will do, layer by layer, on the validation part.
  private func learnExits(of network: inout Network) throws {
    let plan = task.plan.exit
    network.mirrors = plan.mirror
    let candidates = network.layers.indices.dropLast(plan.mirror ? 0 : 1)
    guard plan.early, var left = plan.images(of: task.validation.count) else { return }
    for layer in candidates where network.layers[layer].head != nil {
      let counted = try judging.run(ExitRound(network: network, layer: layer), state: Tally())
      let most = left / (candidates.endIndex - layer)
      guard let choice = ExitRound.choice(counted, loss: most) else { continue }
      network.layers[layer].exit = choice.lead
      left -= max(0, choice.loss)
    }
  }

  /// Accuracy on the validation part, or on the training part if nothing was kept for validation.
  private func judge(_ network: Network) throws -> LayerResult {
    let judges = task.validation.isEmpty ? task.training : task.validation
    let index = network.layers.count - 1
    let isWhole = network.layers.count == task.plan.layers.count
    // A temperature learned on images that the network knows would be too sure of itself.
    let temperatures = isWhole && !task.validation.isEmpty ? Temperature.candidates : []
    let counted = try judging.run(
      EvaluationRound(network: network, temperatures: temperatures), state: Tally())
    let bank = network.layers[index].bank
    return LayerResult(
      layer: index, filters: bank.count, patchBits: bank.patchBits, images: judges.count,
      correctAlone: Int(counted["alone"][index]), correctSum: Int(counted["sum"][index]),
      isValidation: !task.validation.isEmpty,
      answers: network.isStaged
        ? AnswerResult(
          confusion: counted["confusion"], classes: network.classNames.count, stops: counted["stops"]) : nil,
      calibration: CalibrationCounts.best(CalibrationCounts.all(temperatures, in: counted))
        .map { CalibrationResult($0) })
  }

  private func model(_ network: Network, _ results: [LayerResult]) -> Model {
    Model(
      network: network, plan: task.plan.decisiveJSON(), seed: task.seed, dataDigest: task.dataDigest,
      summary: TrainingSummary(
        trainingImages: task.distinctImages, validationImages: task.validation.count,
        validationShare: task.validationShare, layers: results, folder: task.folder,
        groups: task.groups
      ).json(),
      temperature: (results.last?.calibration?.temperature).flatMap { Temperature($0) })
  }
}
