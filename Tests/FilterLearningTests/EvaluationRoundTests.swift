// Evaluation by counting against predictions one by one.

import BinaryNetworks
import CountingRounds
import Foundation
import ImageData
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct EvaluationRoundTests {
  /// Two layers with random heads, or the first without one.
  static func network(_ images: LabelledImages, firstHasHead: Bool) throws -> Network {
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
    bank.features = [FilterFeature(Array(repeating: UInt16(bank.patchBits / 2), count: bank.count))]
    network.layers.append(NetworkLayer(bank: bank, reduction: .none, head: head(5, .soft)))
    return network
  }

  @Test(arguments: [true, false]) func countsPredictionsOneByOne(firstHasHead: Bool) throws {
    let images = try TinyDatasets.stripes(23, classes: 3, width: 9, height: 7)
    let network = try Self.network(images, firstHasHead: firstHasHead)
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
    let expected = Tally([
      "alone": alone, "sum": sum, "confusion": confusion, "stops": [0, 23], "images": [23],
    ])
    for (shards, threads) in [(1, 1), (1, 2), (1, 3), (1, 7), (2, 1), (5, 2), (9, 3), (23, 7)] {
      let state = LocalEngine(shards: images.shards(shards), threads: threads)
        .run(EvaluationRound(network: network), state: Tally())
      #expect(state == expected, "\(shards) shards, \(threads) threads")
    }
  }

  @Test func countsOfSharesAreThoseOfRealNumbers() throws {
    let images = try TinyDatasets.stripes(41, classes: 3, width: 9, height: 7)
    let network = try Self.network(images, firstHasHead: true)
    let temperatures = [4096, 70_000, 1 << 20].compactMap(Temperature.init)
    let round = EvaluationRound(network: network, temperatures: temperatures)
    let state = LocalEngine(shards: images.shards(1), threads: 1).run(round, state: Tally())
    for (shards, threads) in [(1, 3), (4, 2), (41, 7)] {
      #expect(
        LocalEngine(shards: images.shards(shards), threads: threads).run(round, state: Tally()) == state)
    }
    let found = CalibrationCounts.all(temperatures, in: state)
    #expect(found.map(\.temperature) == temperatures)
    let pass = ForwardPass(network: network)
    for counts in found {
      var loss = 0.0
      var (right, share) = (Array(repeating: 0.0, count: 10), Array(repeating: 0.0, count: 10))
      for index in 0..<images.count {
        images.withPixels(of: index) { pass.run($0, scores: true, features: false) }
        let scores = pass.summedScores()
        let label = Int(images.labels[index])
        let answer = highest(scores)
        let powers = scores.map { exp2(Double($0 - scores[answer]) / Double(counts.temperature.value)) }
        let sum = powers.reduce(0, +)
        loss -= log2(powers[label] / sum)
        let bin = min(9, Int(10 / sum))
        share[bin] += 1 / sum
        if answer == label { right[bin] += 1 }
      }
      let error = zip(right, share).reduce(0) { $0 + abs($1.0 - $1.1) } / 41
      #expect(abs(Double(counts.meanLoss) - 1_000_000 * loss / 41) < 70)
      #expect(abs(Double(counts.calibrationError) - 1_000_000 * error) < 30)
      #expect(counts.images == 41)
    }
    let least = found.min { $0.loss < $1.loss }
    #expect(CalibrationCounts.best(found) == least)
  }

  @Test func ofEqualLossesTheLargestTemperatureIsTheBest() throws {
    let images = try TinyDatasets.stripes(5, classes: 3, width: 9, height: 7)
    var network = try Self.network(images, firstHasHead: false)
    // Without heads all scores are 0, so every temperature makes even shares.
    for layer in network.layers.indices { network.layers[layer].head = nil }
    let temperatures = Temperature.candidates.shuffled()
    let state = LocalEngine(shards: images.shards(1), threads: 1)
      .run(EvaluationRound(network: network, temperatures: temperatures), state: Tally())
    let all = CalibrationCounts.all(temperatures, in: state)
    #expect(Set(all.map(\.loss)).count == 1)
    #expect(CalibrationCounts.best(all)?.temperature == Temperature.candidates.last)
    #expect(CalibrationCounts.all(temperatures, in: Tally()).isEmpty && CalibrationCounts.best([]) == nil)
    let none = EvaluationRound(network: network, temperatures: temperatures)
      .map(ImageShard(images: images, indices: []), state: Tally(), threads: 1)
    let counts = try #require(CalibrationCounts.best(CalibrationCounts.all(temperatures, in: none)))
    #expect(counts.meanLoss == 0 && counts.calibrationError == 0 && counts.images == 0)
  }

  @Test func descriptionsKeepTheTemperatures() throws {
    let images = try TinyDatasets.stripes(3, classes: 3, width: 9, height: 7)
    let network = try Self.network(images, firstHasHead: true)
    let round = EvaluationRound(network: network, temperatures: Temperature.candidates)
    let spec = RoundSpec(kind: EvaluationRound.kind, settings: round.described())
    let again = try #require(try RoundRegistry.round(spec) as? EvaluationRound)
    #expect(again.temperatures == Temperature.candidates && again.network == network)
    for value in [0, -1, 1 << 31] as [Int64] {
      var settings = round.described()
      settings["temperatures"] = [70_000, value]
      let error = #expect(throws: RoundError.self) { try EvaluationRound(described: settings) }
      #expect(error.map { "\($0)" }?.contains("\(value)") == true)
    }
  }

  @Test func highestIsTheFirstOfEquals() {
    #expect(highest([3, 9, 9, 1]) == 1)
    #expect(highest([5, 5]) == 0)
    #expect(highest([.min, .min, .max, .max]) == 2)
    #expect(highest([]) == 0)
  }
}
