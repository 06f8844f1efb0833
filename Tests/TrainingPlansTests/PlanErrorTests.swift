// Every mistake a plan can have: its code, and that the one line says where, what and what is allowed.

import BinaryNetworks
import ImageEncoding
import Testing
import TrainingPlans

/// A mistake, how to make it, and what its message must say.
struct Mistake: Sendable, CustomTestStringConvertible {
  let code: TrainingPlanError.Code
  let says: [String]
  let make: @Sendable () throws(TrainingPlanError) -> Void
  var testDescription: String { "\(code): \(says.first ?? "")" }

  init(
    _ code: TrainingPlanError.Code, _ says: String...,
    make: @escaping @Sendable () throws(TrainingPlanError) -> Void
  ) {
    self.code = code
    self.says = says
    self.make = make
  }

  /// A mistake in a text.
  static func text(_ code: TrainingPlanError.Code, _ text: String, _ says: String...) -> Mistake {
    var mistake = Mistake(code) { () throws(TrainingPlanError) in _ = try read(text, path: "my/plan.json") }
    mistake = Mistake(code: code, says: ["my/plan.json: "] + says, make: mistake.make)
    return mistake
  }

  /// A mistake in an assignment to the small plan.
  static func set(_ code: TrainingPlanError.Code, _ assignments: [String], _ says: String...) -> Mistake {
    Mistake(code: code, says: says) { () throws(TrainingPlanError) in _ = try small.setting(assignments) }
  }

  /// A plan that images of one shape do not allow.
  static func size(
    _ code: TrainingPlanError.Code, _ plan: TrainingPlan, width: Int = 32, height: Int = 32,
    channels: Int = 3,
    classes: Int = 10, memory: Int = 1 << 40, _ says: String...
  ) -> Mistake {
    Mistake(code: code, says: says) { () throws(TrainingPlanError) in
      try plan.validate(
        width: width, height: height, channels: channels, classes: classes, memoryLimitBytes: memory)
    }
  }

  private init(
    code: TrainingPlanError.Code, says: [String],
    make: @escaping @Sendable () throws(TrainingPlanError) -> Void
  ) {
    self.code = code
    self.says = says
    self.make = make
  }
}

private func encoder(_ keys: String) -> String {
  #"{"name":"a","encoder":{\#(keys)},"layers":[{"filters":8}]}"#
}

private func one(_ layer: LayerPlan, encoder: EncoderPlan = EncoderPlan()) -> TrainingPlan {
  TrainingPlan(name: "one", encoder: encoder, layers: [layer])
}

private let mistakes: [Mistake] = [
  .text(.notJSON, "", "not a JSON text", "end of file"),
  .text(.notJSON, #"{"name":"a","layers":[{"filters":8}]"#, "not a JSON text"),
  .text(.notJSON, #"{"name":"a","layers":[{"filters":8}]} x"#, "not a JSON text"),
  .text(.notJSON, #"{"name":"a","layers":[{"filters":8}]}{}"#, "not a JSON text"),
  .text(.notJSON, #"{"name":"a","layers":[{"filters":1e999}]}"#, "not a JSON text"),
  .text(.notJSON, #"{"name":"a","layers":[{"filters":8,"mask":NaN}]}"#, "not a JSON text"),
  .text(.notJSON, #"{name:"a"}"#, "not a JSON text"),
  .text(.notJSON, "{\n  \"name\": \"a\",\n  layers: []\n}", "line 3, column 3"),
  .text(.notJSON, "{\"name\":\"a\0\"}", "UTF-8"),
  Mistake(.notJSON, "UTF-8") { () throws(TrainingPlanError) in _ = try TrainingPlan(json: [0x7b, 0xff, 0x7d])
  },
  .text(.tooLong, "{}" + String(repeating: " ", count: 1 << 20), "1048578 bytes", "at most 1048576"),
  .text(.tooLong, "[" + String(repeating: "0,", count: 10_001) + "0]", "10001 commas", "at most 10000"),
  .text(.tooDeep, String(repeating: "[", count: 100_000), "100000 levels", "at most 16"),
  .text(
    .tooDeep, #"{"a":"# + String(repeating: "[", count: 16) + String(repeating: "]", count: 16) + "}",
    "17 levels"),
  .text(.duplicateKey, #"{"name":"a","name":"b","layers":[{"filters":8}]}"#, #""name""#, "twice"),
  .text(.duplicateKey, layer(#""filt\u0065rs":9"#), #""filters""#, "twice"),
  .text(.missingKey, #"{"layers":[{"filters":8}]}"#, "name: missing"),
  .text(.missingKey, #"{"name":"a"}"#, "layers: missing", "1...16"),
  .text(.missingKey, #"{"name":"a","layers":[{"filters":8},{}]}"#, "layers[1].filters: missing", "1...4096"),
  .text(.missingKey, encoder(#""grey":[{"levels":3}]"#), "encoder.grey[0].source: missing", "mean"),
  .text(
    .unknownKey, #"{"name":"a","layers":[{"filtres":8}]}"#, "layers[0].filtres", "did you mean 'filters'?",
    "allowed: filters, window, groups, signals, learner"),
  .text(.unknownKey, layer(#""head":{"Grid":8}"#), "layers[0].head.Grid", "did you mean 'grid'?"),
  .text(.unknownKey, #"{"name":"a","colour":1,"layers":[]}"#, "colour: unknown key; allowed: name, summary"),
  .text(.unknownKey, #"{"na\nme":"a"}"#, #""na\u000ame""#),
  .text(.unknownKey, #"{"\#(String(repeating: "x", count: 999))":1}"#, "xxx…"),
  .text(.wrongType, "[]", "the plan: a list", "a section with the keys name"),
  .text(.wrongType, "7", "the plan: 7"),
  .text(.wrongType, #"{"name":7,"layers":[{"filters":8}]}"#, "name: 7", "1...100 bytes"),
  .text(.wrongType, #"{"name":"a","layers":{"filters":8}}"#, "layers: a section", "a list of 1...16"),
  .text(.wrongType, #"{"name":"a","layers":[{"filters":"8"}]}"#, #"layers[0].filters: "8""#, "1...4096"),
  .text(.wrongType, #"{"name":"a","layers":[{"filters":8.5}]}"#, "layers[0].filters: 8.5", "a whole number"),
  .text(
    .wrongType, #"{"name":"a","layers":[{"filters":true}]}"#, "layers[0].filters: true", "a whole number"),
  .text(.wrongType, layer(#""head":{"rate":null}"#), "layers[0].head.rate: null", "0.001...4"),
  .text(.wrongType, layer(#""learner":null"#), "layers[0].learner: null", "cluster, split, refine"),
  .text(.wrongType, layer(#""thresholds":"half""#), "layers[0].thresholds: \"half\"", "a list of 1...8"),
  .text(.wrongType, layer(#""thresholds":[0.1]"#), "layers[0].thresholds[0]: 0.1", "quantile Q"),
  .text(
    .wrongType, #"{"name":"a","augmentation":{"flip":1},"layers":[{"filters":8}]}"#, "flip: 1",
    "true or false"),
  .text(.outOfRange, #"{"name":"","layers":[{"filters":8}]}"#, "name: a text of 0 bytes", "1...100"),
  .text(.outOfRange, #"{"name":"a\nb","layers":[{"filters":8}]}"#, "name: ", "control characters"),
  .text(.outOfRange, #"{"name":"a","layers":[]}"#, "layers: a list of 0", "1...16"),
  .text(.outOfRange, #"{"name":"a","layers":[{"filters":4097}]}"#, "layers[0].filters: 4097", "1...4096"),
  .text(.outOfRange, #"{"name":"a","layers":[{"filters":1e300}]}"#, "layers[0].filters: 1e+300", "1...4096"),
  .text(
    .outOfRange, #"{"name":"a","layers":[{"filters":-9223372036854775809}]}"#, "layers[0].filters: -9.22"),
  .text(.outOfRange, layer(#""head":{"rate":4.5}"#), "layers[0].head.rate: 4.5", "0.001...4"),
  .text(.outOfRange, layer(#""learner":"splt""#), #"layers[0].learner: "splt""#, "cluster, split, refine"),
  .text(
    .outOfRange, layer(#""thresholds":[\#(Array(repeating: #""half""#, count: 9).joined(separator: ","))]"#),
    "thresholds: a list of 9", "1...8"),
  .text(.outOfRange, layer(#""thresholds":[]"#), "thresholds: a list of 0"),
  .text(.outOfRange, layer(#""thresholds":["quantile 1"]"#), "thresholds[0]: quantile 1", "0.001...0.999"),
  .text(
    .outOfRange, layer(#""thresholds":["quantile nan"]"#), #"thresholds[0]: "quantile nan""#, "quantile Q"),
  .text(.outOfRange, layer(#""thresholds":["quantile"]"#), "thresholds[0]", "quantile Q"),
  .text(
    .outOfRange, encoder(#""grey":[{"source":"mean","window":4,"levels":3}]"#), "encoder.grey[0].window: 4",
    "0 or odd 3...15"),
  .text(
    .outOfRange, encoder(#""grey":[{"source":"mean","window":1,"levels":3}]"#), "encoder.grey[0].window: 1",
    "0 or odd 3...15"),
  .text(
    .outOfRange,
    encoder(#""colour":[{"source":"patch","window":9,"levels":4},{"source":"channels","levels":22}]"#),
    "encoder.colour: 1038 bits", "at most 1024"),
  .text(
    .outOfRange, encoder(#""grey":[{"source":"patch","window":1,"levels":3}]"#), "encoder.grey[0].window: 1",
    "allowed with patch: 2...9"),
  .text(
    .outOfRange, encoder(#""grey":[{"source":"patch","levels":3}]"#), "encoder.grey[0].window: 0", "2...9"),
  Mistake(.outOfRange, "layers[0].mask: nan", "0...0.9") { () throws(TrainingPlanError) in
    try one(LayerPlan(filters: 8, mask: .nan)).checkSettings()
  },
  Mistake(.outOfRange, "shards: 0", "1...65536") { () throws(TrainingPlanError) in
    try TrainingPlan(name: "a", shards: 0, layers: [LayerPlan(filters: 8)]).checkSettings()
  },
  .text(.contradiction, encoder(#""grey":[],"colour":[]"#), "encoder: grey and colour are both empty"),
  .text(
    .contradiction, encoder(#""grey":[{"source":"opponents","levels":3}]"#), "encoder.grey[0].source",
    "channels, mean"),
  .text(
    .contradiction, layer(#""learner":"cluster","start":"patches""#), "layers[0].start: patches",
    "only with learner refine"),
  .text(.contradiction, layer(#""mask":0.2"#), "layers[0].mask: 0.2", "refine.maskLevel"),
  .text(
    .contradiction, layer(#""thresholds":["median","quantile 0.5"]"#),
    "layers[0].thresholds: median and quantile 0.5 make the same feature twice"),
  .text(
    .contradiction, layer(#""thresholds":["half","half"]"#),
    "layers[0].thresholds: half and half make the same feature twice"),
  .text(
    .contradiction, layer(#""thresholds":["half","far median","far quantile 0.5 for next"]"#),
    "layers[0].thresholds: far median and far quantile 0.5 for next make the same feature twice"),
  .text(
    .contradiction, layer(#""thresholds":["half for next","far half for next"]"#),
    "layers[0].thresholds: none is for the head"),
  .set(
    .contradiction, ["layers.0.thresholds=half for head,far half for head"],
    "layers[0].thresholds: all are for the head, but layers[1] needs features"),
  .size(.impossibleSize, small, width: 0, "width 0", "1...16384"),
  .size(.impossibleSize, small, height: 99_999, "height 99999"),
  .size(.impossibleSize, small, channels: 17, "channels 17", "1...16"),
  .size(.impossibleSize, small, classes: 1, "classes 1", "2...65535"),
  .size(
    .impossibleSize, small, channels: 4,
    "encoder.colour[3].source: opponents needs images of 3 channels, not 4"),
  .size(
    .impossibleSize, one(LayerPlan(filters: 8), encoder: EncoderPlan(colour: [])),
    "encoder.colour: no signals"),
  .size(
    .impossibleSize,
    one(
      LayerPlan(filters: 8), encoder: EncoderPlan(colour: [SignalSpec(source: .patch, window: 9, levels: 3)])),
    channels: 5,
    "encoder.colour: 1215 bits", "at most 1024"),
  .size(
    .impossibleSize, one(LayerPlan(filters: 8, head: HeadPlan(grid: 6))), width: 9, height: 5,
    "layers[0].head.grid: 6", "9×5", "1...5"),
  .size(
    .impossibleSize,
    TrainingPlan(name: "a", layers: [LayerPlan(filters: 8, reduction: .or), LayerPlan(filters: 8)]), width: 5,
    height: 5,
    "layers[1].head.grid: 4", "3×3", "1...3"),
  .size(
    .impossibleSize, one(LayerPlan(filters: 8, reduction: .majority, head: HeadPlan(grid: 1))), width: 1,
    height: 1,
    "layers[0].reduction: majority", "none"),
  .size(
    .impossibleSize, TrainingPlan(name: "a", layers: [LayerPlan(filters: 4096), LayerPlan(filters: 8)]),
    "layers[1].window: 3×3 × 8192 bits", "73728 bits", "1152 words", "at most 1023 words", "window 1...2"),
  .size(
    .tooLittleMemory, one(LayerPlan(filters: 4096)), memory: 1 << 27,
    "layers[0].filters: more filters than memory: 4096",
    "the limit is 128 MiB", "allowed: 1...2761"),
  .size(.tooLittleMemory, small, memory: 1000, "the images: 10 classes", "1000 bytes", "fewer classes"),
  .size(.tooLittleMemory, small, memory: .min, "the limit is 0 bytes"),
  .size(.tooLittleMemory, small, memory: 200_000, "layers[0].filters", "allowed: none"),
  .set(.badAssignment, ["layers.0.filters"], "no '='"),
  .set(.badAssignment, ["=3"], "empty key"),
  .set(.badAssignment, ["layers..filters=3"], "empty key"),
  .set(.badAssignment, ["layers.2.filters=3"], #"layers.2: "2" is not a position"#, "0...1"),
  .set(.badAssignment, ["layers.-1.filters=3"], "is not a position", "0...1"),
  .set(.badAssignment, ["layers.x=3"], "layers.x", "0...1, or *"),
  .set(.badAssignment, ["encoder.grey=[]", "encoder.grey.0.levels=3"], "the list is empty"),
  .set(.badAssignment, ["name.first=3"], "name.first", "a single value"),
  .set(.unknownKey, ["layers.1.filtres=3"], "layers[1].filtres", "did you mean 'filters'?"),
  .set(.unknownKey, ["heads.0.grid=3"], "heads: unknown key"),
  .set(.wrongType, ["layers.1.filters=many"], #"layers[1].filters: "many""#, "1...4096"),
  .set(.wrongType, ["layers.1.filters="], #"layers[1].filters: """#, "1...4096"),
  .set(.wrongType, ["layers.1.head.rate=0x1p-1"], "layers[1].head.rate", "0.001...4"),
  .set(.wrongType, ["layers.1.head.rate=nan"], "layers[1].head.rate", "0.001...4"),
  .set(.wrongType, ["layers.1.head=3"], "layers[1].head", "grid, span, counts"),
  .set(.wrongType, ["encoder.pyramid=yes"], "encoder.pyramid", "true or false"),
  .set(.outOfRange, ["layers.*.head.grid=17"], "layers[0].head.grid: 17", "1...16"),
  .set(.outOfRange, ["layers.1.thresholds=half,"], "layers[1].thresholds[1]"),
  .set(
    .outOfRange, ["layers.1.thresholds=half,median,half,half,half,half,half,half,half"],
    "layers[1].thresholds: a list of 9"),
  .set(.contradiction, ["layers.0.learner=split", "layers.0.start=cluster"], "layers[0].start: cluster"),
  .set(.notJSON, ["layers=[{]"], "layers is not a JSON text"),
  Mistake(.unknownPlan, #""quik""#, "did you mean 'quick'?", "tiny, quick, standard, best") {
    () throws(TrainingPlanError) in
    _ = try TrainingPlan.named("quik")
  },
]

@Suite struct PlanErrorTests {
  @Test(arguments: mistakes)
  func mistakeIsNamedInOneLine(_ wanted: Mistake) throws {
    let error = try #require(mistake(wanted.make))
    #expect(error.code == wanted.code, "\(error)")
    for part in wanted.says { #expect(error.message.contains(part), "\(error)") }
    #expect(!error.message.contains { $0.isNewline })
    #expect(error.message.utf8.count < 600)
    #expect(error.description == error.message)
  }

  @Test func everyCodeIsTested() {
    #expect(Set(mistakes.map(\.code)) == Set(TrainingPlanError.Code.allCases))
  }

  @Test func jsonErrorsKeepTheirCause() {
    #expect(mistake { () throws(TrainingPlanError) in _ = try read("{") }?.cause != nil)
    #expect(mistake { () throws(TrainingPlanError) in _ = try read("{}") }?.cause == nil)
  }
}
