// Plans and helpers the plan tests share. No tests here.

import BinaryNetworks
import Foundation
import ImageEncoding
import Plumbing
import TrainingPlans

extension SeededGenerator {
  mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  mutating func oneOf<T>(_ values: [T]) -> T { values[below(values.count)] }

  mutating func flag() -> Bool { below(2) == 0 }

  /// A bound of the range, a short decimal in it or one with all its digits.
  mutating func within(_ range: ClosedRange<Double>) -> Double {
    let x = range.lowerBound + (range.upperBound - range.lowerBound) * Double(below(1 << 32)) / 4_294_967_296
    let short = (x * 1000).rounded() / 1000
    return oneOf([range.lowerBound, range.upperBound, x, range.contains(short) ? short : x])
  }

  mutating func signals(_ sources: [SignalSource]) -> [SignalSpec] {
    (0..<within(1...3)).map { _ in
      let source = oneOf(sources)
      if source == .components {
        return SignalSpec(
          source: source, window: within(2...9), levels: within(1...4), components: within(1...3))
      }
      // A window has many values: 4 × 4 of three channels in 4 levels are 192 bits.
      return source == .patch
        ? SignalSpec(source: source, window: within(2...4), levels: within(1...4))
        : SignalSpec(source: source, window: oneOf([3, 5, 7, 9, 11, 13, 15]), levels: within(1...28))
    }
  }

  mutating func threshold() -> ThresholdPlan {
    let rules: [ThresholdPlan.Rule] = [
      .half, .median, .quantile(within(0.001...0.49)), .quantile(within(0.51...0.999)),
    ]
    return ThresholdPlan(oneOf(rules), side: oneOf(FeatureSide.allCases), use: oneOf(FeatureUse.allCases))
  }

  /// Up to eight features, no two the same; the first is for the head and the next layer.
  mutating func thresholds() -> [ThresholdPlan] {
    var thresholds: [ThresholdPlan] = []
    for _ in 0..<within(1...8) {
      var feature = threshold()
      if thresholds.isEmpty { feature.use = .both }
      let isNew = thresholds.allSatisfy {
        $0.side != feature.side || $0.quantilePartsPerMillion != feature.quantilePartsPerMillion
      }
      if isNew { thresholds.append(feature) }
    }
    return thresholds
  }

  mutating func layer() -> LayerPlan {
    let learner = oneOf(LayerPlan.Learner.allCases)
    let start = learner == .refine ? oneOf([nil, .patches, .cluster, .split] as [LayerPlan.Start?]) : nil
    let counted = learner != .refine || start == .cluster || start == .split
    return LayerPlan(
      filters: within(1...4096), window: within(1...7), learner: learner, start: start,
      thresholds: thresholds(), mask: counted ? within(0...0.9) : 0,
      reduction: oneOf(Reduction.allCases),
      cluster: ClusterPlan(
        rounds: within(1...1000), patchesPerImage: within(1...4096),
        images: oneOf([ClusterPlan.mostImages, within(1...100_000)])),
      refine: RefinePlan(
        passes: within(1...1000), batch: within(16...1024), filterRate: within(0.0001...1),
        nearness: within(0.05...5), wishes: within(0.01...1), momentumShift: within(1...8),
        maskLevel: within(0...0.9)),
      head: HeadPlan(
        grid: within(1...16), counts: oneOf(CountKind.allCases), rate: within(0.001...4),
        damping: within(0.001...100), passes: within(0...1000)))
  }

  /// A plan that every check accepts.
  mutating func plan() -> TrainingPlan {
    TrainingPlan(
      name: oneOf(["a", "Größe \"8\" \\ / 数", String(repeating: "n", count: 100)]),
      summary: oneOf(["", "one, two = three", "🙂"]),
      encoder: EncoderPlan(
        grey: signals([.channels, .mean]), colour: signals(SignalSource.allCases), pyramid: flag()),
      augmentation: AugmentationPlan(shift: within(0...8), flip: flag()), shards: within(1...65536),
      mergesPerPass: within(1...1000), layers: (0..<within(1...16)).map { _ in layer() })
  }
}

/// A plan with two layers that leaves everything to the defaults.
let small = TrainingPlan(name: "small", layers: [LayerPlan(filters: 8), LayerPlan(filters: 16)])

/// Reads a plan from text.
func read(_ text: String, path: String? = nil) throws(TrainingPlanError) -> TrainingPlan {
  try TrainingPlan(json: Array(text.utf8), path: path)
}

/// A plan whose only layer has the given keys beside `filters`.
func layer(_ keys: String) -> String { #"{"name":"a","layers":[{"filters":8,\#(keys)}]}"# }

/// The error that `body` throws, nil if none.
func mistake(_ body: () throws(TrainingPlanError) -> Void) -> TrainingPlanError? {
  do throws(TrainingPlanError) {
    try body()
    return nil
  } catch {
    return error
  }
}

/// The file of a name in Fixtures. With TALLY_UPDATE_SNAPSHOTS=1 in the environment it is first written anew.
func snapshot(_ name: String, updatedTo text: String) throws -> String {
  let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
    "Fixtures/\(name)")
  if ProcessInfo.processInfo.environment["TALLY_UPDATE_SNAPSHOTS"] == "1" {
    try Data(text.utf8).write(to: url)
  }
  return String(decoding: try Data(contentsOf: url), as: UTF8.self)
}
