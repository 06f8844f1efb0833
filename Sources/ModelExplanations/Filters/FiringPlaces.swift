// Where in the images filters fire most: the positions with the smallest distances.

package import BinaryNetworks
package import ImageData
import Plumbing

/// A position of an image and the distance of a filter there.
package struct FiringPlace: Hashable, Comparable {
  /// Hamming distance between filter and patch.
  package let distance: Int
  /// Index of the image.
  package let image: Int
  /// Row and column in the layer's map.
  package let row: Int
  package let column: Int

  /// Nearer first; among equals the first in the images.
  package static func < (a: FiringPlace, b: FiringPlace) -> Bool {
    (a.distance, a.image, a.row, a.column) < (b.distance, b.image, b.row, b.column)
  }
}

/// The nearest places of chosen filters of every layer, one per image at most.
package struct FiringPlaces {
  /// For every layer, for every chosen filter: its places, nearest first.
  package let places: [[[FiringPlace]]]

  /// Runs the images through the network.
  /// - Parameters:
  ///   - filters: for every layer, the filters to look at.
  ///   - count: places wanted per filter.
  /// - Precondition: the images have the network's shape.
  package init(_ network: Network, images: LabelledImages, filters: [[Int]], count: Int, threads: Int) {
    let threads = MemoryLimit.current.workers(min(threads, images.count), each: network.bytesPerPass)
    let finders = WorkerLocal(workers: threads) { _ in
      PlaceFinder(network, filters: filters, count: count)
    }
    parallelFor(images.count, threads: threads) { image, worker in finders[worker].look(at: images, image) }
    places = filters.indices.map { layer in
      filters[layer].indices.map { f in
        Array(finders.all.flatMap { $0.nearest[layer][f] }.sorted().prefix(count))
      }
    }
  }
}

/// The nearest places that one thread has seen.
private final class PlaceFinder {
  private let pass: ForwardPass
  private let filters: [[Int]]
  private let count: Int
  private(set) var nearest: [[[FiringPlace]]]

  init(_ network: Network, filters: [[Int]], count: Int) {
    pass = ForwardPass(network: network)
    self.filters = filters
    self.count = count
    nearest = filters.map { $0.map { _ in [] } }
  }

  func look(at images: LabelledImages, _ image: Int) {
    images.withPixels(of: image) { pass.run($0, scores: false, features: true) }
    for (layer, layerPass) in pass.layers.enumerated() {
      let chosen = filters[layer]
      let width = layerPass.input.width
      let stride = layerPass.bank.stride
      var best = [(distance: Int, position: Int)](repeating: (Int.max, 0), count: chosen.count)
      layerPass.forEachTile { rows, distances in
        for position in 0..<rows.count * width {
          for (f, filter) in chosen.enumerated() {
            let distance = Int(distances[position * stride + filter])
            if distance < best[f].distance { best[f] = (distance, rows.lowerBound * width + position) }
          }
        }
      }
      for (f, found) in best.enumerated() {
        insert(
          FiringPlace(
            distance: found.distance, image: image, row: found.position / width,
            column: found.position % width),
          into: &nearest[layer][f])
      }
    }
  }

  private func insert(_ place: FiringPlace, into list: inout [FiringPlace]) {
    if list.count == count, let last = list.last, last < place { return }
    let index = list.firstIndex { place < $0 } ?? list.count
    list.insert(place, at: index)
    if list.count > count { list.removeLast() }
  }
}
