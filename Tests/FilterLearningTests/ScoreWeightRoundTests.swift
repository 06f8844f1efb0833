// Weights of scores chosen by counting, against sums made image by image.

import BinaryNetworks
import CountingRounds
import ImageData
import Testing

@testable import FilterLearning

@Suite struct ScoreWeightRoundTests {
  private let images: LabelledImages
  private let network: Network

  init() throws {
    images = try TinyDatasets.stripes(83, classes: 3, width: 9, height: 7)
    network = try Self.balanced(EvaluationRoundTests.network(images, firstHasHead: true), images)
  }

  /// The network with biases that make the mean score of every class zero in each layer, so that answers depend on images.
  private static func balanced(_ network: Network, _ images: LabelledImages) throws -> Network {
    var balanced = network
    let pass = ForwardPass(network: network)
    for layer in network.layers.indices {
      let head = try #require(network.layers[layer].head)
      var sums = [Int64](repeating: 0, count: head.classes)
      for index in 0..<images.count {
        images.withPixels(of: index) { pass.run($0, scores: true, features: false) }
        for (c, score) in (pass.scores(ofLayer: layer) ?? []).enumerated() { sums[c] += score }
      }
      // Scores have two fractional bits more than these heads.
      for c in sums.indices { balanced.layers[layer].head?.bias[c] -= sums[c] / Int64(images.count) / 4 }
    }
    return balanced
  }

  private func counted(_ network: Network, shards: Int = 1, threads: Int = 1) -> Tally {
    LocalEngine(shards: images.shards(shards), threads: threads)
      .run(ScoreWeightRound(network: network), state: Tally())
  }

  /// Whatever layer's scores are the larger ones.
  @Test func countsAreThoseOfWeighedNetworks() {
    var different = 0
    for scale in [4, 8, 10, 12, 14] {
      var network = network
      network.layers[1].head?.scale = scale
      different = max(different, check(network))
    }
    #expect(different > 2)
  }

  /// Returns how many numbers of right answers there are.
  private func check(_ network: Network) -> Int {
    let rights = ScoreWeight.candidates.map { weight in
      var weighed = network
      weighed.weighScores(weight)
      let pass = ForwardPass(network: weighed)
      return (0..<images.count).count { index in
        images.withPixels(of: index) { highest(pass.answer($0).scores) } == Int(images.labels[index])
      }
    }
    // Sums that round otherwise may decide between equals, which hardly any image has.
    for (right, count) in zip(rights, counted(network)["weights"]) { #expect(abs(right - Int(count)) <= 1) }
    return Set(rights).count
  }

  @Test func shardsAndThreadsDoNotShow() throws {
    let whole = counted(network)
    for (shards, threads) in [(1, 3), (4, 2), (83, 5)] {
      #expect(counted(network, shards: shards, threads: threads) == whole)
    }
    let round = ScoreWeightRound(network: network)
    let again = try RoundRegistry.round(RoundSpec(kind: ScoreWeightRound.kind, settings: round.described()))
    #expect((again as? ScoreWeightRound)?.network == network)
    try round.check(total: whole, shards: 1)
  }

  /// The most right answers win; among equals the weight nearest to 1.
  @Test(
    arguments: [
      ([5, 5, 5, 5, 5, 5, 5, 5, 5], 0), ([4, 5, 5, 4, 4, 4, 4, 4, 4], 1), ([4, 4, 5, 5, 4, 4, 4, 4, 5], -1),
      ([0, 0, 0, 0, 0, 0, 0, 0, 1], -4),
    ] as [([Int64], Int)])
  func theBestWeightIsTaken(rights: [Int64], halvings: Int) {
    #expect(ScoreWeightRound.choice(Tally(["weights": rights])).halvings == halvings)
  }

  @Test func aNetworkOfOneLayerIsRefused() {
    var one = network
    one.layers.removeLast()
    let described = Tally(["network": one.settings])
    let error = #expect(throws: RoundError.self) { try ScoreWeightRound(described: described) }
    #expect(error?.description.contains("of one layer") == true)
  }
}
