// How good a network is on labelled images: counted, so that it too can be a round.

package import BinaryNetworks
package import CountingRounds
package import ImageData
import Plumbing

/// Counts right answers of every layer's head alone, of the sums of heads so far, and the confusion of the full sum;
/// for temperatures, how well the shares they make of the full sum foretell the right class.
///
/// State after the round: "alone" and "sum" (right answers per layer), "confusion" (true class × predicted class),
/// "images"; with temperatures "calibration", the numbers of a `CalibrationCounts` for each.
package struct EvaluationRound: CountingRound {
  let network: Network
  let temperatures: [Temperature]

  /// A round for a network whose layers have heads.
  package init(network: Network, temperatures: [Temperature] = []) {
    self.network = network
    self.temperatures = temperatures
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let classes = network.classNames.count
    let layers = network.layers.count
    let predictions = SharedBuffer<Int32>(repeating: 0, count: shard.indices.count * layers * 2)
    let threads = MemoryLimit.current.workers(threads, each: network.bytesPerPass)
    let workers = max(1, min(threads, shard.indices.count))
    let passes = WorkerLocal(workers: workers) { _ in ForwardPass(network: network) }
    let width = CalibrationCounts.width * temperatures.count
    let calibration = SharedBuffer<Int64>(repeating: 0, count: workers * width)
    parallelFor(shard.indices.count, threads: threads) { item, worker in
      let index = shard.indices[item]
      let pass = passes[worker]
      shard.images.withPixels(of: index) { pass.run($0, scores: true, features: false) }
      var sum = [Int64](repeating: 0, count: classes)
      predictions.withMutableSpan(item * layers * 2..<(item + 1) * layers * 2) { out in
        for layer in 0..<layers {
          let scores = pass.scores(ofLayer: layer) ?? Array(repeating: 0, count: classes)
          for c in 0..<classes { sum[c] += scores[c] }
          out[2 * layer] = Int32(highest(scores))
          out[2 * layer + 1] = Int32(highest(sum))
        }
      }
      let label = Int(shard.images.labels[index])
      calibration.withMutableSpan(worker * width..<(worker + 1) * width) { counts in
        for (i, temperature) in temperatures.enumerated() {
          CalibrationCounts.add(sum, label: label, temperature, to: &counts, at: i * CalibrationCounts.width)
        }
      }
    }
    var alone = [Int64](repeating: 0, count: layers)
    var together = alone
    var confusion = [Int64](repeating: 0, count: classes * classes)
    let found = predictions.array
    for (item, index) in shard.indices.enumerated() {
      let label = Int(shard.images.labels[index])
      for layer in 0..<layers {
        let at = (item * layers + layer) * 2
        if Int(found[at]) == label { alone[layer] += 1 }
        if Int(found[at + 1]) == label { together[layer] += 1 }
      }
      if layers > 0 { confusion[label * classes + Int(found[(item * layers + layers - 1) * 2 + 1])] += 1 }
    }
    var tally = Tally([
      "alone": alone, "sum": together, "confusion": confusion, "images": [Int64(shard.indices.count)],
    ])
    if !temperatures.isEmpty {
      var total = [Int64](repeating: 0, count: width)
      for (i, count) in calibration.array.enumerated() { total[i % width] += count }
      tally["calibration"] = total
    }
    return tally
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }

  /// Bytes of what is counted over images: the confusions, of a shard, of the sum and as they are reported, and two answers
  /// an image and layer.
  package static func bytes(classes: Int, layers: Int, images: Int) -> Int {
    MemoryLimit.sum(
      MemoryLimit.product(4, 8, classes, classes), MemoryLimit.product(2, 8, layers, images))
  }
}

extension EvaluationRound: PortableImageRound {
  package static var name: RoundName { .evaluation }

  package func described() -> Tally {
    Tally(["network": network.settings, "temperatures": temperatures.map { Int64($0.value) }])
  }

  package init(described: Tally) throws(RoundError) {
    let settings = Settings(described)
    var temperatures: [Temperature] = []
    for value in try settings.array("temperatures") {
      guard let temperature = Temperature(Int(value)) else {
        throw RoundError(
          "a round's description has the temperature \(value), which is not in \(Temperature.range)")
      }
      temperatures.append(temperature)
    }
    self.init(network: try settings.network("network"), temperatures: temperatures)
  }
}

/// The class with the highest score; the first of equals.
package func highest(_ scores: [Int64]) -> Int {
  scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) } ?? 0
}
