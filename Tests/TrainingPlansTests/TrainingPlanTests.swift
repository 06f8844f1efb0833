// Plans as text: reading gives back what was written, defaults stay what they are, damaged texts are refused.

import BinaryNetworks
import Foundation
import Plumbing
import Testing
import TrainingPlans

@Suite struct TrainingPlanTests {
  @Test func everyValidPlanReadsBackAsItWas() throws {
    for seed in 0..<300 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let plan = generator.plan()
      let again = try read(plan.json())
      #expect(again == plan)
      #expect(again.json() == plan.json())
    }
  }

  @Test func shortPlanTakesTheDefaults() throws {
    let plan = try read(#"{"name":"mine","layers":[{"filters":128}]}"#)
    #expect(plan == TrainingPlan(name: "mine", layers: [LayerPlan(filters: 128)]))
    #expect(plan.layers[0].refinementStart == .patches)
    #expect(plan.encoder.bits(channels: 1) == 64)
    #expect(plan.encoder.bits(channels: 3) == 64)
  }

  @Test func defaultsAreThoseOfTheSnapshot() throws {
    let plan = TrainingPlan(name: "defaults", layers: [LayerPlan(filters: 128)])
    #expect(try snapshot("defaults.json", updatedTo: plan.json()) == plan.json())
  }

  @Test func quickPlanIsThatOfTheSnapshot() throws {
    let plan = try TrainingPlan.named("quick")
    let text = try snapshot("quick.json", updatedTo: plan.json())
    #expect(text == plan.json())
    #expect(try read(text) == plan)
  }

  @Test(arguments: TrainingPlan.names)
  func namedPlanFitsUsualImages(name: String) throws {
    let plan = try TrainingPlan.named(name)
    #expect(plan.name == name)
    for (side, channels) in [(28, 1), (32, 3), (64, 3)] {
      try plan.validate(
        width: side, height: side, channels: channels, classes: 100, memoryLimitBytes: 4 << 30, threads: 8)
    }
  }

  @Test func namesAreThePlansInOrder() {
    #expect(TrainingPlan.names == ["tiny", "quick", "standard", "best"])
  }

  @Test func orderAndSpaceDoNotMatter() throws {
    let text = "\n{ \"layers\" : [ {\"window\":5.0 ,\"filters\":1.28e2} ]\t,\r\n\"name\":\"\\u0061\" }  "
    #expect(try read(text) == TrainingPlan(name: "a", layers: [LayerPlan(filters: 128, window: 5)]))
  }

  @Test func startIsWrittenOnlyWhenGiven() throws {
    #expect(!small.json().contains("start"))
    let plan = try read(layer(#""start":"split""#))
    #expect(plan.layers[0].start == .split)
    #expect(plan.json().contains(#""start": "split""#))
    #expect(try read(layer(#""start":null"#)).layers[0].start == nil)
    #expect(try read(layer(#""learner":"cluster""#)).layers[0].refinementStart == nil)
  }

  /// Every form of a feature, and what writes it again.
  @Test(
    arguments: [
      ("half", .half), ("median", .median), ("quantile 0.1", .quantile(0.1)),
      ("far half", ThresholdPlan(.half, side: .far)),
      ("far median", ThresholdPlan(.median, side: .far)), ("far quantile 0.999", .quantile(0.999, .far)),
      ("half for head", ThresholdPlan(.half, use: .head)),
      ("median for next", ThresholdPlan(.median, use: .next)),
      ("quantile 0.35 for next", .quantile(0.35, use: .next)),
      ("far half for next", ThresholdPlan(.half, side: .far, use: .next)),
      ("far quantile 0.1 for head", .quantile(0.1, .far, use: .head)),
    ] as [(String, ThresholdPlan)])
  func featuresAreReadAsTheyAreWritten(text: String, feature: ThresholdPlan) throws {
    #expect(feature.description == text)
    // Beside one for the head and the next layer, which a layer needs.
    let plan = try read(layer(#""thresholds":["quantile 0.77","\#(text)"]"#))
    #expect(plan.layers[0].thresholds == [.quantile(0.77), feature])
    #expect(
      plan.json().contains(#""\#(text)""#) && plan.layers[0].handedFeatures == (feature.isHandedOn ? 2 : 1))
    #expect(
      try small.setting(["layers.1.thresholds=quantile 0.77 for head, \(text)"]).layers[1].thresholds.last
        == feature)
  }

  @Test(arguments: [
    "", "far", "near half", "far far half", "half far", "half for", "for head", "half for both",
    "half for nobody",
    "half for head for next", "quantile for head", "far quantile", "quantile 0.1 0.2", "Far half",
    "half for Head",
  ])
  func otherWordsForFeaturesAreRefused(text: String) {
    let error = mistake { () throws(TrainingPlanError) in _ = try read(layer(#""thresholds":["\#(text)"]"#)) }
    #expect(error?.code == .outOfRange)
    for part in ["layers[0].thresholds[0]", "\"far\" before it", "\"for head\" or \"for next\" behind it"] {
      #expect(error?.message.contains(part) == true, "\(error?.message ?? text)")
    }
  }

  @Test func partsPerMillionAreTheDecimals() throws {
    let plan = try read(
      layer(
        #""learner":"split","mask":0.3,"thresholds":["quantile 0.1","median"],"refine":{"filterRate":0.0001,"#
          + #""nearness":0.35,"wishes":0.07,"maskLevel":0.29},"head":{"rate":0.29,"damping":100}"#)
    ).layers[0]
    #expect(plan.maskPartsPerMillion == 300_000)
    #expect(plan.thresholds.map(\.quantilePartsPerMillion) == [100_000, 500_000])
    #expect(ThresholdPlan.half.quantilePartsPerMillion == nil)
    #expect(plan.refine.filterRatePartsPerMillion == 100)
    #expect(plan.refine.nearnessPartsPerMillion == 350_000)
    #expect(plan.refine.wishesPartsPerMillion == 70_000)
    #expect(plan.refine.maskLevelPartsPerMillion == 290_000)
    #expect(plan.head.ratePartsPerMillion == 290_000)
    #expect(plan.head.dampingPartsPerMillion == 100_000_000)
  }

  @Test func damagedTextNeitherCrashesNorGivesAnUncheckedPlan() throws {
    let text = Array(small.json().utf8)
    var refused = 0
    for seed in 0..<2000 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var damaged = text
      for _ in 0..<generator.within(1...3) {
        let i = generator.below(damaged.count)
        switch generator.below(3) {
        case 0: damaged[i] = UInt8(generator.below(256))
        case 1: damaged.remove(at: i)
        default: damaged.insert(generator.oneOf(Array("{}[]\",:\\0".utf8)), at: i)
        }
      }
      do throws(TrainingPlanError) {
        try TrainingPlan(json: damaged, path: nil).checkSettings()
      } catch {
        refused += 1
        #expect(!error.message.contains { $0.isNewline })
      }
    }
    #expect(refused > 1000)
  }

  @Test func everyCutTextIsRefused() {
    let text = Array(small.json().utf8.dropLast())
    for end in 0..<text.count {
      #expect(
        mistake { () throws(TrainingPlanError) in _ = try TrainingPlan(json: Array(text[..<end])) }?.code
          == .notJSON)
    }
  }
}
