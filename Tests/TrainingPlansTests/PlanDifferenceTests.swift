// Which settings plans differ in.

import Testing
import TrainingPlans

@Suite struct PlanDifferenceTests {
  @Test func settingsInTheirOrder() throws {
    let first =
      #"{"layers": [{"filters": 12, "head": {"grid": 2}}], "shards": 1, "thresholds": ["half", "median"]}"#
    let second =
      #"{"layers": [{"filters": 20, "head": {"grid": 2}}, {"filters": 5}], "shards": 1, "thresholds": ["half"]}"#
    let found = PlanDifference.between([first, second, first])
    #expect(found.map(\.key) == ["layers.0.filters", "thresholds", "layers.1.filters"])
    #expect(found[0].values == ["12", "20", "12"] && found[2].values == [nil, "5", nil])
    #expect(found[1].values == [#"["half", "median"]"#, #"["half"]"#, #"["half", "median"]"#])
    #expect(PlanDifference.between([first, first]).isEmpty && PlanDifference.between([]).isEmpty)
    #expect(PlanDifference.between(["no plan", "{}"]).isEmpty)
  }

  /// Every difference is one that `--set` makes.
  @Test func namedPlans() throws {
    let plan = try TrainingPlan.named("quick")
    let changed = try plan.setting(["layers.0.filters=40", "augmentation.shift=2"])
    let found = PlanDifference.between([plan.decisiveJSON(), changed.decisiveJSON()])
    #expect(Set(found.map(\.key)) == ["layers.0.filters", "augmentation.shift"])
  }
}
