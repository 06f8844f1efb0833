// Early exits and the mirrored look against plain words: which scores answer an image, and after which layer.

import BinaryNetworks
import Plumbing
import Testing
import _NetworkTestSupport
import _TestSupport

@Suite struct AnswerTests {
  /// The scores of an image summed up to every layer, each from a pass of its own.
  private func sums(_ network: Network, _ image: [UInt8]) -> [[Int64]] {
    let pass = ForwardPass(network: network)
    pass.run(image.span, scores: true, features: false)
    return network.layers.indices.map { last in
      network.classNames.indices.map { c in
        (0...last).reduce(0) { $0 + (pass.scores(ofLayer: $1)?[c] ?? 0) }
      }
    }
  }

  private func flipped(_ image: [UInt8], _ shape: ImageShape) -> [UInt8] {
    (0..<image.count).map { i in
      let (pixel, channel) = (i / shape.channels, i % shape.channels)
      let (y, x) = (pixel / shape.width, pixel % shape.width)
      return image[(y * shape.width + shape.width - 1 - x) * shape.channels + channel]
    }
  }

  /// Half of a sum, rounded down.
  private func halved(_ sum: Int128) -> Int64 { Int64((sum - (sum % 2 == 0 ? 0 : 1)) / 2) }

  /// What the doc comments say, written down once more.
  private func expected(_ network: Network, _ image: [UInt8], _ effort: Effort) -> (
    scores: [Int64], stage: Int
  ) {
    let sums = sums(network, image)
    for (index, layer) in network.layers.enumerated() where effort == .early {
      let sorted = sums[index].sorted(by: >)
      if let exit = layer.exit, sorted[0] - sorted[1] >= exit { return (sums[index], index) }
    }
    let all = sums[sums.count - 1]
    guard network.mirrors else { return (all, network.layers.count - 1) }
    let other = self.sums(network, flipped(image, network.shape))[sums.count - 1]
    return (zip(all, other).map { halved(Int128($0) + Int128($1)) }, network.layers.count)
  }

  @Test(arguments: 0..<40 as Range<UInt64>) func anImageIsAnsweredAsSoonAsItIsSure(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed, 0x616e_7377)
    let network = try randomNetwork(&random).withRandomExits(&random)
    let pass = ForwardPass(network: network)
    let model = Model(network: network, plan: "{}", seed: 1, dataDigest: 2, summary: "{}")
    for _ in 0..<4 {
      let image = randomImage(&random, network.shape)
      for effort in Effort.allCases {
        let (scores, stage) = expected(network, image, effort)
        let answer = pass.answer(image.span, effort: effort)
        #expect(answer.scores == scores && answer.stage == stage)
        let judged = network.answer(sums(network, image), effort: effort) { pass.mirroredScores(image.span) }
        #expect(judged == answer)
        #expect(try ImagePredictor(model, effort: effort).predict(image.span).scores == scores)
        let pool = Predictor(model, effort: effort, threads: 2)
        #expect(try pool.predict(pixels: image + image, count: 2).map(\.scores) == [scores, scores])
      }
    }
  }

  /// Without exits and mirror everything is as it was.
  @Test func aPlainNetworkHasOneAnswer() throws {
    var random = SeededGenerator(seed: 5, 0x616e_7377)
    let network = try randomNetwork(&random)
    let image = randomImage(&random, network.shape)
    let pass = ForwardPass(network: network)
    let answer = pass.answer(image.span)
    #expect(answer.stage == network.layers.count - 1 && !network.exitsEarly)
    #expect(network.stages == network.layers.count)
    pass.run(image.span, scores: true, features: false)
    #expect(answer.scores == pass.summedScores())
  }

  /// Both looks at a symmetric image see the same, and so does every look at one image mirrored before.
  @Test(arguments: 0..<8 as Range<UInt64>) func mirroringAnImageDoesNotChangeTheFullAnswer(seed: UInt64)
    throws
  {
    var random = SeededGenerator(seed: seed, 0x6d69_7272)
    var network = try randomNetwork(&random)
    network.mirrors = true
    let image = randomImage(&random, network.shape)
    let pass = ForwardPass(network: network)
    let mirrored = flipped(image, network.shape)
    #expect(pass.answer(image.span, effort: .full) == pass.answer(mirrored.span, effort: .full))
  }

  @Test func theLeadIsThatOfTheFirstOverTheSecond() {
    #expect(lead(of: [3, 9, 4]) == 5)
    #expect(lead(of: [9, 9, 4]) == 0)
    #expect(lead(of: [-4, -9]) == 5)
    #expect(lead(of: [7]) == .max)
  }

  @Test func anExplanationEndsWhereTheAnswerDid() throws {
    for seed in 0..<20 as Range<UInt64> {
      var random = SeededGenerator(seed: seed, 0x6578_706c)
      let network = try randomNetwork(&random).withRandomExits(&random)
      let image = randomImage(&random, network.shape)
      let answer = ForwardPass(network: network).answer(image.span)
      let explainer = Explainer(network)
      try explainer.look(at: image.span)
      #expect(explainer.scores == answer.scores && explainer.stage == answer.stage)
      let layers = explainer.contributions(of: 0).layers
      #expect(layers.allSatisfy { $0.layer <= answer.stage })
      let own = sums(network, image)[min(answer.stage, network.layers.count - 1)][0]
      #expect(layers.reduce(0) { $0 + $1.score } == own)
    }
  }

  @Test func refusesExitsThatMeanNothing() throws {
    var model = try randomModel(seed: 3, .tiny)
    model.network.mirrors = true
    let file = ModelFileBytes(model.encoded())
    func refusal(_ section: [UInt8]) -> String? {
      var changed = file
      changed["EXIT"] = section
      do throws(ModelFileError) {
        _ = try Model(encoded: changed.file, path: "m.tally")
        return nil
      } catch { return error.message }
    }
    let none = [UInt8](repeating: 255, count: 8)
    let zero = [UInt8](repeating: 0, count: 8)
    #expect(file["EXIT"] == [1] + none + none && refusal([1] + zero + zero) == nil)
    #expect(refusal([0] + none + none)?.contains("says nothing") == true)
    #expect(refusal([0] + zero + zero)?.contains("which nothing follows") == true)
    #expect(refusal([1] + none + [254] + none.dropFirst())?.contains("the lead after layer 1 is -2") == true)
    #expect(
      refusal([2] + none + none) != nil && refusal([1] + none) != nil
        && refusal([1] + none + none + [0]) != nil)
  }
}
