// Takes the scores of one image apart: runs it once, then asks the filters' distances again position by position.

import BitKernels
import Plumbing

/// Says of one image after another what spoke for its classes.
///
/// Holds the memory this needs; one per thread. Costs a few times what a prediction does.
public final class Explainer {
  /// The network whose scores are explained.
  public let network: Network
  private let pass: ForwardPass
  /// The scores that the image looked at last is answered with, 16 fractional bits.
  public private(set) var scores: [Int64]
  /// Index of the layer after which it is answered; the number of layers where the scores are the mean of the image's own and those of
  /// its mirror image. Contributions are of the image itself, through the layers up to this one.
  public private(set) var stage: Int

  /// An explainer of a network.
  public init(_ network: Network) {
    self.network = network
    pass = ForwardPass(network: network)
    scores = Array(repeating: 0, count: network.classNames.count)
    stage = 0
  }

  /// Looks at an image; everything else is about the image looked at last.
  /// - Parameter pixels: H × W × channels bytes of the network's shape.
  /// - Throws: `PredictionError` if there are more or fewer bytes than that.
  public func look(at pixels: Span<UInt8>) throws(PredictionError) {
    try network.check(bytes: pixels.count, images: 1)
    let answer = pass.answer(pixels)
    (scores, stage) = (answer.scores, answer.stage)
    // What is taken apart is the image itself, in all layers.
    if stage != network.layers.count - 1 { pass.run(pixels, scores: true, features: false) }
  }

  /// What the image's own score of class `of`, less that of class `against`, is made of.
  /// - Precondition: both are classes of the network.
  public func contributions(of: Int, against: Int? = nil) -> Contributions {
    precondition(scores.indices.contains(of) && against.map(scores.indices.contains) ?? true)
    return Contributions(
      of: of, against: against, height: network.shape.height, width: network.shape.width,
      layers: network.layers.indices.prefix(stage + 1).compactMap { layer(of: of, against: against, $0) })
  }

  /// How much filters of a layer added to their sums at every position.
  /// - Returns: for every filter asked for, for every feature of it that is counted, height · width amounts in row order; none if
  ///   the layer has no head.
  /// - Precondition: the layer and its filters exist.
  public func amounts(ofFilters filters: [Int], layer index: Int) -> [[[Int32]]] {
    guard let head = network.layers[index].head else { return [] }
    let layerPass = pass.layers[index]
    let bank = layerPass.bank
    precondition(filters.allSatisfy((0..<bank.count).contains))
    let width = layerPass.input.width
    let rules = head.counts.rules
    let features = bank.countedFeatures
    let none = [Int32](repeating: 0, count: layerPass.input.height * width)
    var amounts = filters.map { _ in features.map { _ in none } }
    layerPass.forEachTile { rows, distances in
      for position in 0..<rows.count * width {
        for (f, k) in filters.enumerated() {
          let distance = distances[position * bank.stride + k]
          for (g, feature) in features.enumerated() {
            amounts[f][g][rows.lowerBound * width + position] = rules.amount(
              distance: distance, threshold: feature.thresholds[k], side: feature.side)
          }
        }
      }
    }
    return amounts
  }

  private func layer(of: Int, against: Int?, _ index: Int) -> LayerContributions? {
    guard let head = network.layers[index].head, let scores = pass.scores(ofLayer: index) else { return nil }
    let layerPass = pass.layers[index]
    let input = layerPass.input
    let bank = layerPass.bank
    let features = head.features
    let weights = (0..<features).map { f in
      Int64(head.weights[of * features + f]) - (against.map { Int64(head.weights[$0 * features + f]) } ?? 0)
    }
    let counts = pass.counts[index].array
    let byFeature = (0..<features).map { weights[$0] * Int64(counts[$0]) }
    let rules = head.counts.rules
    let sums = sums(layerPass, head)
    var shares = PositionShares(values: byFeature, sums: sums)
    let squares = input.cells(grid: head.grid)
    let layout = head.layout
    let counted = bank.countedFeatures
    var byPosition = [Int64](repeating: 0, count: squares.count)
    layerPass.forEachTile { rows, distances in
      for position in 0..<rows.count * input.width {
        let place = rows.lowerBound * input.width + position
        var sum: Int64 = 0
        for (g, feature) in counted.enumerated() {
          for k in 0..<bank.count {
            let amount = rules.amount(
              distance: distances[position * bank.stride + k], threshold: feature.thresholds[k],
              side: feature.side)
            if amount == 0 { continue }
            // As in the head itself: the sum over all positions stays inside 63 bits for each class.
            layout.forEachCell(around: squares[place]) { cell in
              sum += shares.next(amount, feature: (cell * counted.count + g) * bank.count + k)
            }
          }
        }
        byPosition[place] = sum
      }
    }
    return LayerContributions(
      layer: index, height: input.height, width: input.width,
      level: input.level, grid: head.grid,
      span: head.span, filters: bank.count, sides: counted.map(\.side),
      scale: head.scale, counts: sums, score: scores[of] - (against.map { scores[$0] } ?? 0),
      bias: head.bias[of] - (against.map { head.bias[$0] } ?? 0),
      byFeature: byFeature, byPosition: byPosition)
  }

  /// The sums from which a head's counts are finished, for the image looked at last.
  private func sums(_ layerPass: LayerPass, _ head: LinearHead) -> [Int32] {
    var sums = [Int32](repeating: 0, count: head.features)
    var span = sums.mutableSpan
    CellSums(head.layout, perCell: head.features / head.cells).add(into: &span) { squares in
      layerPass.forEachTile { rows, distances in
        layerPass.count(rows: rows, distances: distances, grid: head.grid, kind: head.counts, into: &squares)
      }
    }
    return sums
  }
}
