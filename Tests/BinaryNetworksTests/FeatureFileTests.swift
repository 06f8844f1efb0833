// Layers of several features in model files: what version 5 says of them, and what it may not say.

import BinaryNetworks
import BitKernels
import Foundation
import Plumbing
import Testing
import _NetworkTestSupport
import _TestSupport

@Suite struct FeatureFileTests {
  private typealias Kind = (FeatureSide, FeatureUse)

  /// A model of two layers, the features of the first as they are asked for.
  private func model(_ kinds: [(FeatureSide, FeatureUse)], seed: UInt64 = 1) throws -> Model {
    var random = SeededGenerator(seed: seed, 0x6665_6174)
    var model = try randomModel(seed: seed, .tiny)
    var network = model.network
    network.layers = []
    for index in 0..<2 {
      var bank = randomBank(
        &random, window: 2, input: network.input(ofLayer: index).layout, count: 3, features: 1...1)
      bank.distanceKind = .plain
      bank.masks = nil
      let thresholds = bank.features[0].thresholds
      bank.features = (index == 0 ? kinds : [(.near, .both)]).enumerated().map { g, kind in
        FilterFeature(thresholds.map { $0 + UInt16(g) }, side: kind.0, use: kind.1)
      }
      let head = LinearHead(
        grid: 1, counts: .plain, classes: network.classNames.count,
        weights: (0..<network.classNames.count * bank.countsPerCell).map { Int16($0) - 3 },
        bias: network.classNames.map { _ in 0 }, scale: 3)
      network.layers.append(NetworkLayer(bank: bank, reduction: .none, head: head))
    }
    model.network = network
    return model
  }

  @Test func onlyFeaturesThatAreNotPlainAreDescribed() throws {
    let plain: [[Kind]] = [[(.near, .both)], [(.near, .both), (.near, .next)]]
    for kinds in plain {
      let file = ModelFileBytes(try model(kinds).encoded())
      #expect(file.version < 5 && file["LAYR"][3] == UInt8(kinds.count) && file["LAYR"][4] == 0)
    }
    let others: [([Kind], [UInt8])] = [
      ([(.far, .both)], [1, 0]), ([(.near, .both), (.near, .both)], [0, 0, 0, 0]),
      ([(.near, .head), (.far, .next)], [0, 1, 1, 2]),
      ([(.near, .next), (.near, .both)], [0, 2, 0, 0]),
      (Array(repeating: (.far, .both), count: 8), Array(repeating: [1, 0], count: 8).flatMap { $0 }),
    ]
    for (kinds, bytes) in others {
      let made = try model(kinds)
      let file = ModelFileBytes(made.encoded())
      #expect(file.version == 5 && file["LAYR"][3] == UInt8(kinds.count) && file["LAYR"][4] == 8)
      #expect(Array(file["LAYR"][5..<5 + bytes.count]) == bytes)
      #expect(try Model(encoded: file.file, path: nil) == made)
      for version in 1...4 as ClosedRange<UInt16> {
        var older = file
        older.version = version
        let message = refusal(older)
        #expect(
          message?.contains("format version \(version) at byte 8, but its network needs version 5") == true,
          "\(message ?? "accepted")")
      }
    }
  }

  /// Bytes of the first layer from a place on, of a near feature for the head and a far one for the next layer.
  @Test(
    arguments: [
      (3, [0], "the number of features a filter is 0, but it is 1 to 8"),
      (3, [9], "the number of features a filter is 9, but it is 1 to 8"),
      (3, [3, 0], "3 features a filter, which are not described"), (3, [8, 1], "8 features a filter"),
      (4, [60], "the flags is 60"), (4, [4], "the flags are 4, which stands for no distances"),
      (5, [2], "a feature's side is 2"), (6, [3], "a feature's use is 3"),
      (8, [0xff], "a feature's use is 255"),
      (5, [0, 0, 0, 2], "plain features are not described"),
      (5, [0, 2, 1, 2], "there is a head, but no feature that it counts"),
      (5, [0, 1, 1, 1], "the layer before hands on no features"),
    ] as [(Int, [UInt8], String)])
  func refusesFeatures(offset: Int, value: [UInt8], message: String) throws {
    var file = ModelFileBytes(try model([(.near, .head), (.far, .next)]).encoded())
    if value == [0, 1, 1, 1] {
      // Both features are counted: the head has as many weights again.
      file = ModelFileBytes(try model([(.near, .head), (.far, .both)]).encoded())
    }
    #expect(refusal(file) == nil)
    file["LAYR"].replaceSubrange(offset..<offset + value.count, with: value)
    let found = refusal(file)
    #expect(found?.contains(message) == true, "\(found ?? "accepted")")
    #expect(found?.contains("section LAYR, byte ") == true)
  }

  @Test func theLastLayerNeedsNothingForANext() throws {
    var made = try model([(.far, .head), (.near, .head)])
    made.network.layers.removeLast()
    let again = try Model(encoded: made.encoded(), path: nil)
    #expect(again == made)
    let pass = ForwardPass(network: again.network)
    pass.run([UInt8](repeating: 77, count: again.network.shape.pixels).span, scores: true, features: true)
    #expect(pass.output.words == 0)
  }

  /// The golden file of version 5: written once, read by every later Tally, with scores that never change.
  @Test func goldenFeaturesKeepTheirScores() throws {
    let url = try #require(
      Bundle.module.url(forResource: "golden-5", withExtension: "tally", subdirectory: "Fixtures"))
    let bytes = try readFile(url.path, limit: 1 << 20)
    #expect(ModelFileBytes(bytes).version == 5)
    let model = try Model(encoded: bytes, path: nil)
    let features = model.network.layers.map(\.bank.features)
    #expect(features.map { $0.map(\.side) } == [[.near, .far, .near, .far], [.far, .near]])
    #expect(features.map { $0.map(\.use) } == [[.both, .head, .next, .both], [.both, .head]])
    let pass = ForwardPass(network: model.network)
    let pixels = (0..<model.network.shape.pixels).map {
      UInt8(truncatingIfNeeded: $0 &* $0 &* 37 &+ 11 &* $0)
    }
    pass.run(pixels.span, scores: true, features: true)
    #expect(pass.scores(ofLayer: 0) == [21_781_248, -7_746_432, 54_289_792])
    #expect(pass.scores(ofLayer: 1) == [6_431_744, 4_059_520, 447_232])
    #expect(ReferenceNetwork.run(model.network, pixels).scores == (0..<2).map { pass.scores(ofLayer: $0) })
    #expect(model.encoded() == bytes)
  }

  private func refusal(_ file: ModelFileBytes) -> String? {
    do throws(ModelFileError) {
      _ = try Model(encoded: file.file, path: "m.tally")
      return nil
    } catch { return error.message }
  }
}
