// A last layer of single positions whose head counts margins: done 32 positions at a time.

import BinaryNetworks

/// How many bits its numbers have in the program (`Runtime/slices.c`).
struct SlicedLayer {
  /// Words of a position's bits.
  let words: Int
  /// Bits of a number between the sum of bits and the margins, with its sign.
  let slices: Int
  /// Bits of a sum of bits, of which at most half of a position's are added up: at least 3.
  let onesSlices: Int
  /// Bits of a margin.
  let marginSlices: Int
  /// Bits of the sum of margins of the rows in a square.
  let sumSlices: Int
  /// Whether the image alone enters, so that a row of its bits is enough.
  let streams: Bool
  /// Columns of the widest square.
  let squareWidth: Int

  /// Nil for a layer that has to be done position by position: its filters have masks or see more than a position, it hands features on, counts
  /// others than margins, or several of a side.
  init?(_ layer: ExportedLayer) {
    let bank = layer.layer.bank
    guard layer.pair != nil, !layer.gathers, let head = layer.layer.head else { return nil }
    words = layer.words
    streams = layer.isFirst
    // No raised distance is larger; the thresholds of the far side that are never count as it.
    let largest = bank.patchBits + bank.middle
    func thresholds(_ side: FeatureSide) -> [Int] {
      bank.features.filter { $0.isCounted && $0.side == side }.flatMap { $0.thresholds.map(Int.init) }
    }
    let near = thresholds(.near).max() ?? 0
    let far = thresholds(.far).min().map { max(0, largest - $0) } ?? 0
    func bits(_ number: Int) -> Int { Int.bitWidth - number.leadingZeroBitCount }
    onesSlices = max(3, bits(bank.patchBits / 2))
    slices = max(1 + onesSlices, 1 + bits(max(largest, near)))
    marginSlices = max(1, bits(max(near, far)))
    let rows = (0..<head.layout.grid).map { square in
      (0..<layer.input.height).count { $0 * head.layout.grid / layer.input.height == square }
    }
    sumSlices = max(marginSlices + 1, bits((rows.max() ?? 1) * ((1 << marginSlices) - 1)))
    let columns = head.layout.columns(width: layer.input.width)
    squareWidth = zip(columns.dropFirst(), columns).map { $0 - $1 }.max() ?? 0
    // A word of a position holds two numbers of at most 15 bits.
    if slices > 15 || sumSlices > 31 { return nil }
  }

  /// Words of the slices of 32 positions.
  var planes: Int { 32 * words + 32 }
}
