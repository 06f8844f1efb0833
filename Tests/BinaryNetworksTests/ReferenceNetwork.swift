// The plain truth about what a network computes: one Bool a bit, one loop an axis, nothing packed.

import BinaryNetworks
import BitKernels
import ImageEncoding
import Plumbing

/// Bits of height × width positions.
struct BoolMap: Equatable {
  let height: Int
  let width: Int
  var bits: [[[Bool]]]

  init(height: Int, width: Int, _ at: (_ y: Int, _ x: Int) -> [Bool]) {
    self.height = height
    self.width = width
    bits = (0..<height).map { y in (0..<width).map { x in at(y, x) } }
  }

  /// The bits of a position, all off outside the map.
  func at(_ y: Int, _ x: Int, channels: Int) -> [Bool] {
    (0..<height).contains(y) && (0..<width).contains(x)
      ? bits[y][x] : Array(repeating: false, count: channels)
  }

  func appending(_ other: BoolMap) -> BoolMap {
    BoolMap(height: height, width: width) { y, x in bits[y][x] + other.bits[y][x] }
  }
}

/// What the reference says of one image.
struct ReferenceResult {
  var counts: [[Int]] = []
  var scores: [[Int64]?] = []
  /// Distances of every layer: position, filter.
  var distances: [[[Int]]] = []
  var output: BoolMap
}

enum ReferenceNetwork {
  static func run(_ network: Network, _ pixels: [UInt8]) -> ReferenceResult {
    var image = pixels.map(Int.init)
    var shape = network.shape
    var level = 0
    let all = Array(network.encoder.spec.signals.indices)
    var map = encode(network.encoder, image, shape, level: 0, seen: all)
    var result = ReferenceResult(output: map)
    for (index, layer) in network.layers.enumerated() {
      if index == 0 || layer.signals != nil {
        (image, shape, level) = (pixels.map(Int.init), network.shape, 0)
        map = encode(network.encoder, image, shape, level: 0, seen: layer.signals ?? all)
      }
      let distances = self.distances(layer.bank, map)
      result.distances.append(distances)
      let counts = layer.head.map { count(layer.bank, $0, distances, height: map.height, width: map.width) }
      result.counts.append(counts ?? [])
      result.scores.append(layer.head.flatMap { head in counts.map { scores(head, $0) } })
      let width = map.width
      map = BoolMap(height: map.height, width: width) { y, x in
        layer.bank.features.filter { $0.use != .head }.flatMap { feature in
          feature.thresholds.indices.map { isOn(feature, $0, distances[y * width + x][$0]) }
        }
      }
      if layer.reduction != .none {
        map = pool(map, atLeast: layer.reduction == .or ? 1 : 2)
        (image, shape) = halve(image, shape)
        level += 1
        if network.encoder.spec.pyramid && level < network.encoder.pyramidLevels {
          map = map.appending(encode(network.encoder, image, shape, level: level, seen: all))
        }
      }
    }
    result.output = map
    return result
  }

  /// - Parameter seen: the kinds of signals whose bits are wanted.
  private static func encode(
    _ encoder: ImageEncoder, _ image: [Int], _ shape: ImageShape, level: Int, seen: [Int]
  ) -> BoolMap {
    BoolMap(height: shape.height, width: shape.width) { y, x in
      var bits: [Bool] = []
      var (index, whitened) = (0, 0)
      for (kind, signal) in encoder.spec.signals.enumerated() {
        for s in 0..<signal.signals(channels: shape.channels) {
          func value(_ y: Int, _ x: Int) -> Int {
            let row = min(max(y, 0), shape.height - 1)
            let column = min(max(x, 0), shape.width - 1)
            let pixel = (0..<shape.channels).map { image[(row * shape.width + column) * shape.channels + $0] }
            switch signal.source {
            case .channels: return pixel[s]
            case .mean: return pixel.reduce(0, +)
            case .whitened, .patch, .components: return 0
            case .opponents: return s == 0 ? pixel[0] - pixel[1] : pixel[0] + pixel[1] - 2 * pixel[2]
            }
          }
          var number = value(y, x)
          if signal.source == .whitened {
            let filter = encoder.whitening.factors[level][whitened]
            let (window, channels) = (signal.window, shape.channels)
            for (i, factor) in filter.enumerated() {
              let (dy, dx) = (i / channels / window - window / 2, i / channels % window - window / 2)
              let row = min(max(y + dy, 0), shape.height - 1)
              let column = min(max(x + dx, 0), shape.width - 1)
              number += Int(factor) * image[(row * shape.width + column) * channels + i % channels]
            }
            whitened += 1
          } else if signal.source == .patch || signal.source == .components {
            let window = signal.window
            let patch = (0..<window * window * shape.channels).map { i -> Int in
              let place = i / shape.channels
              let row = min(max(y + place / window - (window - 1) / 2, 0), shape.height - 1)
              let column = min(max(x + place % window - (window - 1) / 2, 0), shape.width - 1)
              return image[(row * shape.width + column) * shape.channels + i % shape.channels]
            }
            let (n, total) = (patch.count, patch.reduce(0, +))
            let spread = n * patch.reduce(0) { $0 + $1 * $1 } - total * total
            // Both numbers are small enough for Double's root to be exact.
            let contrast = Int(Double(spread + 30 * n * n).squareRoot())
            let scale = (51_811 * n + contrast / 2) / contrast
            let sum = zip(encoder.whitening.factors[level][whitened], patch).reduce(0) {
              $0 + Int($1.0) * ($1.1 - 128)
            }
            number = max(-32_767, min(32_767, ((sum >> 5) * scale) >> 12))
            whitened += 1
          } else if signal.window > 0 {
            number *= signal.window * signal.window
            let radius = signal.window / 2
            for dy in -radius...radius { for dx in -radius...radius { number -= value(y + dy, x + dx) } }
          }
          if seen.contains(kind) { bits += encoder.thresholds[level][index].map { number > Int($0) } }
          index += 1
        }
      }
      return bits
    }
  }

  private static func halve(_ image: [Int], _ shape: ImageShape) -> ([Int], ImageShape) {
    let half = ImageShape(
      width: (shape.width + 1) / 2, height: (shape.height + 1) / 2, channels: shape.channels)
    var result: [Int] = []
    for y in 0..<half.height {
      for x in 0..<half.width {
        for c in 0..<shape.channels {
          var values: [Int] = []
          for v in [2 * y, 2 * y + 1] where v < shape.height {
            for u in [2 * x, 2 * x + 1] where u < shape.width {
              values.append(image[(v * shape.width + u) * shape.channels + c])
            }
          }
          result.append((2 * values.reduce(0, +) + values.count) / (2 * values.count))
        }
      }
    }
    return (result, half)
  }

  /// The bits of one filter or mask: position after position, groups one after the other.
  static func unpack(_ words: [UInt64], positions: Int, _ layout: ChannelLayout) -> [Bool] {
    var bits: [Bool] = []
    var word = 0
    for _ in 0..<positions {
      for group in layout.groups {
        for i in 0..<group { bits.append(words[word + i / 64] >> UInt64(i % 64) & 1 == 1) }
        word += (group + 63) / 64
      }
    }
    return bits
  }

  private static func distances(_ bank: FilterBank, _ map: BoolMap) -> [[Int]] {
    let positions = bank.window * bank.window
    let filters = (0..<bank.count).map { unpack(bank.filter($0), positions: positions, bank.seen) }
    let masks = (0..<bank.count).map { unpack(bank.mask($0), positions: positions, bank.seen) }
    let own = bank.count / bank.groups
    let before = (bank.window - 1) / 2
    var result: [[Int]] = []
    for y in 0..<map.height {
      for x in 0..<map.width {
        var patch: [Bool] = []
        for dy in 0..<bank.window {
          for dx in 0..<bank.window {
            patch += map.at(y + dy - before, x + dx - before, channels: bank.input.bits)
          }
        }
        var row = filters.indices.map { k in
          // A group's bits are those of one channel group, all of the same size.
          let first = k / own * filters[k].count
          var distance = 0
          for d in filters[k].indices where patch[first + d] != filters[k][d] && masks[k][d] { distance += 1 }
          return distance
        }
        for group in 0..<(bank.isCentred ? bank.groups : 0) {
          let columns = group * own..<(group + 1) * own
          let mean = row[columns].reduce(0, +) / own
          for k in columns { row[k] = min(65_535, max(0, row[k] - mean + bank.patchBits / 2)) }
        }
        result.append(row)
      }
    }
    return result
  }

  /// Whether a feature of filter k is on at a distance.
  static func isOn(_ feature: FilterFeature, _ k: Int, _ distance: Int) -> Bool {
    let threshold = Int(feature.thresholds[k])
    return feature.side == .near ? distance <= threshold : distance >= threshold
  }

  /// What a distance of filter k adds to a feature's sum.
  static func amount(_ kind: CountKind, _ feature: FilterFeature, _ k: Int, _ distance: Int) -> Int {
    if kind == .plain { return isOn(feature, k, distance) ? 1 : 0 }
    let threshold = Int(feature.thresholds[k])
    return max(0, feature.side == .near ? threshold - distance : distance - threshold)
  }

  private static func pool(_ map: BoolMap, atLeast needed: Int) -> BoolMap {
    let channels = map.bits[0][0].count
    return BoolMap(height: (map.height + 1) / 2, width: (map.width + 1) / 2) { y, x in
      let four = [(0, 0), (0, 1), (1, 0), (1, 1)].map {
        map.at(2 * y + $0.0, 2 * x + $0.1, channels: channels)
      }
      return (0..<channels).map { c in four.filter { $0[c] }.count >= needed }
    }
  }

  private static func count(
    _ bank: FilterBank, _ head: LinearHead, _ distances: [[Int]], height: Int, width: Int
  ) -> [Int] {
    let counted = bank.features.filter { $0.use != .next }
    let side = head.grid - head.span + 1
    var counts = [Int](repeating: 0, count: side * side * counted.count * bank.count)
    for y in 0..<height {
      for x in 0..<width {
        for cell in cells(head, y: y, x: x, height: height, width: width) {
          for (g, feature) in counted.enumerated() {
            for k in 0..<bank.count {
              counts[(cell * counted.count + g) * bank.count + k] += amount(
                head.counts, feature, k, distances[y * width + x][k])
            }
          }
        }
      }
    }
    // Small enough for Double's root to be exact.
    return head.counts == .root
      ? counts.map { Int(Double(min($0, 0xff_ffff) * 256).squareRoot()) } : counts
  }

  /// The cells of a head that contain a position.
  static func cells(_ head: LinearHead, y: Int, x: Int, height: Int, width: Int) -> [Int] {
    let (row, column) = (y * head.grid / height, x * head.grid / width)
    let side = head.grid - head.span + 1
    return (0..<side * side).filter { cell in
      (cell / side..<cell / side + head.span).contains(row)
        && (cell % side..<cell % side + head.span).contains(column)
    }
  }

  private static func scores(_ head: LinearHead, _ counts: [Int]) -> [Int64] {
    (0..<head.classes).map { c in
      var sum = Int(head.bias[c])
      for f in counts.indices { sum += Int(head.weights[c * counts.count + f]) * counts[f] }
      // sum · 2^16 / 2^scale, rounded down.
      let unit = Int128(1) << Int128(head.scale)
      let scaled = Int128(sum) << 16
      let quotient = scaled / unit
      return Int64(quotient * unit > scaled ? quotient - 1 : quotient)
    }
  }
}
