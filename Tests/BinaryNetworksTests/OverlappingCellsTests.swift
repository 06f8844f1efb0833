// Cells that overlap: their sums, scores and contributions against plain loops.

import BinaryNetworks
import Plumbing
import Testing
import _NetworkTestSupport

@Suite struct OverlappingCellsTests {
  @Test(arguments: 1...7 as ClosedRange<Int>) func sumsAreThoseOfTheSquares(grid: Int) {
    for span in 1...grid {
      let layout = HeadGrid(grid: grid, span: span)
      let side = grid - span + 1
      #expect(layout.cells == side * side && layout.squares == grid * grid)
      var random = SeededGenerator(seed: UInt64(grid), UInt64(span))
      let perCell = random.pick([1, 3, 40])
      let sums = CellSums(layout, perCell: perCell)
      // Twice, as nothing may stay of the image before.
      for _ in 0..<2 {
        let squares = (0..<grid * grid * perCell).map { _ in Int32(random.below(1 << 20)) }
        var expected = [Int32](repeating: 0, count: side * side * perCell)
        for cell in 0..<side * side {
          for y in 0..<span {
            for x in 0..<span {
              let square = (cell / side + y) * grid + cell % side + x
              for f in 0..<perCell { expected[cell * perCell + f] += squares[square * perCell + f] }
            }
          }
        }
        var found = [Int32](repeating: -1, count: expected.count)
        var cells = found.mutableSpan
        sums.add(into: &cells) { out in
          for f in squares.indices { out[f] += squares[f] }
        }
        #expect(found == expected)
        #expect(byRow(squares, sums, cells: expected.count) == expected.map { $0 &* 2 })
      }
      for square in 0..<grid * grid {
        var around: [Int] = []
        layout.forEachCell(around: square) { around.append($0) }
        let plain = (0..<side * side).filter { cell in
          (0..<span).contains(square / grid - cell / side) && (0..<span).contains(square % grid - cell % side)
        }
        #expect(around == plain)
      }
    }
  }

  /// The sums made of one row of squares after the other, finished by doubling them.
  private func byRow(_ squares: [Int32], _ sums: CellSums, cells count: Int) -> [Int32] {
    var found = [Int32](repeating: -1, count: count)
    var cells = found.mutableSpan
    sums.addRows(into: &cells) { row, out in
      for f in 0..<out.count { out[f] += squares[row * out.count + f] }
    } finish: { row in
      for f in 0..<row.count { row[f] &*= 2 }
    }
    return found
  }

  /// A network whose heads have cells of a span, each layer on a grid as fine as its map allows, up to 6.
  static func network(seed: UInt64, span: Int) throws -> Network {
    var random = SeededGenerator(seed: seed, 0x7370_616e)
    var network = try randomNetwork(
      &random, RandomNetworkShape(sides: 5...9, layers: 2...2, filters: [3, 33, 65]))
    network.layers[0].reduction = random.pick([.none, .or])
    for index in network.layers.indices {
      let input = network.input(ofLayer: index)
      // A reduction may have changed what the second layer sees.
      network.layers[index].bank = randomBank(
        &random, window: 3, input: input.layout, count: 5 + 30 * index, isLast: index == 1)
      let grid = random.pick(1...min(6, input.height, input.width))
      let own = min(span, grid)
      let cells = (grid - own + 1) * (grid - own + 1)
      let (classes, perCell) = (network.classNames.count, network.layers[index].bank.countsPerCell)
      network.layers[index].head = LinearHead(
        grid: grid, span: own, counts: random.pick(CountKind.allCases), classes: classes,
        weights: (0..<classes * cells * perCell).map { _ in Int16(truncatingIfNeeded: random.next()) },
        bias: (0..<classes).map { _ in Int64(random.below(1000)) - 500 }, scale: random.pick(0...40))
    }
    return network
  }

  /// Grids that need not divide maps of odd sides, all kinds of counts, cells up to the whole map.
  @Test(arguments: 0..<12 as Range<UInt64>, [2, 3, 4, 6])
  func scoresAndContributionsAreThoseOfPlainLoops(seed: UInt64, span: Int) throws {
    let network = try Self.network(seed: seed, span: span)
    var random = SeededGenerator(seed: seed, 1)
    let pass = ForwardPass(network: network)
    let explainer = Explainer(network)
    for _ in 0..<2 {
      let image = randomImage(&random, network.shape)
      let expected = ReferenceNetwork.run(network, image)
      pass.run(image.span, scores: true, features: true)
      for index in network.layers.indices {
        #expect(pass.counts[index].array.map(Int.init) == expected.counts[index])
        #expect(pass.scores(ofLayer: index) == expected.scores[index])
      }
      pass.run(image.span, scores: true, features: false)
      #expect(pass.counts.map { $0.array.map(Int.init) } == expected.counts)
      try explainer.look(at: image.span)
      for against in [nil, 0] {
        let found = explainer.contributions(of: 1, against: against)
        for layer in found.layers { try check(layer, of: found, expected, network, explainer) }
        let pixels = found.byPixel.reduce(0, +)
        #expect(
          pixels + found.bias
            == Contributions.parts(found.score, scale: LinearHead.scoreBits) + found.rounding)
      }
    }
  }

  private func check(
    _ layer: LayerContributions, of found: Contributions, _ expected: ReferenceResult, _ network: Network,
    _ explainer: Explainer
  ) throws {
    let (bank, head) = (network.layers[layer.layer].bank, try #require(network.layers[layer.layer].head))
    let counts = expected.counts[layer.layer]
    #expect(
      layer.span == head.span && layer.grid == head.grid && head.cells * bank.countsPerCell == counts.count)
    let weights = counts.indices.map { f in
      Int64(head.weights[found.of * counts.count + f])
        - (found.against.map { Int64(head.weights[$0 * counts.count + f]) } ?? 0)
    }
    #expect(layer.byFeature == counts.indices.map { weights[$0] * Int64(counts[$0]) })
    #expect(layer.byPosition.reduce(layer.bias, +) == layer.total)
    #expect(layer.byFilter.reduce(layer.bias, +) == layer.total)
    let squares = network.input(ofLayer: layer.layer).cells(grid: head.grid)
    let all = explainer.amounts(ofFilters: Array(0..<bank.count), layer: layer.layer)
    var byPosition = [Int64](repeating: 0, count: squares.count)
    for (k, amounts) in all.enumerated() {
      let own = layer.byPosition(ofFilter: k, amounts: amounts, cells: squares)
      #expect(own.reduce(0, +) == layer.byFilter[k])
      for p in own.indices { byPosition[p] += own[p] }
    }
    #expect(layer.byPosition == byPosition)
    guard head.counts != .root else { return }
    // What the head weighs itself is shared out as weight times amount, once for every cell that contains the position.
    let plain = squares.indices.map { p in
      let around = ReferenceNetwork.cells(
        head, y: p / layer.width, x: p % layer.width, height: layer.height, width: layer.width)
      return around.reduce(Int64(0)) { sum, cell in
        all.indices.reduce(sum) { sum, k in
          all[k].indices.reduce(sum) { sum, g in
            sum + weights[(cell * all[k].count + g) * bank.count + k] * Int64(all[k][g][p])
          }
        }
      }
    }
    #expect(layer.byPosition == plain)
  }
}
