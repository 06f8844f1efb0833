// Layers of single positions that hand nothing on and whose heads count margins: done 32 positions at a time.

import BinaryNetworks

/// How many bits the numbers of such layers have in the program (`Runtime/slices.c`).
struct SlicedLayer {
  /// Words of a position's bits.
  let words: Int
  /// Bits of a number between the sum of bits and the margins, with its sign.
  private(set) var slices: Int
  /// Bits of a sum of bits, of which at most half of a position's are added up: at least 3.
  private(set) var onesSlices: Int
  /// Bits of a margin.
  private(set) var marginSlices: Int
  /// Bits of the sum of margins of the rows in a square.
  private(set) var sumSlices: Int
  /// Whether the image alone enters, so that a row of its bits is enough.
  let streams: Bool
  /// Columns of the widest square.
  private(set) var squareWidth: Int

  /// Nil for a layer that has to be done position by position: its filters have masks or see more than a position, it hands features on, counts
  /// others than margins, or several of a side.
  init?(_ layer: ExportedLayer) {
    let bank = layer.layer.bank
    guard layer.pair != nil, !layer.gathers, let head = layer.layer.head else { return nil }
    words = layer.words
    streams = layer.input.isImage
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

  /// What layers share: numbers of the widest one have room for those of all.
  private func joined(_ other: SlicedLayer) -> SlicedLayer {
    var joined = self
    joined.slices = max(slices, other.slices)
    joined.onesSlices = max(onesSlices, other.onesSlices)
    joined.marginSlices = max(marginSlices, other.marginSlices)
    joined.sumSlices = max(sumSlices, other.sumSlices)
    joined.squareWidth = max(squareWidth, other.squareWidth)
    return joined
  }

  /// Says of layers whether they are sliced. The program has one set of sizes, so of layers that differ in words or in whether they stream
  /// those with the most distances are.
  /// - Returns: what they share; nil where none is sliced.
  static func choose(_ layers: inout [ExportedLayer]) -> SlicedLayer? {
    struct Kind: Hashable { let words: Int, streams: Bool }
    let sliced = layers.map(SlicedLayer.init)
    let kinds = sliced.map { $0.map { Kind(words: $0.words, streams: $0.streams) } }
    var (chosen, most): (Kind?, Int) = (nil, 0)
    for case let kind? in kinds where kind != chosen {
      let work = zip(layers, kinds).reduce(0) {
        $1.1 == kind ? $0 + $1.0.positions * $1.0.layer.bank.count : $0
      }
      if work > most { (chosen, most) = (kind, work) }
    }
    guard chosen != nil else { return nil }
    for (index, kind) in kinds.enumerated() { layers[index].isSliced = kind == chosen }
    let alike = zip(sliced, layers).compactMap { $1.isSliced ? $0 : nil }
    return alike.dropFirst().reduce(alike.first) { $0?.joined($1) }
  }
}
