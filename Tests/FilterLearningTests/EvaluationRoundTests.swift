// Evaluation by counting against predictions one by one.

import BinaryNetworks
import BitTensors
import CountingRounds
import ImageData
import Testing

@testable import FilterLearning

@Suite struct EvaluationRoundTests {
  /// Two layers with random heads, or the first without one.
  private func network(_ images: LabelledImages, firstHasHead: Bool) throws -> Network {
    var network = try images.stack(behindALayer: true).network
    var generator = SeededGenerator(seed: 21)
    func head(_ features: Int, _ counts: CountKind) -> LinearHead {
      let classes = images.classNames.count
      return LinearHead(
        grid: 2, counts: counts, classes: classes,
        weights: (0..<4 * features * classes).map { _ in Int16(generator.below(2001) - 1000) },
        bias: (0..<classes).map { _ in Int64(generator.below(1000)) }, scale: 14)
    }
    if firstHasHead { network.layers[0].head = head(70, .plain) }
    let stack = FrozenStack(network: network, window: 2, augmentation: .none, seed: 1)
    var bank = randomBank(stack, filters: 5)
    bank.thresholds[0] = bank.thresholds[0].map { _ in UInt16(bank.patchBits / 2) }
    network.layers.append(NetworkLayer(bank: bank, reduction: .none, head: head(5, .soft)))
    return network
  }

  @Test(arguments: [true, false]) func countsPredictionsOneByOne(firstHasHead: Bool) throws {
    let images = try TinyDatasets.stripes(23, classes: 3, width: 9, height: 7)
    let network = try network(images, firstHasHead: firstHasHead)
    var alone: [Int64] = [0, 0]
    var sum: [Int64] = [0, 0]
    var confusion = [Int64](repeating: 0, count: 9)
    let pass = ForwardPass(network: network)
    for index in 0..<images.count {
      images.withPixels(of: index) { pass.run($0, scores: true, features: false) }
      var scores = [Int64](repeating: 0, count: 3)
      let label = Int(images.labels[index])
      for layer in 0..<2 {
        let own = pass.scores(ofLayer: layer) ?? [0, 0, 0]
        for c in 0..<3 { scores[c] += own[c] }
        if own.firstIndex(of: own.max() ?? 0) == label { alone[layer] += 1 }
        if scores.firstIndex(of: scores.max() ?? 0) == label { sum[layer] += 1 }
      }
      #expect(scores == pass.summedScores())
      confusion[label * 3 + (scores.firstIndex(of: scores.max() ?? 0) ?? 0)] += 1
    }
    let expected = Tally(["alone": alone, "sum": sum, "confusion": confusion, "images": [23]])
    for (shards, threads) in [(1, 1), (1, 2), (1, 3), (1, 7), (2, 1), (5, 2), (9, 3), (23, 7)] {
      let state = LocalEngine(shards: images.shards(shards), threads: threads)
        .run(EvaluationRound(network: network), state: Tally())
      #expect(state == expected, "\(shards) shards, \(threads) threads")
    }
  }

  @Test func highestIsTheFirstOfEquals() {
    #expect(highest([3, 9, 9, 1]) == 1)
    #expect(highest([5, 5]) == 0)
    #expect(highest([.min, .min, .max, .max]) == 2)
    #expect(highest([]) == 0)
  }
}
