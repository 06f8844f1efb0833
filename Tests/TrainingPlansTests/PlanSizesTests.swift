// Maps, bits and memory of a plan, against values worked out by hand.

import BinaryNetworks
import BitKernels
import Testing
import TrainingPlans

@Suite struct PlanSizesTests {
  @Test func mapsHalveUpwardsAndThePyramidJoinsAfterReductions() throws {
    let plan = TrainingPlan(
      name: "a",
      layers: [
        LayerPlan(filters: 100, reduction: .or), LayerPlan(filters: 70, thresholds: [.median]),
        LayerPlan(filters: 10, window: 5, reduction: .majority), LayerPlan(filters: 10, window: 1),
      ])
    let sizes = try plan.sizes(width: 33, height: 18, channels: 3, classes: 10)
    #expect(sizes.encoderBits == 64)
    #expect(sizes.layers.map(\.width) == [33, 17, 17, 9])
    #expect(sizes.layers.map(\.height) == [18, 9, 9, 5])
    #expect(sizes.layers.map(\.input.groups) == [[64], [100, 100, 64], [70], [10, 10, 64]])
    #expect(sizes.layers.map(\.patchBits) == [576, 9 * 264, 25 * 70, 84])
    let flat = try plan.setting(["encoder.pyramid=false"])
    #expect(
      try flat.sizes(width: 33, height: 18, channels: 3, classes: 10).layers.map(\.input.groups)
        == [[64], [100, 100], [70], [10, 10]])
  }

  @Test func greyImagesUseTheGreySignals() throws {
    let plan = try small.setting(["encoder.grey.0.levels=1"])
    #expect(try plan.sizes(width: 28, height: 28, channels: 1, classes: 10).encoderBits == 49)
    #expect(try plan.sizes(width: 28, height: 28, channels: 3, classes: 10).encoderBits == 64)
  }

  @Test func windowMayBeLargerThanTheMap() throws {
    let plan = try small.setting(["layers.*.window=7", "layers.*.head.grid=1"])
    #expect(try plan.sizes(width: 2, height: 2, channels: 1, classes: 2).layers.count == 2)
  }

  /// P = 4·5, L = 9 words, D = 576, K = 65, T = 2, G = 4, C = 10.
  @Test func memoryFollowsTheDocumentedFormula() throws {
    let plan = TrainingPlan(name: "a", layers: [LayerPlan(filters: 65, head: HeadPlan(grid: 2))])
    let layer = try plan.sizes(width: 4, height: 5, channels: 3, classes: 10).layers[0]
    #expect(layer.modelBytes == 16 * 65 * 9 + 4 * 65 * 2 + 4 * 10 * 4 * 65)
    #expect(layer.sharedBytes == 8 * 65 * 576 + 12 * 10 * 4 * 65 + 16 * 4 * 65 * 65)
    let image = 8 * 20 * 9 + 2 * 20 * 65 + 16 * 65 * 1 + 8 * 20 * 2 * 2
    #expect(layer.bytesPerThread == image + 4 * 65 * 576 + 4 * 65 * 577 + 8 * 4 * 65 + (1 << 18))
  }

  @Test func memoryLimitIsExactAndTheAdviceFits() throws {
    let plan = TrainingPlan(name: "a", layers: [LayerPlan(filters: 20), LayerPlan(filters: 2000)])
    func check(_ filters: Int, _ limit: Int) throws(TrainingPlanError) {
      var plan = plan
      plan.layers[1].filters = filters
      try plan.validate(width: 8, height: 8, channels: 3, classes: 10, memoryLimitBytes: limit, threads: 3)
    }
    let sizes = try plan.sizes(width: 8, height: 8, channels: 3, classes: 10)
    let layers = sizes.layers
    let needed =
      3 * sizes.encoderBytes + layers[0].modelBytes + layers[1].modelBytes + layers[1].sharedBytes + 3
      * layers[1].bytesPerThread
    try check(2000, needed)
    let error = try #require(mistake { () throws(TrainingPlanError) in try check(2000, needed - 1) })
    #expect(error.code == .tooLittleMemory)
    #expect(error.message.contains("layers[1].filters"))
    #expect(error.message.hasSuffix("allowed: 1...1999"))
    let tight = try #require(mistake { () throws(TrainingPlanError) in try check(2000, needed / 2) })
    let most = try #require(Int(tight.message.split(separator: "...").last ?? ""))
    try check(most, needed / 2)
    #expect(mistake { () throws(TrainingPlanError) in try check(most + 1, needed / 2) } != nil)
  }

  /// Confusions of classes by classes are allocated whole, whatever few of them occur.
  @Test func tablesOfClassesAreCounted() throws {
    let plan = try small.setting(["layers.*.filters=1", "layers.*.head.grid=1"])
    func check(_ classes: Int) throws(TrainingPlanError) {
      try plan.validate(
        width: 8, height: 8, channels: 1, classes: classes, memoryLimitBytes: 32 * 5_000 * 5_000, threads: 1)
    }
    try check(5_000)
    let error = try #require(mistake { () throws(TrainingPlanError) in try check(5_001) })
    #expect(error.code == .tooLittleMemory)
    #expect(
      error.message.hasPrefix("the images: 5001 classes need about 763.2 MiB of memory for tables"),
      "\(error.message)")
  }

  /// Bits counted by class and place are what splits a layer's memory.
  @Test func splitsCountTheirClasses() throws {
    let plan = TrainingPlan(
      name: "a", layers: [LayerPlan(filters: 8, learner: .split, head: HeadPlan(grid: 2))])
    let other = TrainingPlan(
      name: "a", layers: [LayerPlan(filters: 8, learner: .cluster, head: HeadPlan(grid: 2))])
    func layer(_ plan: TrainingPlan) throws -> LayerSizes {
      try plan.sizes(width: 8, height: 8, channels: 3, classes: 100).layers[0]
    }
    let words = try layer(plan).input.words * 9
    #expect(
      try layer(plan).sharedBytes - layer(other).sharedBytes == 16 * 100 * 4 * 64 * words + 24 * 100 * 100)
    #expect(try layer(plan).bytesPerThread - layer(other).bytesPerThread == 20 * 4 * 64 * words)
  }

  /// Encoding large images takes more than their bits.
  @Test func encodingIsCounted() throws {
    let plan = TrainingPlan(
      name: "a", layers: [LayerPlan(filters: 1, head: HeadPlan(grid: 16, counts: .plain))])
    let error = mistake { () throws(TrainingPlanError) in
      try plan.validate(width: 8192, height: 8192, channels: 3, classes: 2, memoryLimitBytes: 1 << 30)
    }
    #expect(error?.code == .tooLittleMemory)
    #expect(error?.message.contains("to be encoded") == true, "\(error?.message ?? "accepted")")
  }

  @Test func largestPatchIsAllowed() throws {
    let plan = TrainingPlan(
      name: "a", layers: [LayerPlan(filters: 3640, thresholds: [.half]), LayerPlan(filters: 1, window: 4)])
    #expect(try plan.sizes(width: 9, height: 9, channels: 1, classes: 2).layers[1].patchBits == 58240)
    #expect(
      try plan.setting(["layers.0.filters=4032"]).sizes(
        width: 9, height: 9, channels: 1, classes: 2
      ).layers[1].patchBits == 64512)
    // 4,033 filters begin a 64th word: 16 × 64 words are one more than the kernels' 16-bit distances allow.
    #expect(throws: TrainingPlanError.self) {
      try plan.setting(["layers.0.filters=4033"]).sizes(width: 9, height: 9, channels: 1, classes: 2)
    }
  }

  @Test func absurdThreadsAndImagesDoNotOverflow() throws {
    let plan = try small.setting([
      "layers.*.filters=4096", "layers.*.thresholds=half", "layers.*.head.grid=16", "layers.1.window=3",
    ])
    let error = mistake { () throws(TrainingPlanError) in
      try plan.validate(
        width: 256, height: 256, channels: 3, classes: 65535, memoryLimitBytes: 1 << 34, threads: .max)
    }
    #expect(error?.code == .tooLittleMemory)
  }

  @Test func countsThatAreTooLargeAreRefused() throws {
    let plan = try small.setting(["layers.*.head.grid=1"])
    let error = mistake { () throws(TrainingPlanError) in
      try plan.validate(width: 4096, height: 4096, channels: 1, classes: 2, memoryLimitBytes: 1 << 50)
    }
    #expect(error?.code == .impossibleSize)
    #expect(error?.message.contains("counts above 2^25") == true)
  }
}
