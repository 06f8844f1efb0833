// Changing plans by assignments: every key can be set, and nothing else changes.

import BinaryNetworks
import Foundation
import ImageEncoding
import Testing
import TrainingPlans

/// An assignment to the small plan and the plan it must give.
private struct Assignment {
  let text: String
  let change: (inout TrainingPlan) -> Void

  init(_ text: String, _ change: @escaping (inout TrainingPlan) -> Void) {
    self.text = text
    self.change = change
  }

  var path: String { String(text.prefix { $0 != "=" }) }
}

/// One assignment for every key of a plan.
private func everyKey() -> [Assignment] {
  [
    Assignment("name=new name") { $0.name = "new name" },
    Assignment("summary=[a=b, c]") { $0.summary = "[a=b, c]" },
    Assignment("encoder.grey.1.source=channels") { $0.encoder.grey[1].source = .channels },
    Assignment("encoder.grey.1.window=15") { $0.encoder.grey[1].window = 15 },
    Assignment("encoder.grey.1.levels=64") { $0.encoder.grey[1].levels = 64 },
    Assignment("encoder.colour.0.source=opponents") { $0.encoder.colour[0].source = .opponents },
    Assignment("encoder.colour.0.window=7") { $0.encoder.colour[0].window = 7 },
    Assignment("encoder.colour.0.levels=1") { $0.encoder.colour[0].levels = 1 },
    Assignment("encoder.pyramid=false") { $0.encoder.pyramid = false },
    Assignment("augmentation.shift=8") { $0.augmentation.shift = 8 },
    Assignment("augmentation.flip=true") { $0.augmentation.flip = true },
    Assignment("shards=65536") { $0.shards = 65536 },
    Assignment("mergesPerPass=1000") { $0.mergesPerPass = 1000 },
    Assignment("balance=true") { $0.balance = true },
    Assignment("cacheMiB=0") { $0.cacheMiB = 0 },
    Assignment("layers.1.filters=128") { $0.layers[1].filters = 128 },
    Assignment("layers.1.window=5") { $0.layers[1].window = 5 },
    Assignment("layers.1.learner=cluster") { $0.layers[1].learner = .cluster },
    Assignment("layers.1.start=split") { $0.layers[1].start = .split },
    Assignment("layers.1.thresholds=quantile 0.25, half") {
      $0.layers[1].thresholds = [.quantile(0.25), .half]
    },
    Assignment("layers.1.mask=0") { $0.layers[1].mask = 0 },
    Assignment("layers.1.reduction=majority") { $0.layers[1].reduction = .majority },
    Assignment("layers.1.cluster.rounds=3") { $0.layers[1].cluster.rounds = 3 },
    Assignment("layers.1.cluster.patchesPerImage=9") { $0.layers[1].cluster.patchesPerImage = 9 },
    Assignment("layers.1.refine.passes=7") { $0.layers[1].refine.passes = 7 },
    Assignment("layers.1.refine.batch=200") { $0.layers[1].refine.batch = 200 },
    Assignment("layers.1.refine.filterRate=1e-3") { $0.layers[1].refine.filterRate = 0.001 },
    Assignment("layers.1.refine.nearness=1.25") { $0.layers[1].refine.nearness = 1.25 },
    Assignment("layers.1.refine.wishes=0.5") { $0.layers[1].refine.wishes = 0.5 },
    Assignment("layers.1.refine.momentumShift=4") { $0.layers[1].refine.momentumShift = 4 },
    Assignment("layers.1.refine.maskLevel=.25") { $0.layers[1].refine.maskLevel = 0.25 },
    Assignment("layers.1.distances=centred") { $0.layers[1].distances = .centred },
    Assignment("layers.1.head.grid=8") { $0.layers[1].head.grid = 8 },
    Assignment("layers.1.head.counts=plain") { $0.layers[1].head.counts = .plain },
    Assignment("layers.1.head.rate=2") { $0.layers[1].head.rate = 2 },
    Assignment("layers.1.head.damping=0.001") { $0.layers[1].head.damping = 0.001 },
    Assignment("layers.1.head.passes=5") { $0.layers[1].head.passes = 5 },
    Assignment("layers.1.head.boost=true") { $0.layers[1].head.boost = true },
  ]
}

@Suite struct PlanSettingTests {
  @Test func everyKeyCanBeSetAndNothingElseChanges() throws {
    for assignment in everyKey() {
      var wanted = small
      assignment.change(&wanted)
      #expect(try small.setting([assignment.text]) == wanted, "\(assignment.text)")
    }
  }

  @Test func noKeyIsForgotten() throws {
    var plan = small
    plan.layers[1].start = .patches
    let tree = try JSONSerialization.jsonObject(with: Data(plan.json().utf8))
    let tested = Set(everyKey().map { $0.path.replacing(/\.[0-9]+/, with: ".*") })
    #expect(leaves(of: tree, at: "") == tested)
  }

  /// Paths of all single values and lists of them, list positions as `*`.
  private func leaves(of tree: Any, at path: String) -> Set<String> {
    if let section = tree as? [String: Any] {
      return Set(section.flatMap { leaves(of: $0.value, at: path.isEmpty ? $0.key : "\(path).\($0.key)") })
    }
    if let list = tree as? [[String: Any]] { return Set(list.flatMap { leaves(of: $0, at: "\(path).*") }) }
    return [path]
  }

  @Test func starSetsEveryLayer() throws {
    let plan = try small.setting(["layers.*.head.grid=2"])
    #expect(plan.layers.map(\.head.grid) == [2, 2])
    #expect(plan.layers.map(\.filters) == [8, 16])
  }

  @Test func bracketsAreDots() throws {
    #expect(try small.setting(["layers[1].filters=99"]).layers.map(\.filters) == [8, 99])
  }

  @Test func laterAssignmentsWin() throws {
    #expect(try small.setting(["shards=3", "shards=4"]).shards == 4)
    #expect(try small.setting([]) == small)
  }

  @Test func settingsThatNeedEachOtherComeInAnyOrder() throws {
    let forwards = try small.setting(["layers.0.start=split", "layers.0.mask=0.4"])
    #expect(try small.setting(["layers.0.mask=0.4", "layers.0.start=split"]) == forwards)
    #expect(forwards.layers[0].maskPartsPerMillion == 400_000)
  }

  @Test func listsAndSectionsMayBeGivenAsJSON() throws {
    let plan = try small.setting([
      #"encoder.grey=[{"source":"mean","levels":9}]"#, "encoder.grey.0.window=7",
      #"layers.0.head={"grid":2}"#,
      #"layers.1.thresholds=["half"]"#, "layers.0.thresholds.1=median",
    ])
    #expect(plan.encoder.grey == [SignalSpec(source: .mean, window: 7, levels: 9)])
    #expect(plan.layers[0].head == HeadPlan(grid: 2))
    #expect(plan.layers[0].thresholds == [.quantile(0.1), .median])
    #expect(plan.layers[1].thresholds == [.half])
  }

  @Test func nullTakesAnOptionalSettingAway() throws {
    let plan = try small.setting(["layers.0.start=split"])
    #expect(try plan.setting(["layers.*.start=null"]) == small)
  }
}
