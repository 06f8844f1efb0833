// From a plan to what learning runs with: numbers of images, and kinds of things under their own names.

import BinaryNetworks
import FilterLearning
import ImageData
import ImageEncoding
import Plumbing
import Testing

@testable import LayerwiseTraining
@testable import TrainingPlans

@Suite struct PlanSettingsTests {
  /// With S shards the largest mini-batch b with b² · S ≤ 2 · batch², at least 16.
  @Test(arguments: [
    // batch, shards, images in a shard's mini-batch
    [128, 1, 128], [128, 2, 128], [128, 3, 104], [128, 8, 64], [128, 32, 32], [128, 128, 16],
    [128, 65_536, 16], [16, 1, 16], [16, 65_536, 16], [1024, 1, 1024], [1024, 32, 256], [1024, 65_536, 16],
    [200, 8, 100],
  ])
  func manyShardsTakeSmallMiniBatches(numbers: [Int]) {
    var layer = LayerPlan(filters: 8)
    layer.refine.batch = numbers[0]
    let plan = TrainingPlan(name: "mine", shards: numbers[1], layers: [layer])
    for head in [false, true] {
      let settings = plan.refineSettings(layer: layer, classes: 3, images: 1 << 30, head: head)
      #expect(settings.batch == numbers[2], "\(numbers[0]) images, \(numbers[1]) shards")
      #expect(settings.shards == numbers[1])
    }
  }

  /// No image is looked at more than once a pass where there are enough for mini-batches of 16; work follows the images.
  @Test(arguments: [
    // images, shards, merges a pass, images in a mini-batch
    [54_000, 1, 5, 256], [1280, 1, 5, 256], [1279, 1, 5, 255], [162, 1, 5, 32], [81, 1, 5, 16],
    [5, 1, 5, 16],
    [54_000, 64, 5, 45], [640, 4, 5, 32], [300, 1, 1, 256],
  ])
  func fewImagesMakeSmallMiniBatches(numbers: [Int]) {
    var layer = LayerPlan(filters: 8)
    layer.refine.batch = 256
    var plan = TrainingPlan(name: "mine", shards: numbers[1], layers: [layer])
    plan.mergesPerPass = numbers[2]
    let settings = plan.refineSettings(layer: layer, classes: 3, images: numbers[0], head: true)
    #expect(settings.batch == numbers[3], "\(numbers)")
  }

  private func plan(colour source: String, window: Int) throws(TrainingPlanError) -> TrainingPlan {
    let components = source == "components" ? #", "components": 3"# : ""
    let signal = #"{"source": "\#(source)", "window": \#(window), "levels": 2\#(components)}"#
    let json = #"{"name": "a", "encoder": {"colour": [\#(signal)]}, "layers": [{"filters": 8}]}"#
    return try TrainingPlan(json: Array(json.utf8))
  }

  @Test(arguments: SignalSource.allCases) func everySignalOfAPlanIsEncoded(source: SignalSource) throws {
    let windows = (0...15).filter { source.rules.plannedWindows.contains($0) }
    #expect(!windows.isEmpty)
    for window in windows {
      let spec = try plan(colour: source.rawValue, window: window).encoderSpec(channels: 3)
      let components = source == .components ? 3 : 0
      #expect(
        spec.signals == [SignalSpec(source: source, window: window, levels: 2, components: components)])
    }
  }

  @Test(arguments: ["median", "Channels", "patches", ""])
  func unknownSignalsAreRefusedAndNotReplaced(source: String) throws {
    let error = #expect(throws: TrainingPlanError.self) { try plan(colour: source, window: 3) }
    #expect(error?.code == .outOfRange)
    #expect(try #require(error).message.contains("channels, mean, opponents, whitened, patch"), "\(error)")
  }

  /// Each counted feature has its own rate, in the order of the plan.
  @Test func onRatesAreThoseOfTheFeaturesForTheHead() {
    let layer = LayerPlan(
      filters: 8,
      thresholds: [
        .quantile(0.3, use: .next), .quantile(0.1, .far, use: .head), .half, .median, .quantile(0.2, .far),
      ])
    let settings = TrainingPlan(name: "mine", layers: [layer]).refineSettings(
      layer: layer, classes: 3, images: 1000, head: false)
    #expect(settings.onRates == [100_000, 0, 500_000, 200_000])
  }

  /// What is only counted does not depend on the number of shards, whatever the features.
  @Test(arguments: ["cluster", "split"]) func featuresOfAnyShardsAreThoseOfOne(learner: String) throws {
    let settings = [
      "layers.0.learner=\(learner)", "layers.0.head.passes=0",
      "layers.0.thresholds=quantile 0.1,far quantile 0.1,far median for next,quantile 0.3 for head",
    ]
    let networks = try [1, 2, 5].map { shards in
      try Model(encoded: TinyTraining(settings, shards: shards).model(), path: nil).network
    }
    #expect(networks.allSatisfy { $0 == networks[0] })
    let features = networks[0].layers[0].bank.features
    #expect(features.map(\.side) == [.near, .far, .far, .near])
    #expect(features.map(\.use) == [.both, .both, .next, .head])
    // More distances are at most the larger threshold; more are at least the smaller one.
    #expect(zip(features[0].thresholds, features[3].thresholds).allSatisfy { $0 <= $1 })
    #expect(zip(features[1].thresholds, features[2].thresholds).allSatisfy { $0 >= $1 })
  }

  /// What a plan asks of a layer is what the trained layer has.
  @Test(arguments: Reduction.allCases, CountKind.allCases)
  func everyKindOfLayerIsTrained(reduction: Reduction, counts: CountKind) throws {
    for distances in DistanceKind.allCases {
      func pixel(_ i: Int) -> UInt8 { UInt8((i * i / 7 + i / 36 % 2 * 90) & 255) }
      let shape = ImageShape(width: 6, height: 6, channels: 1)
      let images = try LabelledImages(
        shape: shape, pixels: (0..<40 * shape.pixels).map(pixel), labels: (0..<40).map { UInt16($0 % 2) },
        classNames: ["a", "b"])
      let plan = TrainingPlan(
        name: "tiny", mergesPerPass: 1,
        layers: [
          LayerPlan(
            filters: 3, learner: .cluster, distances: distances, thresholds: [.quantile(0.3)],
            reduction: reduction, cluster: ClusterPlan(rounds: 1, patchesPerImage: 2),
            refine: RefinePlan(batch: 16), head: HeadPlan(grid: 2, counts: counts, passes: 1))
        ])
      let task = try TrainingTask(
        plan: plan, images: images, validationShare: 0, seed: 1, memoryLimit: 1 << 30)
      let outcome = try Trainer(task, threads: 1).run(
        from: nil, save: { _, _ in }, isStopRequested: { false }, onEvent: { _ in })
      guard case .finished(let model) = outcome else {
        Issue.record("stopped without being asked to")
        return
      }
      let layer = try #require(model.network.layers.first)
      #expect(layer.reduction == reduction && layer.bank.distanceKind == distances)
      #expect(layer.head?.counts == counts)
    }
  }
}
