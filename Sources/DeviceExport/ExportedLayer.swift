// One layer as the C program has it: its tables in the order in which the program reads them.

import BinaryNetworks
import BitKernels
import ImageEncoding

/// A layer's numbers and tables.
struct ExportedLayer {
  let layer: NetworkLayer
  let input: LayerInput
  /// Whether the next layer gets features of it.
  let handsOn: Bool
  /// The signals that enter, cut into what enters at once.
  let parts: [[PlacedSignal]]
  /// The filters' bits, without gaps, in words of 32 bits.
  let filters: [UInt32]
  let masks: [UInt32]?
  /// By filter, feature.
  let thresholds: [UInt16]
  /// What every bit of a patch adds to the sum of a group's distances; empty unless they are centred.
  let balance: [Int16]
  /// The sum of a group's distances to a patch of zeros.
  let balanceBase: [Int32]
  /// By filter, counted feature, class, cell.
  let weights: [Int16]
  /// Whether it is done 32 positions at a time, not position by position.
  var isSliced = false

  /// A signal and the first of its bits among those of a position.
  struct PlacedSignal {
    let numbers: SignalNumbers
    let bit: Int
  }

  init(_ network: Network, index: Int) {
    layer = network.layers[index]
    input = network.input(ofLayer: index)
    handsOn = index + 1 < network.layers.count && !network.input(ofLayer: index + 1).isImage
    let bank = layer.bank
    let isGrouped = input.isImage && bank.groups > 1
    parts = Self.parts(network.encoder(of: input), input: input, isGrouped: isGrouped)
    filters = Self.strings(bank, bank.filter)
    masks = bank.masks.map { _ in Self.strings(bank, bank.mask) }
    thresholds = (0..<bank.count).flatMap { k in bank.features.map { $0.thresholds[k] } }
    (balance, balanceBase) = bank.isCentred ? Self.balance(bank) : ([], [])
    weights = layer.head.map { Self.weights($0, filters: bank.count) } ?? []
  }

  /// Bits of a position that a filter sees.
  var bits: Int { layer.bank.seen.bits }
  /// Bits of a position in the map: of the groups of a layer that looks at the image one at a time.
  var mapBits: Int { parts.count > 1 ? bits : input.layout.bits }
  /// Words of a position in the map.
  var words: Int { words32(mapBits) }
  /// Words of what a filter is compared with.
  var patchWords: Int { words32(layer.bank.patchBits) }
  /// Whether patches are put together from the map.
  var gathers: Bool { layer.bank.window > 1 || bits != mapBits }
  var positions: Int { input.height * input.width }
  var squares: Int { layer.head?.layout.squares ?? 0 }
  var counted: Int { layer.bank.countedFeatures.count }
  var handed: Int { handsOn ? layer.bank.output.groups.count : 0 }

  /// Filters that are counted side by side: many where a row's patches are put together for them, as far as the sums are small.
  var block: Int {
    guard gathers else { return 1 }
    let bytes = 4 * counted * squares + handed * (input.width + 1) / 2
    return min(layer.bank.filtersPerGroup, max(1, min(16, 4096 / max(1, bytes))))
  }

  /// How many weights a filter's feature has.
  var featureWeights: Int { layer.head.map { $0.cells * $0.classes } ?? 0 }
  /// Words of the map that are kept at a time: of a sliced layer that looks at the image those of a row.
  var mapWords: Int { words * input.width * (isSliced && input.isImage ? 1 : input.height) }

  /// Which features are the only ones of their side that the head counts, −1 where there is none; nil unless the layer does nothing but
  /// count the margins of these.
  var pair: (near: Int, far: Int)? {
    guard let head = layer.head, head.counts != .plain, masks == nil, !handsOn else { return nil }
    let counted = layer.bank.features.enumerated().filter(\.element.isCounted)
    let near = counted.filter { $0.element.side == .near }, far = counted.filter { $0.element.side == .far }
    guard near.count <= 1, far.count <= 1 else { return nil }
    return (near.first?.offset ?? -1, far.first?.offset ?? -1)
  }

  /// The most that a cell can count.
  var largestCount: Int {
    guard let head = layer.head else { return 0 }
    return head.counts.rules.largestCount(sum: head.largestSum(layer.bank, input))
  }

  // MARK: Tables

  private static func parts(_ encoder: ImageEncoder, input: LayerInput, isGrouped: Bool) -> [[PlacedSignal]] {
    guard let offset = input.imageOffset else { return [] }
    let groups = encoder.signalNumbers(level: input.level)
    // The features of the layer before come first, each group of them from a word on.
    var first = 0
    var words = 0
    for bits in input.layout.groups {
      if words == offset { break }
      words += wordCount(bits: bits)
      first += bits
    }
    func placed(_ signals: [SignalNumbers], from bit: Int) -> [PlacedSignal] {
      var next = bit
      return signals.map { signal in
        defer { next += signal.bits }
        return PlacedSignal(numbers: signal, bit: next)
      }
    }
    return isGrouped ? groups.map { placed($0, from: 0) } : [placed(groups.flatMap { $0 }, from: first)]
  }

  /// The bits of every filter, each from a word of 32 bits on.
  private static func strings(_ bank: FilterBank, _ words: (Int) -> [UInt64]) -> [UInt32] {
    let (wordBits, tail) = (bank.wordBits, 32 * words32(bank.patchBits) - bank.patchBits)
    var writer = BitWriter()
    for k in 0..<bank.count {
      for (bits, count) in zip(words(k), wordBits) { writer.append(bits, count: count) }
      writer.append(0, count: tail)
    }
    let bytes = writer.bytes
    return stride(from: 0, to: bytes.count, by: 4).map { at in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
    }
  }

  /// A distance is the number of filter bits plus, for every one in the patch, 1 where the filter has none and −1 where it has one; so
  /// the sum over filters follows from the patch's bits.
  private static func balance(_ bank: FilterBank) -> ([Int16], [Int32]) {
    let wordBits = bank.wordBits
    let padded = 32 * words32(bank.patchBits)
    var balance: [Int16] = []
    var base: [Int32] = []
    for group in 0..<bank.groups {
      var terms = [Int16](repeating: 0, count: padded)
      var sum: Int32 = 0
      for k in group * bank.filtersPerGroup..<(group + 1) * bank.filtersPerGroup {
        var bit = 0
        for ((filter, mask), count) in zip(zip(bank.filter(k), bank.mask(k)), wordBits) {
          sum += Int32((filter & mask).nonzeroBitCount)
          for b in 0..<UInt64(count) {
            if mask >> b & 1 == 1 { terms[bit] += filter >> b & 1 == 1 ? -1 : 1 }
            bit += 1
          }
        }
      }
      balance += terms
      base.append(sum)
    }
    return (balance, base)
  }

  /// The head has them by class, cell, feature and filter.
  private static func weights(_ head: LinearHead, filters: Int) -> [Int16] {
    let perCell = head.features / head.cells
    var weights: [Int16] = []
    weights.reserveCapacity(head.weights.count)
    for k in 0..<filters {
      for g in 0..<perCell / filters {
        for c in 0..<head.classes {
          for cell in 0..<head.cells {
            weights.append(head.weights[c * head.features + cell * perCell + g * filters + k])
          }
        }
      }
    }
    return weights
  }
}

/// Words of 32 bits that hold so many bits.
func words32(_ bits: Int) -> Int { (bits + 31) / 32 }
