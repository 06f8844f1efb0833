// Laws of several features of a distance: they are those of layers with one feature each, and the far side of a filter is the
// near side of its complement.

import BinaryNetworks
import BitKernels
import Plumbing
import Testing
import _NetworkTestSupport

@Suite struct FeatureTests {
  private func network(_ random: inout SeededGenerator, counts: CountKind) throws -> Network {
    var network = try randomNetwork(&random, RandomNetworkShape(sides: 4...7, layers: 1...1, features: 1...8))
    let head = try #require(network.layers[0].head)
    network.layers[0].head = LinearHead(
      grid: head.grid, counts: counts, classes: head.classes, weights: head.weights, bias: head.bias,
      scale: head.scale)
    return network
  }

  /// Distances to a complement are D less those to the filter: at most D − t is at least t.
  @Test(arguments: 0..<16 as Range<UInt64>, CountKind.allCases)
  func complementsCountNearWhatFiltersCountFar(seed: UInt64, counts: CountKind) throws {
    var random = SeededGenerator(seed: seed, 0x636f_6d70)
    var far = try network(&random, counts: counts)
    far.layers[0].bank.masks = nil
    far.layers[0].bank.distanceKind = .plain
    let bits = far.layers[0].bank.patchBits
    for g in far.layers[0].bank.features.indices {
      far.layers[0].bank.features[g].side = .far
      far.layers[0].bank.features[g].thresholds = (0..<far.layers[0].bank.count).map { _ in
        UInt16(random.below(bits + 1))
      }
    }
    var near = far
    let valid = FilterBank.validBits(window: far.layers[0].bank.window, input: far.layers[0].bank.input)
    for (w, word) in valid.enumerated() {
      for k in 0..<near.layers[0].bank.count {
        near.layers[0].bank.filters[w * near.layers[0].bank.stride + k] ^= word
      }
    }
    for g in near.layers[0].bank.features.indices {
      near.layers[0].bank.features[g].side = .near
      near.layers[0].bank.features[g].thresholds = far.layers[0].bank.features[g].thresholds.map {
        UInt16(bits) - $0
      }
    }
    let (first, second) = (ForwardPass(network: far), ForwardPass(network: near))
    for _ in 0..<2 {
      let image = randomImage(&random, far.shape)
      first.run(image.span, scores: true, features: true)
      second.run(image.span, scores: true, features: true)
      #expect(first.counts[0].array == second.counts[0].array)
      #expect(first.output.storage == second.output.storage)
      #expect(first.summedScores() == second.summedScores())
    }
  }

  /// Counts are ordered cell, feature, filter.
  @Test(arguments: 0..<16 as Range<UInt64>, CountKind.allCases)
  func severalFeaturesAreThoseOfLayersWithOne(seed: UInt64, counts: CountKind) throws {
    var random = SeededGenerator(seed: seed, 0x6f6e_65)
    let whole = try network(&random, counts: counts)
    let (bank, head) = (whole.layers[0].bank, try #require(whole.layers[0].head))
    let image = randomImage(&random, whole.shape)
    let pass = ForwardPass(network: whole)
    pass.run(image.span, scores: true, features: false)
    let counted = bank.countedFeatures
    for (g, feature) in counted.enumerated() {
      var one = whole
      one.layers[0].bank.features = [FilterFeature(feature.thresholds, side: feature.side)]
      let cells = head.grid * head.grid
      one.layers[0].head = LinearHead(
        grid: head.grid, counts: counts, classes: head.classes,
        weights: Array(repeating: 1, count: head.classes * cells * bank.count), bias: head.bias, scale: 0)
      let alone = ForwardPass(network: one)
      alone.run(image.span, scores: true, features: false)
      let found = (0..<cells).flatMap { cell in
        (0..<bank.count).map { pass.counts[0].array[(cell * counted.count + g) * bank.count + $0] }
      }
      #expect(alone.counts[0].array == found, "feature \(g)")
    }
  }
}
