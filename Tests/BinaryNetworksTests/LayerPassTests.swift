import BinaryNetworks
import BitKernels
import ImageEncoding
import Plumbing
import Testing
import _NetworkTestSupport

@Suite struct LayerPassTests {
  /// The distances of all tiles together are the reference's, in order, every row once.
  @Test(arguments: 0..<12 as Range<UInt64>) func tilesGiveTheDistances(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed, 0x6c61_79)
    let network = try randomNetwork(&random, RandomNetworkShape(layers: 1...1))
    let image = randomImage(&random, network.shape)
    let forward = ForwardPass(network: network)
    forward.run(image.span, scores: false, features: false)
    let pass = forward.layers[0]
    let bank = pass.bank
    var found: [[Int]] = []
    var nextRow = 0
    pass.forEachTile { rows, distances in
      #expect(rows.lowerBound == nextRow && distances.count == rows.count * pass.input.width * bank.stride)
      nextRow = rows.upperBound
      for p in 0..<rows.count * pass.input.width {
        found.append((0..<bank.count).map { Int(distances[p * bank.stride + $0]) })
      }
    }
    #expect(nextRow == pass.input.height)
    #expect(found == ReferenceNetwork.run(network, image).distances[0])
  }

  @Test func bankKnowsItsShape() {
    var bank = FilterBank(window: 3, input: ChannelLayout(groups: [65, 3]), count: 33)
    #expect(bank.features == [FilterFeature(Array(repeating: 0, count: 33), side: .near, use: .both)])
    bank.features = FeatureUse.allCases.map { FilterFeature(bank.features[0].thresholds, use: $0) }
    #expect(bank.stride == 64)
    #expect(bank.patchWords == 27)
    #expect(bank.patchBits == 9 * 68)
    #expect(bank.filters.count == 27 * 64)
    #expect(bank.output == ChannelLayout(groups: [33, 33]))
    #expect(bank.countedFeatures.map(\.use) == [.both, .head])
    #expect(bank.mask(32) == Array(repeating: [~0, 1, 7], count: 9).flatMap { $0 })
  }

  /// score = (bias + Σ weight · count) · 2^16 / 2^scale, rounded down.
  @Test(arguments: [
    (0, [Int64(-7) << 16, 7 << 16]), (16, [-7, 7]), (17, [-4, 3]), (18, [-2, 1]), (40, [-1, 0]),
  ]) func scoresRoundDown(scale: Int, expected: [Int64]) {
    let head = LinearHead(
      grid: 1, counts: .plain, classes: 2, weights: [-2, 1, 2, -1], bias: [-4, 4], scale: scale)
    let counts: [Int32] = [2, 1]
    #expect(head.scores(counts.span) == expected)
  }
}
