// The pool of patches holds exactly the drawn patches, however the images are cut into shards.

import BinaryNetworks
import BitKernels
import CountingRounds
import Testing

@testable import FilterLearning

@Suite struct PatchPoolRoundTests {
  @Test(arguments: [(1, false), (2, false), (3, true), (5, false), (7, true)])
  func fetchesExactlyTheDrawnPatches(window: Int, behindALayer: Bool) throws {
    let images = try TinyDatasets.stripes(11, width: 9, height: 7, channels: 3)
    let stack = try images.stack(window: window, behindALayer: behindALayer)
    let round = PatchPoolRound(stack: stack)
    let start = round.initialState(images: Array(0..<11), slots: 30, salt: 4)
    #expect(Set(start["image"]).count == 11)
    let patches = (0..<11).map { plainPatches(stack, images, $0) }
    let expected = (0..<30).map { patches[Int(start["image"][$0])][Int(start["position"][$0])] }
    var states: Set<Tally> = []
    for shards in [1, 2, 3, 9, 11] {
      for threads in [1, 3] {
        let state = LocalEngine(shards: images.shards(shards), threads: threads).run(round, state: start)
        states.insert(state)
        let length = state["patch"].count / 30
        for slot in 0..<30 {
          #expect(bits(state["patch"][slot * length..<(slot + 1) * length]) == expected[slot])
        }
      }
    }
    #expect(states.count == 1)
  }

  @Test func onlyTrainingImagesAreDrawnAndEachBeforeAnyTwice() throws {
    let images = try TinyDatasets.stripes(20)
    let round = PatchPoolRound(stack: try images.stack())
    let few = round.initialState(images: [3, 5, 8, 13], slots: 10, salt: 0)["image"]
    #expect(Set(few) == [3, 5, 8, 13])
    for image in [3, 5, 8, 13] as [Int64] { #expect((2...3).contains(few.count { $0 == image })) }
    let many = round.initialState(images: Array(0..<20), slots: 12, salt: 0)["image"]
    #expect(Set(many).count == 12)
    #expect(round.initialState(images: Array(0..<20), slots: 12, salt: 1)["image"] != many)
  }

  @Test func sampledPositionsAreDistinctAndSeeded() {
    for positions in [1, 2, 3, 12, 49, 144, 1024] {
      for wanted in [1, 2, 5, 48, 143, 2000] {
        let drawn = samplePositions(wanted, of: positions, seed: 3, image: 9, round: 0)
        #expect(drawn.count == min(wanted, positions))
        #expect(Set(drawn).count == drawn.count)
        #expect(drawn.allSatisfy { (0..<positions).contains($0) })
      }
    }
    let first = samplePositions(10, of: 1024, seed: 3, image: 9, round: 0)
    #expect(first != samplePositions(10, of: 1024, seed: 3, image: 10, round: 0))
    #expect(first != samplePositions(10, of: 1024, seed: 3, image: 9, round: 1))
    #expect(first != samplePositions(10, of: 1024, seed: 4, image: 9, round: 0))
  }
}
