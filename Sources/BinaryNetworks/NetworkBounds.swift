// What a network read from a file must not exceed so that no sum overflows and no image needs absurd memory.

import BitKernels

/// Adds up, layer by layer, the memory an image needs and the largest score there can be.
struct NetworkBounds {
  private var words = 0
  private var score: UInt128 = 0

  /// Takes the map in front of a layer into account.
  /// - Returns: what is wrong with it, nil if nothing.
  mutating func add(map: LayerInput, window: Int) -> String? {
    words += (map.height + window - 1) * (map.width + window - 1) * map.layout.words
    if words <= ModelFile.mostMapWords { return nil }
    return "an image needs more than \(8 * ModelFile.mostMapWords) bytes up to here"
  }

  /// Takes a layer and the map in front of it into account.
  /// - Returns: what is wrong with it, nil if nothing.
  mutating func add(_ layer: NetworkLayer, input: LayerInput) -> String? {
    let bank = layer.bank
    // No overflow: at most 2^28 positions with a border of 6, each of at most 2^10 words.
    words += input.height * input.width * bank.output.words + input.width * bank.stride / 4
    if let problem = add(map: input, window: bank.window) { return problem }
    guard let head = layer.head else { return nil }
    // A cell has at most ⌈H/G⌉ · ⌈W/G⌉ positions.
    let rows = (input.height + head.grid - 1) / head.grid
    let columns = (input.width + head.grid - 1) / head.grid
    let rules = head.counts.rules
    let sum = rows * columns * rules.largestAmount(threshold: Int(bank.thresholds[0].max() ?? 0))
    guard sum <= Int(Int32.max) else {
      return "a cell of the head's grid may count \(sum), beyond 32 bits"
    }
    let count = rules.largestCount(sum: sum)
    var largest: UInt128 = 0
    for c in 0..<head.classes {
      let weights = head.weights[c * head.features..<(c + 1) * head.features]
      let sizes = weights.reduce(UInt64(0)) { $0 + UInt64($1.magnitude) }
      largest = max(largest, UInt128(sizes) * UInt128(count) + UInt128(head.bias[c].magnitude))
    }
    let shift = max(0, LinearHead.scoreBits - head.scale)
    score += largest << UInt128(shift) + 1
    guard largest < 1 << 62, score < 1 << 62 else { return "the head's scores may be beyond 64 bits" }
    return nil
  }
}
