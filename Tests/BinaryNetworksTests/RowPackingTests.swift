import BitKernels
import Plumbing
import Testing

@testable import BinaryNetworks

@Suite struct RowPackingTests {
  /// A bank gives the same distances through packed rows as through plain patches, for every width of a position.
  @Test(arguments: 1...7, [1, 5, 9, 10, 16, 21, 31, 32, 33, 51, 63, 64])
  func packingKeepsDistances(window: Int, bits: Int) {
    var random = SeededGenerator(seed: UInt64(window), 0x726f_7773, UInt64(bits))
    let layout = ChannelLayout(groups: [bits])
    let input = LayerInput(
      height: 5, width: 6, level: 0, layout: layout, isImage: false, signals: nil, imageOffset: nil)
    var bank = FilterBank(window: window, input: layout, count: 37)
    let valid = FilterBank.validBits(window: window, input: layout)
    func randomWords() -> [UInt64] {
      (0..<bank.filters.count).map {
        $0 % bank.stride < bank.count ? random.next() & valid[$0 / bank.stride] : 0
      }
    }
    bank.filters = randomWords()
    bank.distanceKind = bits % 2 == 0 ? .centred : .plain
    if window % 2 == 0 { bank.masks = randomWords() }

    let pass = LayerPass(bank: bank, input: input)
    for y in 0..<5 {
      for x in 0..<6 {
        pass.map.storage[pass.map.origin + y * pass.map.rowStride + x] = random.next() & layout.validBits[0]
      }
    }
    var plain = [UInt16](repeating: 0, count: 30 * bank.stride)
    var span = plain.mutableSpan
    bank.distances(pass.map.storage.span, pass.map.patches, into: &span)
    var packed: [UInt16] = []
    pass.forEachTile { _, distances in
      for i in 0..<distances.count { packed.append(distances[i]) }
    }
    #expect(packed == plain)
    #expect((pass.prepared.packing != nil) == ((window * bits + 63) / 64 < window))
  }

  /// Positions of several words are left as they are.
  @Test func wideChannelsAreNotPacked() {
    #expect(RowPacking(FilterBank(window: 3, input: ChannelLayout(groups: [4, 4]), count: 1)) == nil)
  }
}
