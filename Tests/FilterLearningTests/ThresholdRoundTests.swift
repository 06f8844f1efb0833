// Thresholds and standard deviations against sorted distances.

import BinaryNetworks
import CountingRounds
import Foundation
import ImageData
import Plumbing
import Testing

@testable import FilterLearning

/// A bank of random filters, a third of them with random masks if wanted.
func randomBank(_ stack: FrozenStack, filters: Int, masked: Bool = false, seed: UInt64 = 8) -> FilterBank {
  var bank = stack.emptyBank(filters: filters)
  var generator = SeededGenerator(seed: seed)
  let valid = FilterBank.validBits(window: bank.window, input: bank.input)
  var masks = [UInt64](repeating: 0, count: bank.filters.count)
  for k in 0..<filters {
    for j in valid.indices {
      let mask = k % 3 == 1 ? generator.next() & valid[j] : valid[j]
      masks[j * bank.stride + k] = mask
      bank.filters[j * bank.stride + k] = generator.next() & (masked ? mask : valid[j])
    }
  }
  if masked { bank.masks = masks }
  return bank
}

/// Distances of every filter to every patch of an image, filter by filter.
func plainDistances(_ stack: FrozenStack, _ bank: FilterBank, _ images: LabelledImages, _ index: Int)
  -> [[Int]]
{
  let patches = plainPatches(stack, images, index)
  return (0..<bank.count).map { k in
    let filter = bits(bank.filter(k)), mask = bits(bank.mask(k))
    return patches.map { patch in patch.indices.count { mask[$0] && patch[$0] != filter[$0] } }
  }
}

@Suite struct ThresholdRoundTests {
  @Test(arguments: [(8, 8, false), (7, 5, true), (1, 1, false), (3, 20, true)])
  func quantilesAreThoseOfSortedDistances(width: Int, height: Int, masked: Bool) throws {
    // Up to 64 positions an image: all of them are looked at.
    let images = try TinyDatasets.stripes(10, width: width, height: height, channels: 3)
    let stack = try images.stack()
    let bank = randomBank(stack, filters: 9, masked: masked)
    let round = ThresholdRound(stack: stack, bank: bank, trainingImages: 10)
    let all = (0..<10).map { plainDistances(stack, bank, images, $0) }
    let sorted = (0..<9).map { k in all.flatMap { $0[k] }.sorted() }
    let state = LocalEngine(shards: images.shards(), threads: 1).run(round, state: Tally())
    for (shards, threads) in [(1, 2), (1, 7), (2, 1), (3, 2), (9, 3)] {
      let other = LocalEngine(shards: images.shards(shards), threads: threads).run(round, state: Tally())
      #expect(other == state, "\(shards) shards, \(threads) threads")
    }
    #expect(
      round.thresholds(.half, .near, from: state)
        == (0..<9).map { k in UInt16(bits(bank.mask(k)).count { $0 } / 2) }
    )
    #expect(round.thresholds(.half, .far, from: state) == round.thresholds(.half, .near, from: state))
    for ppm in [1, 50_000, 100_000, 250_000, 500_000, 900_000, 1_000_000] {
      let expected = sorted.map { distances in
        UInt16(distances[(distances.count * ppm + 999_999) / 1_000_000 - 1])
      }
      #expect(round.thresholds(.quantile(partsPerMillion: ppm), .near, from: state) == expected, "\(ppm)")
      let fromTheEnd = sorted.map { distances in
        UInt16(distances[distances.count - (distances.count * ppm + 999_999) / 1_000_000])
      }
      #expect(
        round.thresholds(.quantile(partsPerMillion: ppm), .far, from: state) == fromTheEnd, "far \(ppm)")
    }
    for (k, spread) in round.spreads(from: state).enumerated() {
      let n = Double(sorted[k].count)
      let mean = Double(sorted[k].reduce(0, +)) / n
      let variance = sorted[k].reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
      #expect(abs(Double(spread) - max(128, 256 * variance.squareRoot())) <= 1.01)
    }
  }

  @Test func longPatchesShareBins() throws {
    // 7 × 7 positions of 128 bits: 6,272 bits, so two distances share a bin.
    let images = try TinyDatasets.stripes(3, width: 6, height: 6, channels: 2)
    let stack = try images.stack(window: 7, levels: 64)
    let bank = randomBank(stack, filters: 3)
    #expect(bank.patchBits == 6_272)
    let round = ThresholdRound(stack: stack, bank: bank, trainingImages: 3)
    let state = LocalEngine(shards: images.shards(), threads: 1).run(round, state: Tally())
    #expect(state["histogram"].count == 3 * 3_137)
    let found = round.thresholds(.quantile(partsPerMillion: 300_000), .near, from: state)
    let all = (0..<3).map { plainDistances(stack, bank, images, $0) }
    for k in 0..<3 {
      let sorted = all.flatMap { $0[k] }.sorted()
      let exact = sorted[(sorted.count * 3 + 9) / 10 - 1]
      // The upper end of the bin, the lower one on the far side: never below the wanted share.
      #expect(Int(found[k]) == exact | 1)
      let far = sorted[sorted.count - (sorted.count * 3 + 9) / 10]
      #expect(Int(round.thresholds(.quantile(partsPerMillion: 300_000), .far, from: state)[k]) == far & ~1)
    }
  }

  @Test func manyPositionsAreSampled() throws {
    let images = try TinyDatasets.stripes(4, width: 20, height: 20)
    let stack = try images.stack()
    let round = ThresholdRound(stack: stack, bank: randomBank(stack, filters: 2), trainingImages: 4)
    let state = LocalEngine(shards: images.shards(), threads: 1).run(round, state: Tally())
    let bins = state["histogram"].count / 2
    for k in 0..<2 { #expect(state["histogram"][k * bins..<(k + 1) * bins].reduce(0, +) == 4 * 64) }
    // One image in four of 40,000, by its place in the set.
    let few = ThresholdRound(stack: stack, bank: randomBank(stack, filters: 2), trainingImages: 40_000)
    let one = LocalEngine(shards: images.shards(), threads: 1).run(few, state: Tally())
    #expect(one["histogram"].reduce(0, +) == 2 * 64)
  }

  @Test func spreadOfExtremes() {
    #expect(spread(n: 0, sum: 0, squares: 0) == 128)
    #expect(spread(n: 5, sum: 5, squares: 5) == 128)
    // Half of 2^31 distances are 65,535, the others 0.
    let (n, distance) = (Int64(1) << 31, Int64(65_535))
    #expect(spread(n: n, sum: n / 2 * distance, squares: n / 2 * distance * distance) == 65_535 * 128)
  }
}
