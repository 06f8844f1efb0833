// Which filters matter to their layer's head, and for which classes they speak.

package import BinaryNetworks
package import ImageData
import Plumbing

/// How much every filter moves the scores of its layer's head.
///
/// A count moves a score by its weight times how much the count varies from image to image. A filter's influence is
/// the sum, over cells and classes, of the count's standard deviation times how far the class's weight is from the
/// mean of all classes (what all classes share decides nothing).
package struct FilterInfluence {
  /// For every layer, the influence of every filter; zeros for a layer without head.
  package let influence: [[Double]]

  /// Measures the spread of the counts on images.
  /// - Precondition: the images have the network's shape.
  package init(_ network: Network, images: LabelledImages, threads: Int) {
    let threads = MemoryLimit.current.workers(min(threads, images.count), each: network.bytesPerPass)
    let meters = WorkerLocal(workers: threads) { _ in CountMeter(network) }
    parallelFor(images.count, threads: threads) { image, worker in meters[worker].look(at: images, image) }
    influence = network.layers.enumerated().map { index, layer in
      var influence = [Double](repeating: 0, count: layer.bank.count)
      guard let head = layer.head else { return influence }
      for feature in 0..<head.features {
        let sum = meters.all.reduce(0) { $0 + $1.sums[index][feature] }
        let squares = meters.all.reduce(0) { $0 + $1.squares[index][feature] }
        let weights = (0..<head.classes).map { Double(head.weights[$0 * head.features + feature]) }
        let mean = weights.reduce(0, +) / Double(weights.count)
        influence[feature % layer.bank.count] +=
          deviation(count: images.count, sum: sum, squares: squares)
          * weights.reduce(0) { $0 + abs($1 - mean) }
      }
      return influence
    }
  }

  /// The filters of a layer with the most influence, the strongest first.
  package func strongest(_ count: Int, ofLayer layer: Int) -> [Int] {
    let influence = influence[layer]
    return Array(influence.indices.sorted { (influence[$0], -$0) > (influence[$1], -$1) }.prefix(count))
  }
}

/// Standard deviation of `count` numbers from their sum and the sum of their squares.
private func deviation(count: Int, sum: Int, squares: Int) -> Double {
  guard count > 0 else { return 0 }
  let mean = Double(sum) / Double(count)
  return max(0, Double(squares) / Double(count) - mean * mean).squareRoot()
}

/// Sums of one thread's counts and of their squares.
private final class CountMeter {
  private let pass: ForwardPass
  private(set) var sums: [[Int]]
  private(set) var squares: [[Int]]

  init(_ network: Network) {
    pass = ForwardPass(network: network)
    sums = pass.counts.map { Array(repeating: 0, count: $0.count) }
    squares = sums
  }

  func look(at images: LabelledImages, _ image: Int) {
    images.withPixels(of: image) { pass.run($0, scores: true, features: false) }
    for (layer, counts) in pass.counts.enumerated() {
      for (feature, count) in counts.array.enumerated() {
        // Counts are below 2^31 and images few, but their squares' sum may wrap for absurd heads.
        sums[layer][feature] &+= Int(count)
        squares[layer][feature] &+= Int(count) &* Int(count)
      }
    }
  }
}

extension NetworkLayer {
  /// The classes that patches like filter k speak most for and most against, by its weights summed over the cells, those of far
  /// features taken away; nil without head or if all classes are alike to it.
  package func opinion(ofFilter k: Int) -> (for: Int, against: Int)? {
    guard let head else { return nil }
    let signs = bank.countedFeatures.map { $0.side == .near ? 1 : -1 }
    let sums = (0..<head.classes).map { c in
      stride(from: k, to: head.features, by: bank.count).reduce(0) { sum, f in
        sum + signs[f / bank.count % signs.count] * Int(head.weights[c * head.features + f])
      }
    }
    guard let most = sums.indices.max(by: { (sums[$0], -$0) < (sums[$1], -$1) }),
      let least = sums.indices.min(by: { (sums[$0], $0) < (sums[$1], $1) }), sums[most] > sums[least]
    else { return nil }
    return (most, least)
  }
}
