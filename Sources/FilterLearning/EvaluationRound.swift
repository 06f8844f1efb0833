// How good a network is on labelled images: counted, so that it too can be a round.

package import BinaryNetworks
package import CountingRounds
package import ImageData
import Plumbing

/// Counts right answers of every layer's head alone, of the sums of heads so far, and the confusion of the network's answers, which
/// may come early or from a second look; for temperatures, how well the shares they make of these answers foretell the right class.
///
/// State after the round: "alone" and "sum" (right answers per layer), "confusion" (true class × predicted class), "stops" (images
/// answered at each stage), "images"; with temperatures "calibration", the numbers of a `CalibrationCounts` for each. Where answers are listed
/// "answers" and, with a temperature, "shares" of these answers in millionths: a number for each image of the data set, 0 for those of
/// other shards. Where layers are not judged, "alone" and "sum" are left out.
package struct EvaluationRound: CountingRound {
  let network: Network
  let temperatures: [Temperature]
  let effort: Effort
  /// Whether the answer to every image is listed, too. Only here: nothing of single images travels to other processes.
  let listsAnswers: Bool
  /// Whether every layer is judged on every image; else an image runs through no more layers than its answer takes. Not described either.
  let judgesLayers: Bool

  /// A round for a network whose layers have heads.
  package init(
    network: Network, temperatures: [Temperature] = [], effort: Effort = .early, listsAnswers: Bool = false,
    judgesLayers: Bool = true
  ) {
    self.network = network
    self.temperatures = temperatures
    self.effort = effort
    self.listsAnswers = listsAnswers
    self.judgesLayers = judgesLayers
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let layers = judgesLayers ? network.layers.count : 0
    // For each image the answer of every layer alone and so far, then the network's, and its stage.
    let columns = 2 * layers + 2
    let predictions = SharedBuffer<Int32>(repeating: 0, count: shard.indices.count * columns)
    let threads = MemoryLimit.current.workers(threads, each: network.bytesPerPass)
    let workers = max(1, min(threads, shard.indices.count))
    let passes = WorkerLocal(workers: workers) { _ in ForwardPass(network: network) }
    let width = CalibrationCounts.width * temperatures.count
    let calibration = SharedBuffer<Int64>(repeating: 0, count: workers * width)
    let listed = listsAnswers ? temperatures.first : nil
    let shares = SharedBuffer<Int64>(repeating: 0, count: listed == nil ? 0 : shard.images.count)
    parallelFor(shard.indices.count, threads: threads) { item, worker in
      let index = shard.indices[item]
      let pass = passes[worker]
      let label = Int(shard.images.labels[index])
      shard.images.withPixels(of: index) { pixels in
        let (alone, sums) = judgesLayers ? pass.scores(of: pixels) : ([], [])
        let answer =
          judgesLayers
          ? network.answer(sums, effort: effort) { pass.mirroredScores(pixels) }
          : pass.answer(pixels, effort: effort)
        predictions.withMutableSpan(item * columns..<(item + 1) * columns) { out in
          for layer in 0..<layers {
            out[2 * layer] = Int32(alone[layer].map(highest) ?? 0)
            out[2 * layer + 1] = Int32(highest(sums[layer]))
          }
          out[2 * layers] = Int32(highest(answer.scores))
          out[2 * layers + 1] = Int32(answer.stage)
        }
        if let listed {
          let all = Prediction(scores: answer.scores, temperature: listed).shares ?? []
          shares.withMutableSpan(index..<index + 1) { $0[0] = Int64(all[highest(answer.scores)]) }
        }
        calibration.withMutableSpan(worker * width..<(worker + 1) * width) { counts in
          for (i, temperature) in temperatures.enumerated() {
            CalibrationCounts.add(
              answer.scores, label: label, temperature, to: &counts, at: i * CalibrationCounts.width)
          }
        }
      }
    }
    let found = predictions.array
    var tally = answers(found, of: shard)
    if listsAnswers {
      var answers = [Int64](repeating: 0, count: shard.images.count)
      for (item, index) in shard.indices.enumerated() {
        answers[index] = Int64(found[item * columns + 2 * layers])
      }
      tally["answers"] = answers
      if listed != nil { tally["shares"] = shares.array }
    }
    if !temperatures.isEmpty {
      var total = [Int64](repeating: 0, count: width)
      for (i, count) in calibration.array.enumerated() { total[i % width] += count }
      tally["calibration"] = total
    }
    return tally
  }

  /// The right answers, confusions and stops of a shard, from what was found for each of its images.
  private func answers(_ found: [Int32], of shard: ImageShard) -> Tally {
    let (classes, layers) = (network.classNames.count, judgesLayers ? network.layers.count : 0)
    let columns = 2 * layers + 2
    var alone = [Int64](repeating: 0, count: layers)
    var together = alone
    var confusion = [Int64](repeating: 0, count: classes * classes)
    var stops = [Int64](repeating: 0, count: network.stages)
    for (item, index) in shard.indices.enumerated() where !network.layers.isEmpty {
      let label = Int(shard.images.labels[index])
      let at = item * columns
      for layer in 0..<layers {
        if Int(found[at + 2 * layer]) == label { alone[layer] += 1 }
        if Int(found[at + 2 * layer + 1]) == label { together[layer] += 1 }
      }
      confusion[label * classes + Int(found[at + 2 * layers])] += 1
      stops[Int(found[at + 2 * layers + 1])] += 1
    }
    var tally = Tally([
      "confusion": confusion, "stops": stops, "images": [Int64(shard.indices.count)],
    ])
    if judgesLayers { (tally["alone"], tally["sum"]) = (alone, together) }
    return tally
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }

  /// Bytes of what is counted over images: the confusions, of a shard, of the sum and as they are reported, and two answers
  /// an image and layer, then the last one with its stage.
  package static func bytes(classes: Int, layers: Int, images: Int) -> Int {
    MemoryLimit.sum(
      MemoryLimit.product(4, 8, classes, classes), MemoryLimit.product(2, 8, layers + 1, images))
  }
}

extension EvaluationRound: PortableImageRound {
  package static var name: RoundName { .evaluation }

  package func described() -> Tally {
    Tally([
      "network": network.settings, "temperatures": temperatures.map { Int64($0.value) },
      "full": [effort == .full ? 1 : 0],
    ])
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
    self.init(
      network: try settings.network("network"), temperatures: temperatures,
      effort: try settings.flag("full") ? .full : .early)
  }
}

/// The class with the highest score; the first of equals.
package func highest(_ scores: [Int64]) -> Int {
  scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) } ?? 0
}
