// Checkpoints and summaries that are whole but hostile: arrays missing, numbers out of range.

import BinaryNetworks
import CountingRounds
import ImageData
import Plumbing
import Testing
import TrainingPlans
import _TestSupport

@testable import LayerwiseTraining

@Suite struct HostileCheckpointTests {
  /// Every array of a layer in the making, at every stage, missing or set to what no training writes: refused, or gone on
  /// with to the end.
  @Test(
    arguments: [
      ["layers.0.learner=cluster"], ["layers.0.learner=split"], ["layers.0.learner=refine"],
      ["layers.0.learner=refine", "layers.0.start=cluster"],
      ["layers.0.learner=refine", "layers.0.thresholds=half for next,quantile 0.1,far quantile 0.2"],
    ])
  func everyArrayOfALayerIsRefusedOrUsed(settings: [String]) throws {
    let training = try TinyTraining(settings)
    var checkpoints: [[UInt8]] = []
    var last: [UInt8]?
    // Stopped after every round, so that every stage is seen.
    while true {
      let (checkpoint, model) = try training.advance(from: last, stop: { true })
      last = checkpoint
      if model != nil { break }
      checkpoints.append(checkpoint)
    }
    #expect(checkpoints.count > 3)
    var (refused, finished) = (0, 0)
    for checkpoint in checkpoints {
      let tally = try Tally(encoded: checkpoint)
      let learning = tally.arrays.filter { $0.key.hasPrefix("learning.") }
      Mutations.forEachArray(of: learning) { _, changed in
        // Every twelfth change, or this would take minutes.
        guard (refused + finished) % 12 == 0 else {
          refused += 1
          return
        }
        var arrays = tally.arrays.filter { !$0.key.hasPrefix("learning.") }
        arrays.merge(changed) { $1 }
        do {
          _ = try training.advance(from: Tally(arrays).encoded(), stop: { false })
          finished += 1
        } catch { refused += 1 }
      }
    }
    #expect(finished > 10, "\(finished) finished")
  }

  /// The stage after the filters fills thresholds into a bank that has all features of the plan.
  @Test func aBankThatLacksFeaturesIsRefused() throws {
    let training = try TinyTraining([
      "layers.0.learner=refine", "layers.0.thresholds=half for next,quantile 0.1,far quantile 0.2",
    ])
    var seen = 0
    var last: [UInt8]?
    while true {
      let (checkpoint, model) = try training.advance(from: last, stop: { true })
      last = checkpoint
      if model != nil { break }
      let tally = try Tally(encoded: checkpoint)
      guard tally["learning.stage"] == "nextThresholds".utf8.map({ Int64($0) }) else { continue }
      let missing = ["learning.bank.thresholds.1", "learning.bank.thresholds.2"]
      let rest = Tally(tally.arrays.filter { !missing.contains($0.key) })
      #expect(rest.arrays.count == tally.arrays.count - 2)
      #expect(throws: CheckpointError.damaged) { try training.advance(from: rest.encoded(), stop: { false }) }
      seen += 1
    }
    #expect(seen == 1)
  }

  @Test func missingArraysAreRefused() throws {
    let training = try TinyTraining(["layers.0.learner=refine"])
    let (checkpoint, _) = try training.advance(from: nil, stop: { true })
    let tally = try Tally(encoded: checkpoint)
    for name in tally.arrays.keys where name.hasPrefix("learning.") {
      let rest = Tally(tally.arrays.filter { $0.key != name })
      #expect(throws: CheckpointError.damaged, "without \(name)") {
        try training.advance(from: rest.encoded(), stop: { false })
      }
    }
  }

  private let summary = """
    {"folder":{"files":10,"names":"0123456789abcdef","testShare":100000},"layers":[{"calibration":{"error":1,"loss":2,\
    "temperature":65536},"correctAlone":4,"correctSum":4,"filters":20,"images":10,"isValidation":true,"layer":0,\
    "patchBits":153}],"trainingImages":90,"validationImages":10,"validationShare":100000}
    """

  @Test func everyNumberOfASummaryIsRefusedOrOne() throws {
    #expect(TrainingSummary(json: summary) != nil)
    var (loaded, refused) = (0, 0)
    Mutations.forEachNumber(ofJSON: summary, Mutations.jsonNumbers) { changed in
      guard let found = TrainingSummary(json: changed) else {
        refused += 1
        return
      }
      loaded += 1
      #expect(found.folder.map { (0..<1_000_000).contains($0.testShare) } ?? true)
      #expect(
        found.layers.allSatisfy { (0...1).contains($0.accuracyAlone) && (0...1).contains($0.accuracySum) })
    }
    #expect(loaded > 20 && refused > 50, "\(loaded) loaded, \(refused) refused")
  }
}
