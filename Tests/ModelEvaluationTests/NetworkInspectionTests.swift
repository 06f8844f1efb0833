// Inspections against plain loops and hand-made filters.

import BinaryNetworks
import BitKernels
import Foundation
import ImageData
import Plumbing
import Testing

@testable import ModelEvaluation

@Suite struct NetworkInspectionTests {
  /// Filter 0 and its relatives: 1 the same, 2 opposite, 3 different only where masked, 4 with another threshold,
  /// 5 with another mask.
  private func relatedFilters() -> FilterBank {
    let input = ChannelLayout(groups: [70])
    var generator = SeededGenerator(seed: 5)
    var bank = randomBank(6, window: 2, input: input, generator: &generator)
    let valid = FilterBank.validBits(window: 2, input: input)
    let first = bank.filter(0)
    var mask = bank.mask(0)
    mask[0] &= ~0b1001
    let stride = bank.stride
    for w in valid.indices {
      let masked = w == 0 ? first[w] ^ 0b1001 : first[w]
      for (k, word) in [first[w], first[w], ~first[w] & valid[w], masked, first[w], first[w]].enumerated() {
        bank.filters[w * stride + k] = word
        bank.masks?[w * stride + k] = k == 5 && w == 0 ? mask[w] ^ 0b1000 : mask[w]
      }
    }
    bank.features = [[9, 9, 9, 9, 9, 9], [20, 20, 20, 20, 21, 20]].map { FilterFeature($0) }
    return bank
  }

  @Test func findsDuplicatesAndComplements() {
    let pairs = FilterPairs(relatedFilters(), threads: 1)
    #expect(pairs.duplicates == [(0, 1), (0, 3), (1, 3)].map(FilterPair.init(first:second:)))
    #expect(pairs.duplicatePairs == 3)
    #expect(pairs.complements == [(0, 2), (1, 2), (2, 3), (2, 4)].map(FilterPair.init(first:second:)))
    #expect(pairs.complementPairs == 4)
    #expect(pairs.agreement.pairs == 15)
    #expect(pairs.agreement.highest == 1)
  }

  @Test func listsNoMoreThanAHundredPairs() {
    let pairs = FilterPairs(FilterBank(window: 1, input: ChannelLayout(groups: [3]), count: 20), threads: 2)
    #expect(pairs.duplicatePairs == 190)
    #expect(pairs.duplicates.count == 100)
    #expect(pairs.complementPairs == 0)
  }

  @Test func agreementIsThatOfPlainLoops() throws {
    for layer in try inspectedNetwork(seed: 11).layers {
      let bank = layer.bank
      let filters = (0..<bank.count).map { plainBits(bank.filter($0), layout: bank.input) }
      let masks = (0..<bank.count).map { plainBits(bank.mask($0), layout: bank.input) }
      var agreements: [Double] = []
      for a in 0..<bank.count {
        for b in a + 1..<bank.count {
          let both = filters[a].indices.filter { masks[a][$0] && masks[b][$0] }
          let distance = both.count { filters[a][$0] != filters[b][$0] }
          agreements.append(abs(1 - 2 * Double(distance) / Double(both.count)))
        }
      }
      let found = FilterPairs(bank, threads: 2).agreement
      #expect(found.pairs == agreements.count)
      #expect(abs(found.mean - agreements.reduce(0, +) / Double(agreements.count)) < 1e-12)
      #expect(abs(found.highest - (agreements.max() ?? 0)) < 1e-12)
      #expect(found.above90Percent == agreements.count { $0 > 0.9 })
    }
  }

  @Test func filtersWithoutCommonBitsDoNotAgree() {
    var bank = FilterBank(window: 1, input: ChannelLayout(groups: [4]), count: 2)
    var masks = [UInt64](repeating: 0, count: bank.filters.count)
    (masks[0], masks[1]) = (0b0011, 0b1100)
    bank.masks = masks
    let pairs = FilterPairs(bank, threads: 1)
    #expect(pairs.agreement == PairStatistics(pairs: 1, mean: 0, highest: 0, above90Percent: 0))
    #expect(pairs.duplicatePairs == 0)
  }

  @Test(arguments: [false, true]) func onRatesAreThoseOfPlainLoops(hasFarFeatures: Bool) throws {
    var network = try inspectedNetwork(seed: 3)
    if hasFarFeatures {
      // One that the next layer gets no bits of, before one that it does.
      network.layers[0].bank.features[0].use = .head
      network.layers[0].bank.features.insert(network.layers[0].bank.features[1], at: 1)
      network.layers[0].bank.features[1].side = .far
      network.layers[1].bank.features[1].side = .far
    }
    let images = try randomImages(9, shape: network.shape, classes: network.classNames, seed: 4)
    let inspection = try NetworkInspection(network, images: images, threads: 2)
    let plain = (0..<images.count).map {
      PlainFeatures(network, pixels: images.pixels(of: $0)[...])
    }
    for (index, layer) in network.layers.enumerated() {
      let maps = plain.map { $0.layers[index] }
      let positions = maps.reduce(0) { $0 + $1.count * $1[0].count }
      #expect(inspection.layers[index].features.count == layer.bank.features.count)
      #expect(inspection.layers[index].thresholds.map(\.side) == layer.bank.features.map(\.side))
      #expect(inspection.layers[index].thresholds.map(\.use) == layer.bank.features.map(\.use))
      for (t, statistics) in inspection.layers[index].features.enumerated() {
        let counts = (0..<layer.bank.count).map { k in
          maps.reduce(0) { $0 + $1.joined().count { $0[t * layer.bank.count + k] } }
        }
        #expect(statistics == FeatureStatistics(onCounts: counts, positions: positions))
        #expect(Set(counts).count > 2, "features of all kinds, or the comparison says little")
      }
    }
  }

  @Test func deadAndStuckBeginAtAThousandth() {
    let statistics = FeatureStatistics(onCounts: [1000, 0, 1, 500, 999], positions: 1000)
    #expect(statistics.dead == 1)
    #expect(statistics.stuck == 1)
    #expect(statistics.lowest == 0)
    #expect(statistics.median == 0.5)
    #expect(statistics.highest == 1)
  }

  @Test func correlationIsThatOfPlainLoops() {
    let (samples, features) = (100, 67)
    var generator = SeededGenerator(seed: 8)
    // Feature 0 never, feature 1 always, feature 2 opposite to 3, the others random.
    let bits = (0..<samples).map { _ in
      var row = (0..<features).map { _ in generator.below(4) == 0 }
      (row[0], row[1], row[2]) = (false, true, !row[3])
      return row
    }
    let words = bits.flatMap { row in
      [row[..<64], row[64...]].map { part in
        part.enumerated().reduce(UInt64(0)) { $0 | ($1.element ? 1 << UInt64($1.offset) : 0) }
      }
    }
    var correlations: [Double] = []
    for a in 2..<features {
      for b in a + 1..<features {
        func count(_ condition: ([Bool]) -> Bool) -> Double { Double(bits.count { condition($0) }) }
        let (bothOn, bothOff) = (count { $0[a] && $0[b] }, count { !$0[a] && !$0[b] })
        let (onlyA, onlyB) = (count { $0[a] && !$0[b] }, count { !$0[a] && $0[b] })
        let spread = (bothOn + onlyA) * (bothOff + onlyB) * (bothOn + onlyB) * (bothOff + onlyA)
        correlations.append(abs(bothOn * bothOff - onlyA * onlyB) / spread.squareRoot())
      }
    }
    let found = SampledFeatures(words, features: features, samples: samples).correlation(threads: 2)
    #expect(found.pairs == correlations.count)
    #expect(abs(found.mean - correlations.reduce(0, +) / Double(correlations.count)) < 1e-12)
    #expect(abs(found.highest - 1) < 1e-12)
    #expect(found.above90Percent == 1)
  }

  @Test func doesNotDependOnThreads() throws {
    let network = try inspectedNetwork(seed: 21)
    let images = try randomImages(13, shape: network.shape, classes: network.classNames, seed: 2)
    let one = try NetworkInspection(network, images: images, threads: 1)
    #expect(try NetworkInspection(network, images: images, threads: 3) == one)
    #expect(one.layers[1].featureCorrelation?.pairs ?? 0 > 100)
  }

  @Test func bytesAndSharesAreThoseOfTheShapes() throws {
    var network = try inspectedNetwork(seed: 1)
    network.layers[1].bank.masks = nil
    network.layers[1].head = LinearHead(
      grid: 2, counts: .plain, classes: 2, weights: Array(repeating: 1, count: 2 * 4 * 70), bias: [0, 0],
      scale: 0)
    let inspection = try NetworkInspection(network, images: nil, threads: 1)
    let (first, second) = (inspection.layers[0], inspection.layers[1])
    // 5 filters of 27 bits: 135 bits are 17 bytes. 70 filters of 40 bits (two thresholds of 5 features, 2 × 2).
    #expect(first.bytes == LayerBytes(filters: 17, masks: 17, thresholds: 20, head: 0))
    #expect(second.bytes == LayerBytes(filters: 350, masks: 0, thresholds: 280, head: 2 * 560 + 16))
    #expect(inspection.bytes == first.bytes.total + second.bytes.total)
    #expect(second.unmasked == 1)
    #expect(first.unmasked > 0.5 && first.unmasked < 1)
    #expect((first.mapHeight, first.mapWidth, second.mapHeight, second.mapWidth) == (6, 7, 3, 4))
    #expect(first.features.isEmpty && first.featureCorrelation == nil && inspection.images == 0)
  }

  @Test func imagesOfAnotherShapeAreRefused() throws {
    let network = try inspectedNetwork(seed: 1)
    let images = try randomImages(
      1, shape: ImageShape(width: 6, height: 7, channels: 1), classes: network.classNames, seed: 1)
    #expect(throws: PredictionError.self) { try NetworkInspection(network, images: images, threads: 1) }
  }

  @Test func jsonReadsBackAndTextIsAligned() throws {
    let network = try inspectedNetwork(seed: 1)
    let images = try randomImages(5, shape: network.shape, classes: network.classNames, seed: 1)
    let inspection = try NetworkInspection(network, images: images, threads: 1)
    let read = try JSONDecoder().decode(NetworkInspection.self, from: Data(inspection.json().utf8))
    #expect(read == inspection)
    let tables = inspection.text().components(separatedBy: "\n\n")
    #expect(tables.count == 4)
    for table in tables {
      let lines = table.split(separator: "\n").filter { !$0.contains(" on ") && !$0.contains("Agreement") }
      #expect(Set(lines.map(\.count)).count == 1, "\(table)")
    }
  }
}
