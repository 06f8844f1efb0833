// Layers that look at some signals of the image in plans: what is read, written, refused, and what they take.

import BinaryNetworks
import BitKernels
import Foundation
import Testing
import TrainingPlans

@Suite struct LayerSignalsPlanTests {
  /// Three signals of grey images, and a layer for each list.
  private func plan(_ settings: [String] = []) throws -> TrainingPlan {
    try read(
      """
      {"name": "a", "encoder": {"grey": [
        {"source": "components", "window": 4, "components": 5, "levels": 2},
        {"source": "components", "window": 4, "components": 5, "levels": 2},
        {"source": "components", "window": 6, "components": 3, "levels": 2}]},
       "layers": [
         {"filters": 8, "window": 1, "signals": [2], "thresholds": ["quantile 0.1 for head"], "reduction": "or"},
         {"filters": 8, "window": 1, "signals": [0, 1], "groups": 2, "learner": "cluster"},
         {"filters": 8, "window": 1}]}
      """
    ).setting(settings)
  }

  @Test func plansComeBack() throws {
    let plan = try plan()
    #expect(plan.layers.map(\.signals) == [[2], [0, 1], nil])
    #expect(try read(plan.json()) == plan)
    #expect(try plan.setting(["layers.0.signals=0,2"]).layers[0].signals == [0, 2])
    #expect(try plan.setting(["layers.0.signals=[1]"]).layers[0].signals == [1])
    #expect(try plan.setting(["layers.0.signals=null"]).layers[0].signals == nil)
    #expect(!small.json().contains("signals\": ["))
  }

  @Test(
    arguments: [
      (
        "layers.0.signals=2,1",
        "layers[0].signals: 1 is out of range; allowed: a list of whole numbers in 0...31"
      ),
      ("layers.0.signals=1,1", "layers[0].signals: 1 is out of range"),
      ("layers.0.signals=32", "layers[0].signals: 32 is out of range"),
      ("layers.0.signals=0.5", "layers[0].signals: 0.5 is out of range"),
      ("layers.0.signals=[]", "layers[0].signals: an empty list is out of range"),
      ("layers.0.signals=a", "layers[0].signals: \"a\" is the wrong kind"),
      ("layers.0.signals=[true]", "layers[0].signals: true is the wrong kind"),
      ("layers.1.head.boost=true", "layers[1].head.boost: true given with signals; allowed: false"),
      ("layers.2.groups=2", "layers[2].groups"),
      ("layers.1.thresholds=quantile 0.1 for head", "layers[1].thresholds: all are for the head"),
    ])
  func whatCannotBeIsRefused(setting: String, message: String) throws {
    let error = #expect(throws: TrainingPlanError.self) { try plan([setting]) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  /// The plan that the documentation names.
  @Test func theExampleFitsGreyAndColour() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Examples/plans/narrow-first.json")
    let plan = try TrainingPlan(json: Array(Data(contentsOf: file)))
    #expect(plan.layers.map(\.signals) == [[1], [0, 1, 2, 3]] && plan.exit.early)
    for (side, channels) in [(28, 1), (32, 3)] {
      let sizes = try plan.sizes(width: side, height: side, channels: channels, classes: 10)
      #expect(sizes.layers[0].work.words * 6 == sizes.layers[1].work.words)
    }
  }

  @Test func signalsMustBeThere() throws {
    let error = #expect(throws: TrainingPlanError.self) {
      try plan(["layers.1.signals=1,3"]).sizes(width: 9, height: 8, channels: 1, classes: 2)
    }
    #expect(error?.message.contains("layers[1].signals: there is no signal 3; allowed: 0...2") == true)
  }

  @Test func aLayerSeesTheWholeImage() throws {
    let sizes = try plan().sizes(width: 9, height: 8, channels: 1, classes: 2)
    #expect(sizes.layers.map(\.width) == [9, 9, 9] && sizes.layers.map(\.input.groups.count) == [1, 2, 2])
    #expect(sizes.layers.map(\.patchBits)[..<2] == [6, 10])
    // 72 positions: three components of 6 × 6, then ten of 4 × 4.
    #expect(sizes.encoderMultiplyAdds == 72 * (3 * 36 + 10 * 16))
  }
}
