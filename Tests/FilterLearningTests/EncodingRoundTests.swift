// The encoder's histograms add up over shards and threads.

import BitKernels
import CountingRounds
import ImageData
import ImageEncoding
import Testing

@testable import FilterLearning

@Suite struct EncodingRoundTests {
  @Test func histogramsAreThoseOfAllImages() throws {
    let images = try TinyDatasets.stripes(17, width: 9, height: 5, channels: 3)
    let spec = EncoderSpec(
      signals: [
        SignalSpec(source: .channels, window: 3, levels: 4),
        SignalSpec(source: .opponents, window: 0, levels: 2),
      ], pyramid: true)
    var plain = try EncodingHistogram(spec: spec, shape: images.shape, pyramidLevels: 2)
    let workspace = EncoderWorkspace(shape: images.shape)
    for index in 0..<17 {
      images.withPixels(of: index) { plain.add($0, workspace: workspace) }
    }
    let round = try EncodingRound(spec: spec, shape: images.shape, levels: 2)
    for (shards, threads) in [(1, 1), (1, 2), (1, 7), (3, 2), (9, 3), (17, 1)] {
      let state = LocalEngine(shards: images.shards(shards), threads: threads).run(round, state: Tally())
      #expect(state == Tally(["histogram": plain.counts]), "\(shards) shards, \(threads) threads")
      #expect(try round.encoder(from: state).thresholds[0].count == 5)
    }
  }
}
