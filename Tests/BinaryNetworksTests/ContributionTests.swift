// Contributions against plain loops, and the promise that they add up to the scores to the last bit.

import BinaryNetworks
import ImageEncoding
import Plumbing
import Testing
import _NetworkTestSupport

@Suite struct ContributionTests {
  private static let score = LinearHead.scoreBits

  /// Random networks: one to three layers, plain and soft counts, grids that do not divide odd maps, reductions.
  @Test(arguments: 0..<48 as Range<UInt64>) func addUpToTheScores(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed, 0x6578_706c)
    let network = try randomNetwork(&random)
    let explainer = Explainer(network)
    for _ in 0..<2 {
      let image = randomImage(&random, network.shape)
      try explainer.look(at: image.span)
      let expected = ReferenceNetwork.run(network, image)
      for of in network.classNames.indices {
        for against in [nil] + network.classNames.indices.map(Optional.some) {
          try check(explainer.contributions(of: of, against: against), expected, network)
        }
      }
      let sums = network.classNames.indices.map { c in
        expected.scores.reduce(Int64(0)) { $0 + ($1?[c] ?? 0) }
      }
      #expect(explainer.scores == sums)
    }
  }

  /// The two kinds of counts, the reductions and grids up to the map's side, every one of them on an odd map.
  @Test(arguments: CountKind.allCases, Reduction.allCases)
  func everyKindOnOddMaps(kind: CountKind, reduction: Reduction) throws {
    for grid in 1...4 {
      var random = SeededGenerator(seed: UInt64(grid), 0x6b69_6e64)
      var network = try randomNetwork(
        &random, RandomNetworkShape(sides: 7...7, layers: 3...3, windows: 2...4, filters: [5, 33]))
      for index in network.layers.indices {
        network.layers[index].reduction = reduction
        let input = network.input(ofLayer: index)
        // Layers behind a reduction get another input; banks of the right shape are made anew.
        let bank = randomBank(&random, window: 3, input: input.layout, count: 7 + index)
        network.layers[index].bank = bank
        let cells = min(grid, input.height)
        network.layers[index].head = LinearHead(
          grid: cells, counts: kind, classes: network.classNames.count,
          weights: (0..<network.classNames.count * cells * cells * bank.countsPerCell).map { _ in
            Int16(truncatingIfNeeded: random.next())
          },
          bias: network.classNames.map { _ in Int64(random.below(1000)) - 500 }, scale: 13 + 7 * index)
      }
      let explainer = Explainer(network)
      let image = randomImage(&random, network.shape)
      try explainer.look(at: image.span)
      let expected = ReferenceNetwork.run(network, image)
      let found = explainer.contributions(of: 1, against: 0)
      #expect(found.layers.count == 3)
      try check(found, expected, network)
      for (index, layer) in network.layers.enumerated() {
        let filters = [bankMiddle(layer), 0]
        let amounts = explainer.amounts(ofFilters: filters, layer: index)
        for (f, k) in filters.enumerated() {
          let plain = layer.bank.countedFeatures.map { feature in
            expected.distances[index].map { ReferenceNetwork.amount(kind, feature, k, $0[k]) }
          }
          #expect(amounts[f].map { $0.map(Int.init) } == plain)
        }
      }
    }
  }

  @Test func pixelsOfTheWrongSizeAreRefused() throws {
    var random = SeededGenerator(seed: 6)
    let explainer = Explainer(try randomNetwork(&random, RandomNetworkShape(layers: 1...1)))
    #expect(throws: PredictionError.self) { try explainer.look(at: [UInt8]().span) }
  }

  @Test func aLayerWithoutHeadAddsNothing() throws {
    var random = SeededGenerator(seed: 5)
    var network = try randomNetwork(&random, RandomNetworkShape(layers: 2...2))
    network.layers[0].head = nil
    let explainer = Explainer(network)
    try explainer.look(at: randomImage(&random, network.shape).span)
    #expect(explainer.contributions(of: 0).layers.map(\.layer) == [1])
    #expect(explainer.amounts(ofFilters: [0], layer: 0).isEmpty)
  }

  private func bankMiddle(_ layer: NetworkLayer) -> Int { layer.bank.count / 2 }

  /// ⌊value · part / whole⌋
  private func share(_ value: Int64, _ part: Int, of whole: Int) -> Int64 {
    let product = Int128(value) * Int128(part)
    let remainder = product % Int128(whole)
    return Int64((product - (remainder < 0 ? remainder + Int128(whole) : remainder)) / Int128(whole))
  }

  private func check(_ found: Contributions, _ expected: ReferenceResult, _ network: Network) throws {
    var pixels = Int128(0)
    var score = Int64(0)
    for layer in found.layers {
      try check(layer, of: found, expected, network)
      pixels += Contributions.parts(layer.byPosition.reduce(0, +), scale: layer.scale)
      score += layer.score
    }
    let byPixel = found.byPixel
    #expect(byPixel.count == network.shape.height * network.shape.width)
    #expect(byPixel.reduce(0, +) == pixels)
    #expect(found.score == score)
    #expect(pixels + found.bias == Contributions.parts(score, scale: Self.score) + found.rounding)
  }

  private func check(
    _ layer: LayerContributions, of found: Contributions, _ expected: ReferenceResult, _ network: Network
  ) throws {
    let head = try #require(network.layers[layer.layer].head)
    let bank = network.layers[layer.layer].bank
    let counts = expected.counts[layer.layer]
    func weight(_ f: Int) -> Int64 {
      func of(_ c: Int) -> Int64 { Int64(head.weights[c * counts.count + f]) }
      return of(found.of) - (found.against.map(of) ?? 0)
    }
    #expect(layer.byFeature == counts.indices.map { weight($0) * Int64(counts[$0]) })
    let distances = expected.distances[layer.layer]
    #expect(distances.count == layer.height * layer.width)
    let cells = distances.indices.map { p in
      p / layer.width * head.grid / layer.height * head.grid + p % layer.width * head.grid / layer.width
    }
    let counted = bank.countedFeatures
    #expect(layer.sides == counted.map(\.side))
    let perCell = counted.count * bank.count
    // Of every position what each filter counts for the first feature, then for the second.
    let amounts = distances.map { row in
      counted.flatMap { feature in
        row.indices.map { ReferenceNetwork.amount(head.counts, feature, $0, row[$0]) }
      }
    }
    var sums = [Int](repeating: 0, count: counts.count)
    for p in cells.indices { for i in 0..<perCell { sums[cells[p] * perCell + i] += amounts[p][i] } }
    #expect(layer.counts.map(Int.init) == sums)
    if head.counts != .root { #expect(sums == counts) }
    // Roots are shared out in proportion to the amounts: parts of what the feature adds, up to here less up to before.
    var seen = [Int](repeating: 0, count: counts.count)
    let byPosition = cells.indices.map { p in
      (0..<perCell).reduce(Int64(0)) { total, i in
        let f = cells[p] * perCell + i
        if amounts[p][i] == 0 { return total }
        if head.counts != .root { return total + weight(f) * Int64(amounts[p][i]) }
        let before = share(layer.byFeature[f], seen[f], of: sums[f])
        seen[f] += amounts[p][i]
        return total + share(layer.byFeature[f], seen[f], of: sums[f]) - before
      }
    }
    #expect(layer.byPosition == byPosition)
    for k in [0, bank.count - 1] {
      let own = counted.indices.map { g in amounts.map { Int32($0[g * bank.count + k]) } }
      #expect(layer.byPosition(ofFilter: k, amounts: own, cells: cells).reduce(0, +) == layer.byFilter[k])
      #expect(layer.byFeature(ofFilter: k).reduce(0, +) == layer.byFilter[k])
      let plain = counted.indices.map { g in
        cells.indices.filter { $0 < head.grid * head.grid }.reduce(0) {
          $0 + layer.byFeature[$1 * perCell + g * bank.count + k]
        }
      }
      #expect(layer.byFeature(ofFilter: k) == plain)
    }
    #expect(layer.bias == head.bias[found.of] - (found.against.map { head.bias[$0] } ?? 0))
    try checkTotals(layer, scale: head.scale, of: found, try #require(expected.scores[layer.layer]))
  }

  /// The promises: features and positions give the same total, and the total the score.
  private func checkTotals(
    _ layer: LayerContributions, scale: Int, of found: Contributions, _ scores: [Int64]
  ) throws {
    #expect(layer.byPosition.reduce(layer.bias, +) == layer.total)
    #expect(layer.byFilter.reduce(layer.bias, +) == layer.total)
    #expect(layer.score == scores[found.of] - (found.against.map { scores[$0] } ?? 0))
    if found.against == nil {
      let shifted = layer.total << Int64(max(0, Self.score - scale))
      #expect(shifted >> Int64(max(0, scale - Self.score)) == layer.score)
      #expect(layer.rounding >= 0 && layer.rounding < 1 << 24)
    } else {
      #expect(layer.rounding.magnitude < 1 << 24)
    }
  }
}
