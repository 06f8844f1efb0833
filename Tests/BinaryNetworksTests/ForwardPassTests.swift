import BinaryNetworks
import BitKernels
import ImageEncoding
import Plumbing
import Testing
import _NetworkTestSupport

@Suite struct ForwardPassTests {
  /// Random networks against the reference: counts, scores, the next layer's bits.
  @Test(arguments: 0..<48 as Range<UInt64>) func agreesWithPlainLoops(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed, 0x666f_7277)
    let network = try randomNetwork(&random)
    let nextWindow = random.pick(1...5)
    let pass = ForwardPass(network: network, nextWindow: nextWindow)
    // Several images through the same memory: nothing may be left over.
    for _ in 0..<2 { try check(pass, nextWindow, randomImage(&random, network.shape)) }
  }

  /// Every number of filters on a word's edge with every window, one layer each.
  @Test(arguments: [1, 31, 32, 33, 63, 64, 65, 100, 128, 129], 1...5)
  func everyWidthAndWindow(filters: Int, window: Int) throws {
    var random = SeededGenerator(seed: 7, UInt64(filters), UInt64(window))
    let network = try randomNetwork(
      &random,
      RandomNetworkShape(
        sides: 3...5, channels: [1], layers: 1...1, windows: window...window, filters: [filters],
        signals: 1...1,
        levels: 3...5))
    try check(ForwardPass(network: network), 1, randomImage(&random, network.shape))
  }

  /// Maps so wide that a tile is a few rows, with a grid whose cells straddle tiles.
  @Test(arguments: [(61, 9), (130, 3), (200, 2)]) func tilesDoNotShow(width: Int, height: Int) throws {
    for seed in 0..<3 as Range<UInt64> {
      var random = SeededGenerator(seed: seed, 0x7469_6c65)
      let shape = RandomNetworkShape(
        channels: [1], layers: 2...2, windows: 2...3, filters: [65, 100], signals: 1...1, levels: 2...4)
      var network = try randomNetwork(&random, shape)
      let spec = EncoderSpec(signals: network.encoder.spec.signals, pyramid: false)
      let encoder = try ImageEncoder(
        spec: spec, shape: ImageShape(width: width, height: height, channels: 1), pyramidLevels: 1,
        thresholds: [network.encoder.thresholds[0]],
        whitening: WhiteningFilters(factors: Array(network.encoder.whitening.factors.prefix(1))))
      let first = randomBank(&random, window: 3, input: encoder.layout(level: 0), count: 65)
      let second = randomBank(&random, window: 2, input: first.output, count: 100, isLast: true)
      let head = LinearHead(
        grid: 2, counts: .soft, classes: 2, weights: (0..<8 * second.countsPerCell).map { Int16($0 - 400) },
        bias: [5, -5], scale: 20)
      network = Network(
        encoder: encoder,
        layers: [
          NetworkLayer(bank: first, reduction: .none, head: nil),
          NetworkLayer(bank: second, reduction: .majority, head: head),
        ], classNames: ["a", "b"])
      try check(ForwardPass(network: network), 1, randomImage(&random, network.shape))
    }
  }

  @Test func withoutLayersTheOutputIsTheEncodedImage() throws {
    var random = SeededGenerator(seed: 3)
    var network = try randomNetwork(&random)
    network.layers = []
    let pass = ForwardPass(network: network, nextWindow: 3)
    try check(pass, 3, randomImage(&random, network.shape))
    #expect(pass.summedScores() == Array(repeating: 0, count: network.classNames.count))
  }

  @Test func asksOnlyForWhatIsWanted() throws {
    var random = SeededGenerator(seed: 11)
    let network = try randomNetwork(&random)
    let image = randomImage(&random, network.shape)
    let both = ForwardPass(network: network)
    both.run(image.span, scores: true, features: true)
    let scores = ForwardPass(network: network)
    scores.run(image.span, scores: true, features: false)
    let features = ForwardPass(network: network)
    features.run(image.span, scores: false, features: true)
    #expect(scores.summedScores() == both.summedScores())
    #expect(features.output.storage == both.output.storage)
    #expect(scores.output.storage.allSatisfy { $0 == 0 })
  }

  private func check(_ pass: ForwardPass, _ window: Int, _ image: [UInt8]) throws {
    let network = pass.network
    let expected = ReferenceNetwork.run(network, image)
    // The last layer's counts are made in another way where nobody wants its features.
    pass.run(image.span, scores: true, features: false)
    #expect(pass.counts.map { $0.array.map(Int.init) } == expected.counts, "counts without features")
    pass.run(image.span, scores: true, features: true)
    var sum = [Int64](repeating: 0, count: network.classNames.count)
    for index in network.layers.indices {
      #expect(pass.counts[index].array.map(Int.init) == expected.counts[index], "counts of layer \(index)")
      #expect(pass.scores(ofLayer: index) == expected.scores[index], "scores of layer \(index)")
      for (c, score) in (expected.scores[index] ?? []).enumerated() { sum[c] += score }
    }
    #expect(pass.summedScores() == sum)
    #expect(unpadded(pass.output, network.input(ofLayer: network.layers.count).layout) == expected.output)
    #expect(pass.output.window == window)
    #expect(hasCleanBorder(pass.output, network.input(ofLayer: network.layers.count).layout))
  }

  private func unpadded(_ map: PaddedMap, _ layout: ChannelLayout) -> BoolMap {
    BoolMap(height: map.height, width: map.width) { y, x in
      let start = map.origin + y * map.rowStride + x * map.words
      return ReferenceNetwork.unpack(Array(map.storage[start..<start + map.words]), positions: 1, layout)
    }
  }

  /// Whether everything that is no channel of a position is zero: border and tail bits.
  private func hasCleanBorder(_ map: PaddedMap, _ layout: ChannelLayout) -> Bool {
    var rest = map.storage
    let valid = layout.validBits
    for y in 0..<map.height {
      for x in 0..<map.width {
        for w in 0..<map.words { rest[map.origin + y * map.rowStride + x * map.words + w] &= ~valid[w] }
      }
    }
    return rest.allSatisfy { $0 == 0 }
  }
}
