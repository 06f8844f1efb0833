// From a plan to what refinement runs with.

import FilterLearning
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
      let settings = plan.refineSettings(layer: layer, classes: 3, head: head)
      #expect(settings.batch == numbers[2], "\(numbers[0]) images, \(numbers[1]) shards")
      #expect(settings.shards == numbers[1])
    }
  }
}
