// Exits chosen by counting, against the loss counted image by image.

import BinaryNetworks
import CountingRounds
import ImageData
import Plumbing
import Testing

@testable import FilterLearning

@Suite struct ExitRoundTests {
  private let images: LabelledImages
  private let network: Network

  init() throws {
    images = try TinyDatasets.stripes(83, classes: 3, width: 9, height: 7)
    network = try EvaluationRoundTests.network(images, firstHasHead: true)
  }

  private func counted(_ round: ExitRound, shards: Int = 1, threads: Int = 1) -> Tally {
    LocalEngine(shards: images.shards(shards), threads: threads).run(round, state: Tally())
  }

  private func correct(_ network: Network, _ effort: Effort = .early) -> Int {
    let pass = ForwardPass(network: network)
    return (0..<images.count).count { index in
      images.withPixels(of: index) { highest(pass.answer($0, effort: effort).scores) }
        == Int(images.labels[index])
    }
  }

  @Test func rangesOfLeadsCoverAllLeads() {
    #expect(LeadScale.range(of: .max) == LeadScale.ranges - 1 && LeadScale.range(of: 0) == 0)
    for range in 0..<LeadScale.ranges {
      let least = LeadScale.least(range)
      #expect(LeadScale.range(of: least) == range)
      if range > 0 { #expect(LeadScale.range(of: least - 1) == range - 1) }
    }
  }

  @Test(arguments: [0, 1], [false, true]) func shardsAndThreadsDoNotShow(layer: Int, mirrors: Bool) throws {
    var network = network
    network.mirrors = mirrors
    network.layers[0].exit = layer == 1 ? 3000 : nil
    let round = ExitRound(network: network, layer: layer)
    let whole = counted(round)
    for (shards, threads) in [(1, 3), (4, 2), (83, 5)] {
      #expect(counted(round, shards: shards, threads: threads) == whole)
    }
    let spec = RoundSpec(kind: ExitRound.kind, settings: round.described())
    let again = try #require(try RoundRegistry.round(spec) as? ExitRound)
    #expect(again.network == network && again.layer == layer)
    try round.check(total: whole, shards: 1)
    let reached = (0..<images.count).count { index in
      let pass = ForwardPass(network: network)
      return images.withPixels(of: index) { pass.answer($0).stage } >= layer
    }
    let seen = stride(from: 0, to: whole["exits"].count, by: 3).reduce(0) { $0 + whole["exits"][$1] }
    #expect(Int(seen) == reached)
  }

  /// What is lost is what was allowed at most, and the next lower lead would have lost more.
  @Test(arguments: [0, 1, 2, 5, 83]) func loseNoMoreThanAllowed(most: Int) throws {
    var network = network
    network.mirrors = true
    let whole = correct(network, .full)
    for layer in [0, 1] {
      let choice = ExitRound.choice(counted(ExitRound(network: network, layer: layer)), loss: most)
      guard let choice else { continue }
      var exiting = network
      exiting.layers[layer].exit = choice.lead
      #expect(whole - correct(exiting) == choice.loss && choice.loss <= most)
      if most == images.count { #expect(choice.lead < 1 << 20) }
    }
  }

  @Test func withoutImagesNothingExits() {
    let round = ExitRound(network: network, layer: 0)
    let none = round.map(ImageShard(images: images, indices: []), state: Tally(), threads: 1)
    #expect(ExitRound.choice(none, loss: 10) == nil)
  }

  /// The evaluation tells where images were answered, and its confusion is that of the answers.
  @Test(arguments: Effort.allCases) func evaluationCountsAnswers(effort: Effort) throws {
    var network = network
    (network.mirrors, network.layers[0].exit, network.layers[1].exit) = (true, 6000, 9000)
    let round = EvaluationRound(network: network, effort: effort)
    let state = LocalEngine(shards: images.shards(1), threads: 1).run(round, state: Tally())
    #expect(LocalEngine(shards: images.shards(7), threads: 3).run(round, state: Tally()) == state)
    let right = (0..<3).reduce(0) { $0 + Int(state["confusion"][4 * $1]) }
    #expect(right == correct(network, effort))
    let pass = ForwardPass(network: network)
    var stops: [Int64] = [0, 0, 0]
    for index in 0..<images.count {
      stops[images.withPixels(of: index) { pass.answer($0, effort: effort).stage }] += 1
    }
    #expect(state["stops"] == stops)
    try round.check(total: state, shards: 1)
    let spec = RoundSpec(kind: EvaluationRound.kind, settings: round.described())
    #expect((try RoundRegistry.round(spec) as? EvaluationRound)?.effort == effort)
  }
}
