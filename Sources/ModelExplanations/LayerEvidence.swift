// The filters of a layer that spoke loudest, with where they did and what else makes them speak.

import BinaryNetworks
import ImageData
import ReportPages

/// One filter's part in a decision.
struct FilterEvidence {
  /// Index of the filter.
  let index: Int
  /// What it adds over all cells, in the units of its layer's head.
  let contribution: Int64
  /// What of that it adds through each of its features, in the order of the layer's sides.
  let byFeature: [Int64]
  /// How much it counted over all cells.
  let count: Int
  /// What it adds at every position of the layer's map, in the units of the head.
  let byPosition: [Int64]
  /// The filter itself, if it looks at the image.
  let decoded: Raster?
  /// Of a deeper filter, the region of this image that comes nearest to it.
  let nearest: Raster?
  /// Regions of example images that come nearest to it, nearest first.
  let places: [Raster]
}

extension LayerContributions {
  /// What each feature of a filter adds, such as "near +0.310, far −0.120"; nothing where there is only one.
  func features(of filter: FilterEvidence) -> String? {
    guard sides.count > 1 else { return nil }
    return zip(sides, filter.byFeature).map { "\($0.rawValue) \(signed($1, scale: scale, 3))" }.joined(
      separator: ", ")
  }
}

/// The strongest filters of one layer.
struct LayerEvidence {
  /// What the layer adds.
  let layer: LayerContributions
  /// Filters that speak for the class, the strongest first.
  let supporting: [FilterEvidence]
  /// Filters that speak against it, the strongest first.
  let opposing: [FilterEvidence]

  /// The strongest filters of every layer with a head.
  static func find(
    _ contributions: Contributions, explainer: Explainer, pixels: [UInt8], examples: LabelledImages?,
    threads: Int
  ) -> [LayerEvidence] {
    let network = explainer.network
    let chosen = contributions.layers.map { strongest($0, Explanation.filtersPerSide) }
    var filters = network.layers.map { _ in [Int]() }
    for (layer, chosen) in zip(contributions.layers, chosen) { filters[layer.layer] = chosen }
    let firing = examples.flatMap { examples in
      examples.count > 0
        ? FiringFilters(network, images: examples, filters: filters, threads: threads) : nil
    }
    let own = (try? LabelledImages(shape: network.shape, pixels: pixels, labels: [0], classNames: ["image"]))
      .map { FiringFilters(network, images: $0, filters: filters, threads: 1) }
    return zip(contributions.layers, chosen).map { layer, chosen in
      let pictures = FilterPictures(network, layer: layer.layer)
      let sums = layer.byFilter
      let counts = layer.countsByFilter
      let positions = explainer.byPosition(ofFilters: chosen, in: layer)
      let evidence = chosen.enumerated().map { i, k in
        FilterEvidence(
          index: k, contribution: sums[k], byFeature: layer.byFeature(ofFilter: k), count: counts[k],
          byPosition: positions[i],
          decoded: pictures?.strip(k),
          nearest: pictures != nil ? nil : own?.layers[layer.layer][i].places.first,
          places: firing?.layers[layer.layer][i].places ?? [])
      }
      return LayerEvidence(
        layer: layer, supporting: evidence.filter { $0.contribution > 0 },
        opposing: evidence.filter { $0.contribution < 0 }.reversed())
    }
  }

  /// The filters that add most, then those that take most away; each list at most `count` long, zeros left out.
  private static func strongest(_ layer: LayerContributions, _ count: Int) -> [Int] {
    let sums = layer.byFilter
    let order = sums.indices.sorted { (sums[$0], -$0) > (sums[$1], -$1) }
    return Array(order.filter { sums[$0] > 0 }.prefix(count))
      + Array(order.filter { sums[$0] < 0 }.suffix(count))
  }
}

extension Explainer {
  /// What some filters of a layer add at every position, in the units of the layer's head.
  func byPosition(ofFilters filters: [Int], in layer: LayerContributions) -> [[Int64]] {
    let cells = network.input(ofLayer: layer.layer).cells(grid: layer.grid)
    return zip(filters, amounts(ofFilters: filters, layer: layer.layer)).map { k, amounts in
      layer.byPosition(ofFilter: k, amounts: amounts, cells: cells)
    }
  }
}
