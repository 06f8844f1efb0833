// A head's weights as the program has them: in as few bits as they need.

import BinaryNetworks

/// The weights of all heads, in one number of bits.
///
/// Weights that were learned with few bits are multiples of a step, each filter's feature of its own. What they are multiples of is what
/// they have in common, so steps need not be known: weights are divided by their greatest common divisor where fewer bits then do.
struct PackedWeights {
  /// Bits of a weight: 4, 8 or 16.
  let bits: Int
  /// What the weights of each filter's feature are multiples of, by layer; empty where all are left as they are.
  let steps: [[UInt16]]
  /// By layer, filter, feature, class, cell.
  private let weights: [[Int16]]
  private let rows: [Int]

  init(_ layers: [ExportedLayer]) {
    let divisors = layers.map(Self.divisors)
    let whole = Self.bits(of: layers.map(\.weights), .init(repeating: [], count: layers.count), layers)
    let divided = Self.bits(of: layers.map(\.weights), divisors, layers)
    rows = layers.map { $0.layer.head?.cells ?? 0 }
    guard divided < whole else {
      (bits, steps, weights) = (whole, layers.map { _ in [] }, layers.map(\.weights))
      return
    }
    bits = divided
    steps = divisors
    weights = zip(layers, divisors).map { layer, divisors in
      layer.weights.enumerated().map { Int16(Int($1) / Int(divisors[$0 / layer.featureWeights])) }
    }
  }

  var hasSteps: Bool { steps.contains { !$0.isEmpty } }

  /// What a weight is kept as.
  var type: String {
    switch bits {
    case 4: "uint8_t"
    case 8: "int8_t"
    default: "int16_t"
    }
  }

  /// A layer's weights as the program's table holds them: of 4 bits two in a byte, raised by 8, each class's from a byte on.
  func table(_ layer: Int) -> [Int16] {
    guard bits == 4 else { return weights[layer] }
    var bytes: [Int16] = []
    for start in stride(from: 0, to: weights[layer].count, by: max(1, rows[layer])) {
      let row = weights[layer][start..<start + rows[layer]].map { $0 + 8 }
      for at in stride(from: 0, to: row.count, by: 2) {
        bytes.append(row[at] | (at + 1 < row.count ? row[at + 1] : 8) << 4)
      }
    }
    return bytes
  }

  /// Bytes of a layer's weights.
  func bytes(_ layer: Int) -> Int { table(layer).count * (bits == 16 ? 2 : 1) }

  /// The largest size of what one feature adds to a class's score, in units of its step.
  func largestSum(_ layer: Int, count: Int) -> UInt128 {
    // Weights of 4 bits are summed up as numbers from 0 to 15, and as many eights are taken off.
    if bits == 4 { return UInt128(15 * rows[layer]) * UInt128(count) }
    var largest: UInt64 = 0
    for start in stride(from: 0, to: weights[layer].count, by: max(1, rows[layer])) {
      largest = max(
        largest, weights[layer][start..<start + rows[layer]].reduce(0) { $0 + UInt64($1.magnitude) })
    }
    return UInt128(largest) * UInt128(count)
  }

  /// What the weights of each filter's feature have in common; 1 where all are zero.
  private static func divisors(_ layer: ExportedLayer) -> [UInt16] {
    guard layer.featureWeights > 0 else { return [] }
    return stride(from: 0, to: layer.weights.count, by: layer.featureWeights).map { start in
      var divisor: UInt16 = 0
      for weight in layer.weights[start..<start + layer.featureWeights] {
        var (a, b) = (divisor, weight.magnitude)
        while b != 0 { (a, b) = (b, a % b) }
        divisor = a
        if divisor == 1 { break }
      }
      return max(1, divisor)
    }
  }

  private static func bits(of weights: [[Int16]], _ divisors: [[UInt16]], _ layers: [ExportedLayer]) -> Int {
    var largest: UInt16 = 0
    for (weights, (divisors, layer)) in zip(weights, zip(divisors, layers)) {
      for (at, weight) in weights.enumerated() {
        largest = max(
          largest, weight.magnitude / (divisors.isEmpty ? 1 : divisors[at / layer.featureWeights]))
      }
    }
    return largest <= 7 ? 4 : largest <= 127 ? 8 : 16
  }
}
