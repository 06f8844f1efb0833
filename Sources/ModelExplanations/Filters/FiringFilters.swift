// Chosen filters of every layer with pictures of the image regions that fire them most.

package import BinaryNetworks
package import ImageData
import Plumbing
package import ReportPages

/// Filters of every layer with what fires them.
package struct FiringFilters {
  /// A filter and the image regions nearest to it.
  package struct Filter {
    /// Index of the filter.
    package let index: Int
    /// What its layer's head makes of it.
    package let opinion: (for: Int, against: Int)?
    /// The image regions, nearest first, all of one size.
    package let places: [Raster]
  }

  /// For every layer the filters chosen.
  package let layers: [[Filter]]
  /// Images that were searched.
  package let images: Int

  /// Regions shown per filter.
  package static let placesPerFilter = 8
  /// Small regions are shown with what is around them, so many pixels in all.
  package static let smallestSide = 15

  /// Searches images for what fires the network's most influential filters.
  /// - Precondition: the images have the network's shape.
  package init(_ network: Network, images: LabelledImages, threads: Int) {
    let fields = network.layers.indices.map { ReceptiveField(network, layer: $0) }
    let longest = max(images.shape.width, images.shape.height)
    let budget = PageLimits.pictureBytes / max(1, network.layers.count)
    let influence = FilterInfluence(network, images: images.spread(500), threads: threads)
    let chosen = network.layers.indices.map { layer in
      let side = min(
        longest, fields[layer].side + 2 * Self.margin(fields[layer], network), PageLimits.exampleSide)
      return influence.strongest(
        max(2, min(24, budget / (3 * side * side * Self.placesPerFilter))), ofLayer: layer)
    }
    self.init(network, images: images, filters: chosen, threads: threads)
  }

  /// Searches images for what fires chosen filters of every layer.
  /// - Precondition: the images have the network's shape.
  package init(_ network: Network, images: LabelledImages, filters: [[Int]], threads: Int) {
    self.images = images.count
    let fields = network.layers.indices.map { ReceptiveField(network, layer: $0) }
    let found = FiringPlaces(
      network, images: images, filters: filters, count: Self.placesPerFilter, threads: threads)
    layers = filters.indices.map { layer in
      zip(filters[layer], found.places[layer]).map { index, places in
        Filter(
          index: index, opinion: network.layers[layer].opinion(ofFilter: index),
          places: places.map { place in
            Self.region(fields[layer], place, network, Raster(images, place.image))
          })
      }
    }
  }

  /// Pixels of the surroundings shown on every side of a region.
  package static func margin(_ field: ReceptiveField, _ network: Network) -> Int {
    let longest = max(network.shape.width, network.shape.height)
    return max(0, (min(smallestSide, longest) - field.side + 1) / 2)
  }

  /// The region a place sees with its surroundings; the whole image along a side that the region outgrows.
  private static func region(
    _ field: ReceptiveField, _ place: FiringPlace, _ network: Network, _ image: Raster
  ) -> Raster {
    let margin = margin(field, network)
    let (rows, columns) = (field.range(place.row), field.range(place.column))
    func shown(_ range: Range<Int>, _ side: Int) -> Range<Int> {
      range.count >= side ? 0..<side : range.lowerBound - margin..<range.upperBound + margin
    }
    return image.crop(shown(rows, image.height), shown(columns, image.width), lit: (rows, columns))
      .shrunk(toSide: PageLimits.exampleSide)
  }
}
