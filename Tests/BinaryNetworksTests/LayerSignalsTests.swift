// Layers that look at some signals of the image: what they see, their files, and the weights of scores.
// ForwardPassTests compares such networks with the reference.

import BitKernels
import ImageEncoding
import Plumbing
import Testing
import _NetworkTestSupport

@testable import BinaryNetworks

@Suite struct LayerSignalsTests {
  /// Three signals of 6, 5 and 4 bits, each a channel group of its own; a layer for each list of signals.
  private func model(_ signals: [[Int]?]) throws -> Model {
    let kinds = [(3, 2), (5, 1), (2, 2)].map { components, levels in
      SignalSpec(source: .components, window: 3, levels: levels, components: components)
    }
    var random = SeededGenerator(seed: 4)
    let factors = (0..<10).map { _ in (0..<9).map { _ in Int16(random.pick(-9...9)) } }
    let encoder = try ImageEncoder(
      spec: EncoderSpec(signals: kinds, pyramid: true), shape: ImageShape(width: 7, height: 5, channels: 1),
      pyramidLevels: 2,
      thresholds: Array(
        repeating: kinds.flatMap { kind in
          (0..<kind.components).map { _ in (0..<kind.levels).map { Int32(30 * $0 - 10) } }
        }, count: 2), whitening: WhiteningFilters(factors: [factors, factors]))
    var network = Network(encoder: encoder, layers: [], classNames: ["a", "b", "c"])
    for (index, signals) in signals.enumerated() {
      let input = signals.map { network.image($0) } ?? network.input(ofLayer: index)
      let bank = randomBank(&random, window: 1, input: input.layout, count: 9)
      let weights = (0..<3 * 4 * bank.countsPerCell).map { _ in Int16(random.pick(-900...900)) }
      network.layers.append(
        NetworkLayer(
          bank: bank, signals: signals, reduction: index == 0 ? .or : .none,
          head: LinearHead(
            grid: 2, counts: .soft, classes: 3, weights: weights, bias: [3, 1, -7], scale: 20)))
    }
    return Model(network: network, plan: "{}", seed: 1, dataDigest: 2, summary: "{}")
  }

  private func refusal(_ file: ModelFileBytes) -> String? {
    do throws(ModelFileError) {
      _ = try Model(encoded: file.file, path: nil)
      return nil
    } catch { return error.message }
  }

  @Test func aLayerSeesItsSignalsInTheWholeImage() throws {
    let network = try model([[1], nil, [0, 2], [0, 1, 2]]).network
    let inputs = network.layers.indices.map { network.input(ofLayer: $0) }
    #expect(inputs.map(\.isImage) == [true, false, true, true])
    #expect(inputs.map(\.signals) == [[1], nil, [0, 2], [0, 1, 2]])
    #expect(inputs.map(\.height) == [5, 3, 5, 5] && inputs.map(\.level) == [0, 1, 0, 0])
    #expect(inputs[0].layout.groups == [5] && inputs[2].layout.groups == [6, 4])
    // Behind the reduction the whole image joins the features, at half the size.
    #expect(Array(inputs[1].layout.groups.suffix(3)) == [6, 5, 4])
    // 35 positions see 5 numbers of 9 pixels, then 5, then 10; 12 positions all 10.
    #expect(network.work.encoderMultiplyAdds == 9 * (35 * (5 + 5 + 10) + 12 * 10))
  }

  /// Beside other layers a layer says what it says alone.
  @Test func layersBesideEachOtherDoNotMeet() throws {
    let network = try model([[1], nil, [0, 2], [0, 1, 2]]).network
    var random = SeededGenerator(seed: 5)
    let pass = ForwardPass(network: network)
    for _ in 0..<5 {
      let image = randomImage(&random, network.shape)
      pass.run(image.span, scores: true, features: false)
      for index in [2, 3] {
        var alone = network
        alone.layers = [network.layers[index]]
        let other = ForwardPass(network: alone)
        other.run(image.span, scores: true, features: false)
        #expect(pass.scores(ofLayer: index) == other.scores(ofLayer: 0))
      }
    }
  }

  @Test func filesComeBack() throws {
    for signals in [[[1]], [[0, 2], [0, 1, 2]], [nil, [1]], [[2], nil, [0], nil]] as [[[Int]?]] {
      let made = try model(signals)
      let file = ModelFileBytes(made.encoded())
      #expect(file.version == 7)
      #expect(try Model(encoded: file.file, path: nil) == made)
      var older = file
      older.version = 6
      #expect(refusal(older)?.contains("needs version 7") == true)
    }
    #expect(ModelFileBytes(try model([nil, nil]).encoded()).version < 7)
  }

  /// Behind window, filters, features and flags: the number of signals, then each.
  @Test(
    arguments: [
      ([0, 0], "the number of signals is 0, but it is 1 to 3"),
      ([4, 0], "the number of signals is 4, but it is 1 to 3"),
      ([2, 0, 2, 0, 0, 0], "the signals [2, 0] do not ascend"),
      ([2, 0, 1, 0, 1, 0], "the signals [1, 1] do not ascend"),
      ([2, 0, 0, 0, 3, 0], "are not all below 3"),
      ([2, 0, 0, 0, 1, 0], "channel groups [6, 4], but before the layer are [6, 5]"),
    ] as [([UInt8], String)])
  func whatCannotBeSeenIsRefused(value: [UInt8], message: String) throws {
    var file = ModelFileBytes(try model([[0, 2]]).encoded())
    #expect(Array(file["LAYR"][5..<11]) == [2, 0, 0, 0, 2, 0])
    file["LAYR"].replaceSubrange(5..<5 + value.count, with: value)
    let found = refusal(file)
    #expect(found?.contains(message) == true, "\(found ?? "accepted")")
  }

  @Test func aFirstLayerThatSeesAllDoesNotSaySo() throws {
    let file = ModelFileBytes(try model([[0, 1, 2]]).encoded())
    #expect(refusal(file)?.contains("a first layer that looks at all signals does not name them") == true)
  }

  /// What a weight does to scores is what its sum says, but for rounding.
  @Test(arguments: ScoreWeight.candidates) func weightsOfScoresAreSmallerUnits(weight: ScoreWeight) throws {
    let network = try model([[1], [0, 2]]).network
    var weighed = network
    weighed.weighScores(weight)
    #expect(weighed.layers.map(\.bank) == network.layers.map(\.bank))
    var random = SeededGenerator(seed: 6)
    let (before, after) = (ForwardPass(network: network), ForwardPass(network: weighed))
    for _ in 0..<5 {
      let image = randomImage(&random, network.shape)
      for pass in [before, after] { pass.run(image.span, scores: true, features: false) }
      let (first, last) = (before.scores(ofLayer: 0) ?? [], before.scores(ofLayer: 1) ?? [])
      for (expected, found) in zip(zip(first, last).map { weight.sum($0, $1) }, after.summedScores()) {
        #expect((expected - found).magnitude <= 1)
      }
    }
  }
}
