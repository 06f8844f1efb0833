// Layers that look at the image beside each other: which are sliced, and what they share.

import BinaryNetworks
import Foundation
import Testing
import _NetworkTestSupport
import _TestSupport

@testable import DeviceExport

@Suite struct StagesTests {
  /// A layer that looks at one signal, then one that looks at all: both are sliced, and the first takes no memory of its own.
  @Test func layersBesideEachOther() throws {
    var model = try groupedModel(
      seed: 1, width: 40, height: 9, channels: 1, components: 3, levels: 4, classes: 3)
    let alone = ProgramTables(model)
    #expect(alone.layers.map(\.isSliced) == [true])
    let network = model.network
    var first = network.layers[0]
    first.signals = [1]
    first.bank = FilterBank(window: 1, input: network.beside([1]).input(ofLayer: 0).layout, count: 8)
    first.bank.distanceKind = .centred
    first.bank.features = network.layers[0].bank.features.map { feature in
      FilterFeature(Array(feature.thresholds.prefix(8)), side: feature.side, use: feature.use)
    }
    first.head?.weights = [Int16](repeating: 3, count: 3 * 9 * 2 * 8)
    model.network.layers[0].signals = [0, 1, 2]
    model.network.layers.insert(first, at: 0)

    let tables = ProgramTables(model)
    #expect(tables.layers.map(\.isSliced) == [true, true])
    #expect(tables.layers.map(\.handsOn) == [false, false])
    #expect(tables.layers.map(\.parts.count) == [1, 3])
    #expect(tables.arena.bytes == alone.arena.bytes)
    let source = tables.source(.standard)
    #expect(source.contains("#define TALLY_POSITIONS 0\n") && source.contains("#define TALLY_HANDS_ON 0\n"))
    // The factors of a signal that both look at are there once.
    #expect(source.components(separatedBy: "static const int16_t tally_factors_").count == 1 + 3)
    let sizes = DeviceSizes(tables)
    #expect(
      sizes.tables.filter { $0.name.hasSuffix("factors of the encoder") }.reduce(0) { $0 + $1.bytes }
        == DeviceSizes(alone).tables.filter { $0.name.hasSuffix("factors of the encoder") }
        .reduce(0) { $0 + $1.bytes })
  }

  /// Of layers whose positions have different numbers of words those with the most distances are sliced.
  @Test func layersOfOtherSizesAreNot() throws {
    let models = try (0..<40).map { try stagedModel(seed: $0) }
    var kinds: Set<[Bool]> = []
    for model in models {
      let layers = ProgramTables(model).layers
      kinds.insert(layers.map(\.isSliced))
      let words = Set(layers.map(\.words))
      #expect(layers.allSatisfy { $0.isSliced } == (words.count == 1), "\(model.plan)")
      #expect(layers.contains { $0.isSliced })
    }
    #expect(kinds.contains([true, true]) && kinds.count > 1)
  }
}
