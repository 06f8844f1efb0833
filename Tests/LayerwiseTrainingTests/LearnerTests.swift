// The course of every learner: its stages, and that it can be put down and taken up between any two rounds.

import BinaryNetworks
import CountingRounds
import Testing
import TrainingPlans

@testable import LayerwiseTraining

@Suite struct LearnerTests {
  /// Settings, shards, and the stages they lead to.
  static let courses: [([String], Int, [String])] = [
    (
      ["layers.0.learner=cluster", "layers.0.mask=0.2"], 1,
      ["pool", "cluster", "thresholds", "moments", "covariance", "head"]
    ),
    (
      ["layers.0.learner=cluster", "layers.0.head.passes=0"], 2,
      ["pool", "cluster", "thresholds", "moments", "covariance"]
    ),
    (["layers.0.learner=split"], 2, ["split", "thresholds", "moments", "covariance", "head"]),
    (
      ["layers.0.learner=split", "layers.0.head.grid=5", "layers.0.head.span=3"], 2,
      ["split", "thresholds", "moments", "covariance", "head"]
    ),
    (
      [], 1,
      [
        "pool", "thresholds", "moments", "covariance", "refine", "nextThresholds", "headMoments",
        "headCovariance", "head",
      ]
    ),
    (
      ["layers.0.start=cluster", "layers.0.thresholds=half", "layers.0.refine.maskLevel=0.1"], 3,
      [
        "pool", "cluster", "thresholds", "moments", "covariance", "refine", "headMoments", "headCovariance",
        "head",
      ]
    ),
    (
      ["layers.0.start=split", "layers.0.head.passes=0", "layers.0.distances=centred"], 1,
      ["split", "thresholds", "moments", "covariance", "refine", "nextThresholds"]
    ),
    (
      ["layers.0.learner=cluster", "layers.0.head.counts=root", "layers.0.thresholds=\(fourFeatures)"], 2,
      ["pool", "cluster", "thresholds", "moments", "covariance", "head"]
    ),
    (
      ["layers.0.learner=refine", "layers.0.thresholds=\(fourFeatures)"], 2,
      [
        "pool", "thresholds", "moments", "covariance", "refine", "nextThresholds", "headMoments",
        "headCovariance", "head",
      ]
    ),
    (
      ["layers.0.learner=refine", "layers.0.thresholds=far quantile 0.2,half for head"], 1,
      ["pool", "thresholds", "moments", "covariance", "refine", "headMoments", "headCovariance", "head"]
    ),
    (
      [
        groups, "layers.0.learner=cluster", "layers.0.window=1", "layers.0.groups=2", "layers.0.filters=10",
        "layers.0.mask=0.1",
      ], 2,
      [
        "pool 1 of 2", "cluster 1 of 2", "pool 2 of 2", "cluster 2 of 2", "thresholds", "moments",
        "covariance",
        "head",
      ]
    ),
  ]
  /// Windows of two sizes, each with filters of its own.
  private static let groups =
    #"encoder.grey=[{"source":"components","window":2,"levels":4,"components":3},{"source":"components","window":3,"levels":2,"components":6}]"#
  /// Near and far, for the head, the next layer and both.
  private static let fourFeatures =
    "far median for next,quantile 0.1,far quantile 0.2 for head,quantile 0.4 for next"

  @Test(arguments: courses)
  func everyRoundCanBeTheLastOfAProcess(settings: [String], shards: Int, stages: [String]) throws {
    let training = try TinyTraining(settings, shards: shards)
    var course: [String] = []
    var rounds = 0
    let whole = try training.model { event in
      guard case .round(_, let stage, _, _, _, _) = event else { return }
      rounds += 1
      if course.last != stage { course.append(stage) }
    }
    #expect(course == stages && !whole.isEmpty)
    let bank = try Model(encoded: whole, path: nil).network.layers[0].bank
    let plan = training.task.plan.layers[0].thresholds
    #expect(bank.features.map(\.side) == plan.map(\.side) && bank.features.map(\.use) == plan.map(\.use))
    #expect(bank.features.allSatisfy { Set($0.thresholds) != [0] })

    // One round a process, and what each leaves behind says by name what comes next.
    var (checkpoint, model) = try training.advance(from: nil, stop: { true })
    var processes = 1
    var next = [try stage(of: checkpoint)]
    while model == nil, processes <= rounds {
      (checkpoint, model) = try training.advance(from: checkpoint, stop: { true })
      processes += 1
      if model == nil, try stage(of: checkpoint) != next.last { next.append(try stage(of: checkpoint)) }
    }
    #expect(model == whole)
    // The last process only makes the layer of what is there.
    #expect(processes == rounds + 1)
    #expect(next == Array(stages.dropFirst()) + ["done"])
  }

  /// What a checkpoint calls the stage to go on with.
  private func stage(of checkpoint: [UInt8]) throws -> String {
    let tally = try Tally(encoded: checkpoint)
    return String(decoding: tally["learning.stage"].map { UInt8($0) }, as: UTF8.self)
  }
}

@Suite struct CheckpointFormatTests {
  private func checkpoint() throws -> Tally {
    try Tally(encoded: TinyTraining().advance(from: nil, stop: { true }).checkpoint)
  }

  @Test func otherFormatsAreRefusedInOneLine() throws {
    var tally = try checkpoint()
    #expect(tally["format"] == [2])
    for format in [0, 1, 3, 1_000] {
      tally["format"] = [Int64(format)]
      let error = #expect(throws: CheckpointError.otherFormat(format)) {
        try Checkpoint(encoded: tally.encoded())
      }
      #expect(
        error?.description
          == "the checkpoint is of format \(format), this Tally reads format 2; resume with the Tally that wrote it, "
          + "or start again with --force instead of --resume")
    }
    // Checkpoints from before there were numbers.
    let unnumbered = Tally(tally.arrays.filter { $0.key != "format" })
    #expect(throws: CheckpointError.otherFormat(1)) { try Checkpoint(encoded: unnumbered.encoded()) }
    for numbers in [[], [2, 2]] as [[Int64]] {
      tally["format"] = numbers
      #expect(throws: CheckpointError.damaged) { try Checkpoint(encoded: tally.encoded()) }
    }
  }

  @Test func aStageThatTheLearnerDoesNotHaveIsRefused() throws {
    var tally = try checkpoint()
    let training = try TinyTraining()
    for name in ["cluster", "guess", ""] {
      tally["learning.stage"] = name.utf8.map { Int64($0) }
      #expect(throws: CheckpointError.unknownStage(name)) {
        try training.advance(from: tally.encoded(), stop: { false })
      }
    }
  }
}
