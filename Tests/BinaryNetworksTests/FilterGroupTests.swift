// Groups of filters against banks of their own, one for each channel group.

import BitKernels
import ImageEncoding
import Plumbing
import Testing

@testable import BinaryNetworks

@Suite struct FilterGroupTests {
  /// Random bits of positions, tails zero.
  private func words(_ positions: Int, _ layout: ChannelLayout, _ random: inout SeededGenerator) -> [UInt64] {
    (0..<positions).flatMap { _ in layout.validBits.map { random.next() & $0 } }
  }

  /// Every group's distances are those of a bank that sees its channels alone, plain and centred, with masks and without.
  @Test(arguments: [2, 3, 4], [40, 64, 100])
  func distancesAreThoseOfBanksOfTheirOwn(groups: Int, bits: Int) {
    for kind in DistanceKind.allCases {
      for own in [1, 5, 32, 47] {
        check(groups: groups, bits: bits, own: own, kind, hasMasks: false)
        check(groups: groups, bits: bits, own: own, kind, hasMasks: true)
      }
    }
  }

  private func check(groups: Int, bits: Int, own: Int, _ kind: DistanceKind, hasMasks: Bool) {
    var random = SeededGenerator(seed: UInt64(groups), UInt64(bits), UInt64(own), hasMasks ? 1 : 0)
    let input = ChannelLayout(groups: Array(repeating: bits, count: groups))
    var bank = FilterBank(window: 1, input: input, count: own * groups, groups: groups)
    bank.distanceKind = kind
    let stride = bank.stride
    #expect(bank.patchBits == bits && bank.patchWords == wordCount(bits: bits))
    if hasMasks { bank.masks = Array(repeating: 0, count: bank.filters.count) }
    for k in 0..<bank.count {
      for (j, valid) in bank.validBits.enumerated() {
        bank.filters[j * stride + k] = random.next() & valid
        if hasMasks { bank.masks?[j * stride + k] = random.next() & valid }
      }
    }
    let positions = 13
    let map = words(positions, input, &random)
    let view = PatchView(list: positions, words: input.words, stride: input.words)
    let found = distances(bank, map, view)
    for group in 0..<groups {
      var alone = FilterBank(window: 1, input: bank.seen, count: own)
      alone.distanceKind = kind
      let ownStride = alone.stride
      if hasMasks { alone.masks = Array(repeating: 0, count: alone.filters.count) }
      for k in 0..<own {
        for (j, word) in bank.filter(group * own + k).enumerated() {
          alone.filters[j * ownStride + k] = word
        }
        if hasMasks {
          for (j, word) in bank.mask(group * own + k).enumerated() {
            alone.masks?[j * ownStride + k] = word
          }
        }
      }
      let length = bank.seen.words
      var part: [UInt64] = []
      for p in 0..<positions {
        let first = p * input.words + group * length
        part += map[first..<first + length]
      }
      let expected = distances(alone, part, PatchView(list: positions, words: length, stride: length))
      for p in 0..<positions {
        let columns = found[p * bank.stride + group * own..<p * bank.stride + (group + 1) * own]
        #expect(Array(columns) == Array(expected[p * alone.stride..<p * alone.stride + own]))
      }
    }
  }

  /// What is counted of squares is what every distance adds to its square, whatever kernel makes it.
  @Test(arguments: [1, 2, 3], [1, 5, 32, 47])
  func countsOfSquaresAreThoseOfDistances(groups: Int, own: Int) {
    for kind in DistanceKind.allCases {
      for (bits, squares) in [(40, 1), (64, 4), (100, 7), (300, 20)] {
        checkSquares(groups: groups, bits: bits, own: own, kind, squares: squares)
      }
    }
  }

  private func checkSquares(groups: Int, bits: Int, own: Int, _ kind: DistanceKind, squares: Int) {
    var random = SeededGenerator(seed: UInt64(groups), UInt64(bits), UInt64(own), 0x7371)
    let input = ChannelLayout(groups: Array(repeating: bits, count: groups))
    var bank = FilterBank(window: 1, input: input, count: own * groups, groups: groups)
    bank.distanceKind = kind
    for i in bank.filters.indices { bank.filters[i] = random.next() & bank.validBits[i / bank.stride] }
    bank.features = [FeatureSide.near, .far, .near].map { side in
      FilterFeature((0..<bank.count).map { _ in UInt16(random.below(bits + bits / 2)) }, side: side)
    }
    let (rows, columns) = (3, 13)
    let map = words(rows * columns, input, &random)
    let view = PatchView(
      rows: rows, columns: columns, rowStride: columns * input.words, columnStride: input.words, segments: 1,
      segmentWords: input.words, segmentStride: 0)
    let (all, prepared) = (distances(bank, map, view), PreparedBank(bank))
    #expect(prepared.countsSquares)
    for counts in [CountKind.plain, .soft] {
      var expected = [Int32](repeating: 1, count: squares * 3 * bank.count)
      for p in 0..<rows * columns {
        for (g, feature) in bank.features.enumerated() {
          for k in 0..<bank.count {
            let square = p % columns * squares / columns
            expected[(square * 3 + g) * bank.count + k] += counts.rules.amount(
              distance: all[p * bank.stride + k], threshold: feature.thresholds[k], side: feature.side)
          }
        }
      }
      var found = [Int32](repeating: 1, count: expected.count)
      var scratch = [UInt16](repeating: 0, count: rows * ((columns + squares - 1) / squares) * bank.stride)
      var sums = found.mutableSpan
      var space = scratch.mutableSpan
      prepared.count(
        map.span, view, squares: squares, margins: counts.rules.addsMargins, scratch: &space, into: &sums)
      #expect(found == expected, "\(kind) \(counts), \(squares) squares")
    }
  }

  private func distances(_ bank: FilterBank, _ words: [UInt64], _ view: PatchView) -> [UInt16] {
    var out = [UInt16](repeating: 0, count: view.positions * bank.stride)
    var span = out.mutableSpan
    bank.distances(words.span, view, into: &span)
    return out
  }

  /// A network of a grouped layer, as a file and back; what is wrong with groups is found before anything is made of them.
  @Test func groupsAreWrittenAndRead() throws {
    let model = try grouped()
    let bytes = model.encoded()
    #expect(bytes[8] == 5, "the version that knows groups")
    #expect(try Model(encoded: bytes, path: nil) == model)
    let work = model.network.work
    #expect(work.words == 1_920)
    let (filterBytes, thresholdBytes, weightBytes, biasBytes) = (48, 128, 256, 16)
    #expect(work.layers[0].bytes == filterBytes + thresholdBytes + weightBytes + biasBytes)
    #expect(work.layers[0].multiplyAdds == 128)
    #expect(work.encoderMultiplyAdds == 720)
  }

  @Test func whatCannotBeGroupsIsSaid() {
    let two = ChannelLayout(groups: [6, 6])
    #expect(FilterBank.groupsProblem(1, window: 3, input: two, count: 5) == nil)
    #expect(FilterBank.groupsProblem(2, window: 1, input: two, count: 64) == nil)
    #expect(FilterBank.groupsProblem(2, window: 1, input: two, count: 95)?.contains("dealt out") == true)
    #expect(FilterBank.groupsProblem(2, window: 3, input: two, count: 64)?.contains("window") == true)
    #expect(FilterBank.groupsProblem(3, window: 1, input: two, count: 96) != nil)
    let uneven = ChannelLayout(groups: [6, 7])
    #expect(FilterBank.groupsProblem(2, window: 1, input: uneven, count: 64) != nil)
  }

  private func grouped() throws -> Model {
    let components = SignalSpec(source: .components, window: 2, levels: 2, components: 3)
    let factors: [[Int16]] = [[5, -5, 1, -1], [3, 3, -3, -3], [1, -1, -1, 1]]
    let encoder = try ImageEncoder(
      spec: EncoderSpec(signals: [components, components], pyramid: false),
      shape: ImageShape(width: 6, height: 5, channels: 1), pyramidLevels: 1,
      thresholds: [Array(repeating: [-20, 30], count: 6)],
      whitening: WhiteningFilters(factors: [factors + factors.reversed()]))
    var random = SeededGenerator(seed: 8)
    var bank = FilterBank(window: 1, input: encoder.layout(level: 0), count: 64, groups: 2)
    for i in bank.filters.indices { bank.filters[i] = random.next() & bank.validBits[i / bank.stride] }
    bank.features = [FilterFeature(Array(repeating: 2, count: 64))]
    let head = LinearHead(
      grid: 1, counts: .soft, classes: 2, weights: (0..<128).map { Int16($0) - 64 }, bias: [1, 2], scale: 4)
    return Model(
      network: Network(
        encoder: encoder, layers: [NetworkLayer(bank: bank, reduction: .none, head: head)],
        classNames: ["a", "b"]),
      plan: "{}", seed: 1, dataDigest: 2, summary: "{}")
  }
}
