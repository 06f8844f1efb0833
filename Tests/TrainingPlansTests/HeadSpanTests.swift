// Cells that overlap in plans: what is read, written, refused, and what they take.

import BinaryNetworks
import Testing
import TrainingPlans

@Suite struct HeadSpanTests {
  @Test func aSpanOfOneIsNotWritten() throws {
    #expect(!small.json().contains("span"))
    let plan = try small.setting(["layers.0.head.grid=8", "layers.0.head.span=3"])
    #expect(plan.layers[0].head.span == 3 && plan.layers[0].head.layout.cells == 36)
    #expect(plan.json().contains("\"span\": 3"))
    #expect(try read(plan.json()) == plan)
    #expect(try plan.setting(["layers.0.head.span=1", "layers.0.head.grid=4"]).json() == small.json())
  }

  @Test(
    arguments: [
      (
        "layers.0.head.span=5",
        "layers[0].head.span: cells of 5 squares a side on a grid of 4; allowed: 1...4"
      ),
      ("layers.0.head.span=0", "layers[0].head.span: 0 is out of range; allowed: 1...16"),
      ("layers.0.head.span=17", "layers[0].head.span: 17 is out of range; allowed: 1...16"),
    ])
  func spansBeyondTheGridAreRefused(setting: String, message: String) throws {
    let error = #expect(throws: TrainingPlanError.self) { try small.setting([setting]) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func theGridMustFitTheMap() throws {
    let plan = try small.setting(["layers.*.head.grid=9", "layers.*.head.span=9"])
    let error = #expect(throws: TrainingPlanError.self) {
      try plan.sizes(width: 8, height: 8, channels: 1, classes: 2)
    }
    #expect(error?.message.contains("layers[0].head.grid: 9 squares a side on a map of 8×8") == true)
  }

  /// P = 8·8, K = 8, C = 10: 25 squares, 9 cells.
  @Test func squaresTakeMemoryAndCellsTakeWeights() throws {
    func layer(_ grid: Int, _ span: Int) throws -> LayerSizes {
      let plan = TrainingPlan(
        name: "a", layers: [LayerPlan(filters: 8, head: HeadPlan(grid: grid, span: span))])
      return try plan.sizes(width: 8, height: 8, channels: 1, classes: 10).layers[0]
    }
    let (wide, plain) = (try layer(5, 3), try layer(3, 1))
    #expect(wide.modelBytes == plain.modelBytes && wide.sharedBytes == plain.sharedBytes)
    #expect(wide.bytesPerThread - plain.bytesPerThread == 12 * 25 * 8 + 4 * 5 * 8)
  }

  /// Split filters count bits by class and square.
  @Test func splitFiltersCountSquares() throws {
    func shared(_ grid: Int, _ span: Int) throws -> Int {
      let head = HeadPlan(grid: grid, span: span)
      let plan = TrainingPlan(
        name: "a", layers: [LayerPlan(filters: 8, window: 1, learner: .split, head: head)])
      return try plan.sizes(width: 8, height: 8, channels: 1, classes: 10).layers[0].sharedBytes
    }
    #expect(try shared(5, 3) - shared(3, 1) == 16 * 10 * 64 * (25 - 9))
  }

  /// Soft counts of whole maps are beyond 2^25 sooner than those of their parts.
  @Test func countsOfLargeCellsAreBounded() throws {
    let plan = try small.setting(["layers.*.head.grid=8"])
    let (width, height) = (1024, 1024)
    _ = try plan.sizes(width: width, height: height, channels: 1, classes: 2)
    let wide = try plan.setting(["layers.*.head.span=8"])
    let error = #expect(throws: TrainingPlanError.self) {
      try wide.sizes(width: width, height: height, channels: 1, classes: 2)
    }
    #expect(error?.message.contains("counts above 2^25") == true)
    #expect(error?.message.contains("or a smaller span") == true)
  }
}
