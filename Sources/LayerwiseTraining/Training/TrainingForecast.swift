// How much of a training is done, and who wants to know more of it than its events tell. Nothing of this changes a model.

import BinaryNetworks
import TrainingPlans

/// How much of a training is done, guessed from the work of its stages: for bars and times, not for books.
package struct TrainingForecast: Sendable {
  private struct Step {
    let layer: Int
    let stage: String
    /// Share of all work before it, and of its own.
    let start, length: Double
  }
  private let steps: [Step]

  /// The stage that stands for the judging of a layer.
  private static let judging = ""
  private static let judgingWork = 0.1

  /// - Parameters:
  ///   - stages: of every layer, with the work of each; a pass of the head over all that is learned from is 1.
  ///   - costs: what an image costs in a pass of every layer.
  init(_ stages: [[(stage: String, work: Double)]], costs: [Double]) {
    var all: [(layer: Int, stage: String, work: Double)] = []
    for (layer, (stages, cost)) in zip(stages, costs).enumerated() {
      all += (stages + [(Self.judging, Self.judgingWork)]).map { (layer, $0.stage, $0.work * cost) }
    }
    let sum = max(1e-9, all.reduce(0) { $0 + $1.work })
    var done = 0.0
    steps = all.map { step in
      defer { done += step.work }
      return Step(layer: step.layer, stage: step.stage, start: done / sum, length: step.work / sum)
    }
  }

  /// The share of the work that is done, 0 to 1, after so many rounds of a stage; nil for a stage that is not known.
  package func share(layer: Int, stage: String, done: Int, total: Int) -> Double? {
    steps.first { $0.layer == layer && $0.stage == stage }.map {
      min(1, $0.start + $0.length * Double(done) / Double(max(1, total)))
    }
  }

  /// The share of the work that is done after a layer.
  package func share(afterLayer layer: Int) -> Double {
    share(layer: layer, stage: Self.judging, done: 1, total: 1) ?? 0
  }
}

/// The answers of a layer in the making to the validation images, after a pass.
package struct PassResult: Hashable, Sendable {
  package let layer: Int
  package let stage: String
  /// Rounds of the stage that are done, of so many.
  package let done: Int
  package let total: Int
  /// Right answers of the sum of the heads, and validation images.
  package let correct: Int
  package let images: Int

  /// 0 to 1.
  package var accuracy: Double { Double(correct) / Double(max(1, images)) }
}

/// Someone who watches a training closely.
package struct TrainingWatch {
  /// Told once, before the first round.
  package var onForecast: (TrainingForecast) -> Void
  /// Told after every pass over the images that is not a layer's last; asking costs a look at the validation images.
  package var onPass: (PassResult) -> Void

  package init(
    onForecast: @escaping (TrainingForecast) -> Void, onPass: @escaping (PassResult) -> Void
  ) {
    (self.onForecast, self.onPass) = (onForecast, onPass)
  }
}
