// A layer's tables for the exporters of other rooms: what ExportedLayer makes of a network, without C text around it.

package import BinaryNetworks
package import ImageEncoding

/// A layer's numbers and tables, in the order in which exported programs read them.
package struct LayerTables: Sendable {
  /// A signal and the first of its bits among those of a position.
  package struct Signal: Sendable {
    package let numbers: SignalNumbers
    package let bit: Int
  }

  package let layer: NetworkLayer
  package let input: LayerInput
  /// Whether the next layer gets features of it.
  package let handsOn: Bool
  /// The signals that enter, cut into what enters at once; none where no image does.
  package let parts: [[Signal]]
  /// Bits of a position that a filter sees.
  package let bits: Int
  /// Words of 32 bits of a position in the map, and of what a filter is compared with.
  package let words, patchWords: Int
  /// Whether patches are put together from the map, or are the map's positions.
  package let gathers: Bool
  /// The filters' bits and masks, `patchWords` for each filter.
  package let filters: [UInt32]
  package let masks: [UInt32]?
  /// By filter, feature.
  package let thresholds: [UInt16]
  /// What every bit of a patch adds to the sum of a group's distances, and that sum for a patch of zeros; empty unless centred.
  package let balance: [Int16]
  package let balanceBase: [Int32]
  /// By filter, counted feature, class, cell.
  package let weights: [Int16]
  /// The largest size of a class's score, in units of the head's weights.
  package let largestScore: UInt128

  /// The tables of all layers of a network.
  package static func all(_ network: Network) -> [LayerTables] {
    network.layers.indices.map { LayerTables(ExportedLayer(network, index: $0)) }
  }

  private init(_ exported: ExportedLayer) {
    layer = exported.layer
    input = exported.input
    handsOn = exported.handsOn
    parts = exported.parts.map { $0.map { Signal(numbers: $0.numbers, bit: $0.bit) } }
    bits = exported.bits
    words = exported.words
    patchWords = exported.patchWords
    gathers = exported.gathers
    filters = exported.filters
    masks = exported.masks
    thresholds = exported.thresholds
    balance = exported.balance
    balanceBase = exported.balanceBase
    weights = exported.weights
    largestScore = exported.layer.head?.largestScore(count: exported.largestCount) ?? 0
  }
}
