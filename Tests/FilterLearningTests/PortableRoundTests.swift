// What rounds look like on the wire: names and numbers that never change, and descriptions that are refused.

import BinaryNetworks
import CountingRounds
import ImageData
import ImageEncoding
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct PortableRoundTests {
  @Test func namesNeverChange() {
    #expect(
      RoundName.allCases.map(\.rawValue) == [
        "whitening", "encoding", "pool", "cluster", "split", "thresholds", "refine", "evaluation", "exits",
        "weights",
      ])
    for name in RoundName.allCases { #expect(name.round.kind == name.rawValue) }
    let unknown = RoundSpec(kind: "guess", settings: Tally())
    let error = #expect(throws: RoundError.self) { try RoundRegistry.round(unknown) }
    #expect(error?.message == "there is no round 'guess'; take the same Tally at both ends")
  }

  /// One signal of every kind, twice the image.
  private static let encoding = """
    544c5931 06000000
    0b00 696d616765537472696465 01 0100000000000000 01
    0600 6c6576656c73 01 0100000000000000 02
    0700 707972616d6964 01 0100000000000000 01
    0400 73656564 01 0100000000000000 fe
    0500 7368617065 01 0300000000000000 141003
    0700 7369676e616c73 01 0f00000000000000 000002 010304 020501 030303 040402
    395d6cecc161cd15
    """

  private func described(_ spec: EncoderSpec) throws -> Tally {
    try WhiteningRound(
      spec: spec, shape: ImageShape(width: 20, height: 16, channels: 3), levels: 2, seed: .max - 1,
      trainingImages: 9
    ).described()
  }

  @Test func anEncodingsBytesNeverChange() throws {
    let sources: [(SignalSource, Int, Int)] = [
      (.channels, 0, 2), (.mean, 3, 4), (.opponents, 5, 1), (.whitened, 3, 3), (.patch, 4, 2),
    ]
    let spec = EncoderSpec(
      signals: sources.map { SignalSpec(source: $0, window: $1, levels: $2) }, pyramid: true)
    let settings = try described(spec)
    let hex = settings.encoded().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
    #expect(hex == Self.encoding.filter { !$0.isWhitespace })
    let again = try #require(
      try RoundRegistry.round(RoundSpec(kind: "whitening", settings: settings)) as? WhiteningRound)
    #expect(again.empty.spec == spec && again.described() == settings)
    for code in [6, -1, .max] as [Int64] {
      var wrong = settings
      wrong["signals"] = [code, 3, 4]
      let error = #expect(throws: RoundError.self) { try WhiteningRound(described: wrong) }
      #expect(error?.message.contains("\(code)") == true)
    }
  }

  /// Components travel beside the signals, and are checked as these are.
  @Test func componentsTravelBesideTheirSignals() throws {
    let spec = EncoderSpec(
      signals: [
        SignalSpec(source: .mean, window: 0, levels: 2),
        SignalSpec(source: .components, window: 3, levels: 4, components: 5),
      ], pyramid: true)
    let settings = try described(spec)
    #expect(settings["components"] == [0, 5])
    let again = try #require(
      try RoundRegistry.round(RoundSpec(kind: "whitening", settings: settings)) as? WhiteningRound)
    #expect(again.empty.spec == spec && again.described() == settings)
    for components in [[0], [0, 0], [0, 27], [1, 5], [0, -1], [0, .max]] as [[Int64]] {
      var wrong = settings
      wrong["components"] = components
      #expect(throws: RoundError.self, "\(components)") { try WhiteningRound(described: wrong) }
    }
  }

  @Test(
    arguments: [(RefineRound.Phase.moments, 0), (.covariance, 1), (.learn, 2)],
    [(CountKind.plain, 0), (.soft, 1), (.root, 2)])
  func aRefinementsNumbersNeverChange(phase: (RefineRound.Phase, Int), counts: (CountKind, Int)) throws {
    let images = try TinyDatasets.stripes(16, classes: 2)
    var refinement = try TinyRefinement(images, filters: 3, sides: [.near, .far, .far]) {
      ($0.counts, $0.maskLevel, $0.onTopOfEarlierScores) = (counts.0, 9, true)
    }
    for g in 0..<3 { refinement.start.features[g].thresholds = [2, 3, 65_535].map { $0 - UInt16(g) } }
    let round = refinement.round(phase.0)
    let settings = round.described()
    let expected: [String: Int] = [
      "phase": phase.1, "counts": counts.1, "trainingImages": 16, "learnsFilters": 1, "batch": 16,
      "passes": 2,
      "mergesPerPass": 1, "shards": 1, "filterRate": 32_768, "nearness": 128, "wishes": 6_554,
      "momentumShift": 3, "maskLevel": 9, "grid": 2, "span": 1, "headRate": 13_107, "damping": 19_661,
      "boost": 1, "classes": 2, "salt": 1,
    ]
    var found = settings.arrays.filter { $0.key.hasPrefix("refine.") }
    #expect(found.removeValue(forKey: "refine.onRates") == [100_000, 150_000, 200_000])
    #expect(
      found == Dictionary(uniqueKeysWithValues: expected.map { ("refine." + $0.key, [Int64($0.value)]) }))
    #expect(settings["sides"] == [0, 1, 1] && settings["thresholds"].count == 9)
    let again = try #require(
      try RoundRegistry.round(RoundSpec(kind: "refine", settings: settings)) as? RefineRound)
    #expect(again.phase == round.phase && again.settings == round.settings && again.start == round.start)
    for (name, code) in [("phase", 3), ("counts", 3), ("counts", -1)] as [(String, Int64)] {
      var wrong = settings
      wrong["refine." + name] = [code]
      #expect(throws: RoundError.self, "\(name) \(code)") { try RefineRound(described: wrong) }
    }
    for (name, values) in [
      ("sides", [0, 1, 2]), ("sides", []), ("sides", [0, 1]), ("thresholds", [1, 2, 3]),
      ("refine.onRates", [0, 0]),
      ("refine.onRates", [0, -1, 0]), ("refine.onRates", [0, 0, 1_000_001]),
    ] as [(String, [Int64])] {
      var wrong = settings
      wrong[name] = values
      #expect(throws: RoundError.self, "\(name) \(values)") { try RefineRound(described: wrong) }
    }
  }
}
