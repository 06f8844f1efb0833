// Small trainings, and all that they leave behind: models, checkpoints, shards, rounds and their answers.

import BinaryNetworks
import CountingRounds
import ImageData
import ImageEncoding
import LayerwiseTraining
import Plumbing
import TrainingPlans

/// What the small trainings gave; made once.
struct TrainingSeeds: Sendable {
  /// The trainings.
  let tasks: [TrainingTask]
  /// The models.
  let models: [Model]
  /// A checkpoint of every round.
  let checkpoints: [[UInt8]]
  /// The shards and the manifest of the first training.
  let shards: [[UInt8]]
  let manifest: [UInt8]
  /// Requests of every kind of round for shard 0, as messages to a worker that has it.
  let rounds: [[UInt8]]
  /// Shards and then rounds for a worker.
  let conversations: [[UInt8]]
  /// What a training is answered.
  let answers: [[UInt8]]
  /// Tallies, sums and pairs of sums.
  let tallies: [[UInt8]]

  /// Images for a worker that has a model: one of 2 × 2 pixels, and one that is not there.
  private static var pictures: [UInt8] {
    var bytes = ByteWriter()
    for (value, width) in [(1, 1), (2, 4), (12, 8), (-1, 8)] + [2, 2, 3, 0, 0, 0].map({ ($0, 4) }) {
      bytes.append(UInt64(bitPattern: Int64(value)), bytes: width)
    }
    bytes.append([UInt8](0..<12))
    return bytes.bytes
  }

  private static let made = Result { try TrainingSeeds() }
  static var shared: TrainingSeeds { get throws { try made.get() } }

  /// Shard 0 as a message to a worker.
  var shardMessage: [UInt8] {
    ShardMessage(path: "shard", checksum: "", content: shards[0]).encoded(padded: 16)
  }

  private init() throws {
    tasks = try Self.trainings()
    var (models, checkpoints): ([Model], [[UInt8]]) = ([], [])
    for task in tasks {
      let outcome = try Trainer(task, threads: 1).run(
        from: nil, save: { saved, _ in checkpoints.append(saved().encoded()) }, isStopRequested: { false },
        onEvent: { _ in })
      if case .finished(let model) = outcome { models.append(model) }
    }
    (self.models, self.checkpoints) = (models, checkpoints)
    let recording = try RoundRecording(tasks[0])
    (shards, manifest) = (recording.shards, recording.manifest)
    rounds = try recording.requests.map { request in
      var request = try RoundRequest(encoded: request)
      request.shards = [0...0]
      return request.encoded()
    }
    let kept = shards.map {
      (UInt8(2), ShardMessage(path: "shard", checksum: "", content: $0).encoded(padded: 16))
    }
    conversations =
      recording.requests.map { WireTargets.encoded(kept + [(4, $0)]) }
      + [DistantSeeds.worker(shard: shards[0])]
      + models.map { WireTargets.encoded([(11, [0] + $0.encoded()), (13, Self.pictures)]) }
    let short = try RoundRecording(tasks[2])
    answers = [WireTargets.encoded([(7, short.manifest)] + short.answers.map { (5, $0) })]
    var tallies: [[UInt8]] = []
    for answer in recording.answers + short.answers where answer.count < 1 << 12 {
      let sum = try PartialTally(encoded: answer)
      let other = PartialTally(round: sum.round, shard: 9, tally: sum.tally)
      var pair = ByteWriter()
      pair.append(UInt64(answer.count), bytes: 8)
      pair.append(answer + other.encoded())
      tallies += [[0] + sum.tally.encoded(), [1] + answer, [2] + pair.bytes]
    }
    self.tallies = tallies
  }

  /// Trainings with every learner, with one and several features of either side.
  private static func trainings() throws -> [TrainingTask] {
    try [
      Self.task(
        channels: 1,
        layers: [
          LayerPlan(
            filters: 4, learner: .cluster,
            thresholds: [.quantile(0.2), .median, .quantile(0.1, .far, use: .head)],
            mask: 0.2, reduction: .or, cluster: ClusterPlan(rounds: 2, patchesPerImage: 3),
            head: HeadPlan(grid: 1, passes: 1)),
          LayerPlan(
            filters: 3, thresholds: [.quantile(0.2), .quantile(0.2, .far)],
            refine: RefinePlan(passes: 1, batch: 16), head: HeadPlan(grid: 1, passes: 1)),
        ]),
      Self.task(
        channels: 3,
        layers: [
          LayerPlan(
            filters: 4, learner: .split, distances: .centred, thresholds: [.half],
            head: HeadPlan(grid: 2, passes: 1))
        ]),
      // Of few bits, so that its rounds' tallies are short.
      Self.task(
        channels: 1, isWhitened: false,
        layers: [
          LayerPlan(
            filters: 2, window: 1, thresholds: [.quantile(0.2)], refine: RefinePlan(passes: 1, batch: 16),
            head: HeadPlan(grid: 1, passes: 1))
        ]),
    ]
  }

  /// A training on 16 small images of stripes.
  private static func task(channels: Int, isWhitened: Bool = true, layers: [LayerPlan]) throws -> TrainingTask
  {
    var generator = SeededGenerator(seed: 11)
    let shape = ImageShape(width: 6, height: 5, channels: channels)
    let pixels = (0..<16).flatMap { image in
      (0..<shape.pixels).map { at in
        UInt8((at / channels % 6 / (1 + image % 2) % 2 == 0 ? 60 : 160) + generator.below(60))
      }
    }
    let images = try LabelledImages(
      shape: shape, pixels: pixels, labels: (0..<16).map { UInt16($0 % 2) }, classNames: ["a", "b"])
    let encoder = EncoderPlan(
      grey: isWhitened
        ? [
          SignalSpec(source: .whitened, window: 3, levels: 2),
          SignalSpec(source: .mean, window: 3, levels: 2),
        ] : [SignalSpec(source: .mean, window: 0, levels: 2)],
      colour: [
        SignalSpec(source: .channels, window: 0, levels: 2),
        SignalSpec(source: .opponents, window: 3, levels: 1),
        SignalSpec(source: .patch, window: 2, levels: 1),
      ], pyramid: isWhitened)
    let plan = TrainingPlan(
      name: "tiny", encoder: encoder, augmentation: AugmentationPlan(shift: channels == 1 ? 1 : 0), shards: 2,
      mergesPerPass: 1, cacheMiB: 1, layers: layers)
    return try TrainingTask(
      plan: plan, images: images, validationShare: 250_000, seed: 3, memoryLimit: 1 << 28)
  }
}

extension ShardMessage {
  /// The message with a checksum of so many zeros, to be put right.
  fileprivate func encoded(padded count: Int) -> [UInt8] {
    ShardMessage(path: path, checksum: String(repeating: "0", count: count), content: content).encoded()
  }
}
