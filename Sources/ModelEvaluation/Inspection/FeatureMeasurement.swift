// Features looked at on images: how often each is on, and how much pairs of them say the same.

import BinaryNetworks
import BitKernels
import ImageData
import Plumbing

/// Features of every layer counted over images.
struct FeatureMeasurement {
  /// For every layer, every threshold, every filter: positions at which the feature was on.
  private(set) var onCounts: [[[Int]]]
  /// For every layer: positions looked at.
  private(set) var positions: [Int]
  /// For every layer: correlation of the filters' first features at sampled positions.
  private(set) var correlations: [PairStatistics]

  /// Positions, over all images, at which pairs of features are compared.
  static let samples = 4096

  /// Runs the images through the network.
  /// - Precondition: the images have the network's shape.
  init(_ network: Network, images: LabelledImages, threads: Int) {
    let threads = MemoryLimit.current.workers(min(threads, images.count), each: network.bytesPerPass)
    let counters = WorkerLocal(workers: threads) { _ in FeatureCounter(network) }
    let sampled = network.layers.map { layer in
      SharedBuffer<UInt64>(repeating: 0, count: Self.samples * wordCount(bits: layer.bank.count))
    }
    parallelFor(images.count, threads: threads) { image, worker in
      counters[worker].add(images, image, samples: sampled)
    }
    positions = network.layers.indices.map { layer in
      let input = network.input(ofLayer: layer)
      return images.count * input.height * input.width
    }
    onCounts = network.layers.enumerated().map { layer, element in
      let group = 64 * wordCount(bits: element.bank.count)
      return element.bank.features.indices.map { t in
        (0..<element.bank.count).map { k in
          counters.all.reduce(0) { $0 + $1.counts[layer][t * group + k] }
        }
      }
    }
    correlations = zip(network.layers, sampled).map { layer, words in
      let rows = SampledFeatures(
        words.array, features: layer.bank.count, samples: images.count == 0 ? 0 : Self.samples)
      return rows.correlation(threads: threads)
    }
  }
}

/// Counts of one thread.
private final class FeatureCounter {
  private let pass: ForwardPass
  /// For every layer, a count for every bit of its packed features.
  private(set) var counts: [[Int]]
  private var imageCounts: [[UInt32]]
  /// For every layer, the words of all features of a position, and those of all positions.
  private let words: [Int]
  private let features: [SharedBuffer<UInt64>]

  init(_ network: Network) {
    pass = ForwardPass(network: network)
    words = network.layers.map { $0.bank.features.count * wordCount(bits: $0.bank.count) }
    counts = words.map { Array(repeating: 0, count: 64 * $0) }
    imageCounts = counts.map { Array(repeating: 0, count: $0.count) }
    features = zip(pass.layers, words).map { SharedBuffer(repeating: 0, count: $0.map.positions * $1) }
  }

  func add(_ images: LabelledImages, _ image: Int, samples: [SharedBuffer<UInt64>]) {
    images.withPixels(of: image) { pass.run($0, scores: false, features: false) }
    for (layer, layerPass) in pass.layers.enumerated() {
      let (words, features) = (words[layer], features[layer])
      features.withMutableSpan(0..<features.count) { out in
        layerPass.forEachTile { rows, distances in
          layerPass.pack(layerPass.bank.features, rows: rows, distances: distances, into: &out)
        }
      }
      for i in imageCounts[layer].indices { imageCounts[layer][i] = 0 }
      var out = imageCounts[layer].mutableSpan
      features.withSpan(0..<features.count) { features in
        Kernels.positionalPopcount(
          features, count: layerPass.map.positions, rowStride: words, words: words, into: &out)
      }
      for i in counts[layer].indices { counts[layer][i] += Int(imageCounts[layer][i]) }
      sample(layerPass, layer: layer, image: image, of: images.count, into: samples[layer])
    }
  }

  /// Copies the features of this image's part of the samples: sample s looks at image s · N / S.
  private func sample(
    _ layerPass: LayerPass, layer: Int, image: Int, of count: Int, into samples: SharedBuffer<UInt64>
  ) {
    let total = FeatureMeasurement.samples
    let mine = (image * total + count - 1) / count..<((image + 1) * total + count - 1) / count
    let group = wordCount(bits: layerPass.bank.count)
    let positions = layerPass.map.positions
    let stride = words[layer]
    features[layer].withSpan(0..<positions * stride) { features in
      samples.withMutableSpan(mine.lowerBound * group..<mine.upperBound * group) { out in
        for s in mine {
          var generator = SeededGenerator(seed: 0, UInt64(layer), UInt64(s))
          let from = generator.below(positions) * stride
          for w in 0..<group { out[(s - mine.lowerBound) * group + w] = features[from + w] }
        }
      }
    }
  }
}

/// Features at sampled positions, one row of bits per feature.
struct SampledFeatures {
  private let features: Int
  private let samples: Int
  private let words: Int
  private let rows: [UInt64]

  /// Turns samples × words into features × samples.
  init(_ sampled: [UInt64], features: Int, samples: Int) {
    self.features = features
    self.samples = samples
    words = wordCount(bits: samples)
    let group = wordCount(bits: features)
    var rows = [UInt64](repeating: 0, count: features * words)
    for s in 0..<samples {
      for k in 0..<features where sampled[s * group + k / 64] >> UInt64(k % 64) & 1 == 1 {
        rows[k * words + s / 64] |= 1 << UInt64(s % 64)
      }
    }
    self.rows = rows
  }

  /// Mean and largest absolute phi correlation over all pairs of features that vary.
  ///
  /// With n samples, n1 and n2 of them on and n11 on in both:
  /// phi = (n · n11 − n1 · n2) / √(n1 (n − n1) n2 (n − n2)). All but the root and the division are integers.
  func correlation(threads: Int) -> PairStatistics {
    let on = (0..<features).map { k in
      (0..<words).reduce(0) { $0 + rows[k * words + $1].nonzeroBitCount }
    }
    let sums = SharedBuffer(repeating: CorrelationSums(), count: features)
    parallelFor(features, threads: threads) { a, _ in
      guard on[a] > 0, on[a] < samples else { return }
      var row = CorrelationSums()
      for b in a + 1..<max(a + 1, features) where on[b] > 0 && on[b] < samples {
        let both = countBoth(a, b)
        let spread = Double(on[a] * (samples - on[a])) * Double(on[b] * (samples - on[b]))
        row.add(Double(abs(samples * both - on[a] * on[b])) / spread.squareRoot())
      }
      sums.withMutableSpan(a..<a + 1) { $0[0] = row }
    }
    var all = CorrelationSums()
    for row in sums.array {
      all.pairs += row.pairs
      all.sum += row.sum
      all.highest = max(all.highest, row.highest)
      all.above += row.above
    }
    return PairStatistics(
      pairs: all.pairs, mean: all.sum / Double(max(1, all.pairs)), highest: all.highest,
      above90Percent: all.above)
  }

  private func countBoth(_ a: Int, _ b: Int) -> Int {
    let rows = rows.span
    var both = 0
    for w in 0..<words { both += (rows[a * words + w] & rows[b * words + w]).nonzeroBitCount }
    return both
  }
}

/// What is summed over the pairs of one feature with those after it.
private struct CorrelationSums {
  var pairs = 0
  var sum = 0.0
  var highest = 0.0
  var above = 0

  mutating func add(_ correlation: Double) {
    pairs += 1
    sum += correlation
    highest = max(highest, correlation)
    if correlation > 0.9 { above += 1 }
  }
}
