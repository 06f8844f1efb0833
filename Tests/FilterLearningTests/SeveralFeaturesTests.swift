// Learning with several features of a distance: their thresholds, their counts and their votes; shards and threads do not show.

import BinaryNetworks
import BitKernels
import CountingRounds
import ImageData
import Testing

@testable import FilterLearning

@Suite struct SeveralFeaturesTests {
  private static let four: [FeatureSide] = [.near, .far, .near, .far]

  /// From wherever they start, thresholds end where a feature is on as often as it shall be.
  @Test(arguments: CountKind.allCases) func thresholdsMoveToTheOnRateOnBothSides(counts: CountKind) throws {
    let images = try TinyDatasets.stripes(160, classes: 4, noise: 60)
    let wanted = [100_000, 150_000, 400_000]
    let refinement = try TinyRefinement(images, filters: 6, sides: [.near, .far, .far]) {
      ($0.counts, $0.passes, $0.filterRate, $0.onRates) = (counts, 6, 1, wanted)
    }
    var state = refinement.prepared()
    for i in state["threshold"].indices {
      state["threshold"][i] += (i % 2 == 0 ? 1 : -1) * 2 * state["spread"][i % 6]
    }
    for _ in 0..<refinement.round(.learn).learningRounds { state = refinement.run(.learn, state) }
    let bank = refinement.round(.learn).bank(from: state)
    let all = (0..<160).map { plainDistances(refinement.stack, bank, images, $0) }
    for (g, feature) in bank.features.enumerated() {
      for k in 0..<bank.count {
        let distances = all.flatMap { $0[k] }
        let threshold = Int(feature.thresholds[k])
        // Where distances are few, a threshold is between two shares: as often as it shall be, or one bit beyond.
        func share(_ moved: Int) -> Int {
          distances.count { feature.side == .near ? $0 <= threshold + moved : $0 >= threshold - moved }
            * 1_000_000
            / distances.count
        }
        #expect(share(-2) <= wanted[g] && share(2) >= wanted[g], "\(g), \(k): \(share(0)) ppm")
      }
    }
  }

  @Test func thresholdsWithoutARateStay() throws {
    let images = try TinyDatasets.stripes(48, classes: 3)
    let refinement = try TinyRefinement(images, filters: 4, sides: [.near, .far]) {
      $0.onRates = [0, 200_000]
    }
    let (start, state) = (refinement.prepared(), refinement.learned())
    #expect(state["threshold"].prefix(4) == start["threshold"].prefix(4))
    #expect(state["threshold"].suffix(4) != start["threshold"].suffix(4))
  }

  @Test(arguments: [
    (33, CountKind.plain, [FeatureSide.near, .far]), (70, .soft, [.far]), (7, .root, four),
    (64, .plain, four),
  ])
  func threadsAndTheOrderOfShardsDoNotShow(filters: Int, counts: CountKind, sides: [FeatureSide]) throws {
    let images = try TinyDatasets.stripes(45, classes: 3, width: 9, height: 7)
    var refinement = try TinyRefinement(
      images, filters: filters, augmentation: Augmentation(shift: 1, flip: true), shards: 3, sides: sides
    ) {
      ($0.counts, $0.passes, $0.maskLevel) = (counts, 1, 1 << 17)
    }
    let state = refinement.learned()
    #expect(state["threshold"].count == sides.count * filters && state["spread"].count == filters)
    #expect(
      state["covariance"].count
        == CountBlocks.ranges(counts: sides.count * filters, cells: 4).reduce(0) { $0 + $1.count * $1.count })
    #expect(refinement.learned(threads: 3) == state)
    refinement.shards = [2, 0, 1].map { refinement.shards[$0] }
    #expect(refinement.learned(threads: 2) == state)
  }

  /// What is only counted is the same for any number of shards.
  @Test func momentsAndCovarianceOfFourFeaturesAreThoseOfOneShard() throws {
    let images = try TinyDatasets.stripes(45, classes: 3)
    for learns in [true, false] {
      var refinement = try TinyRefinement(images, filters: 6, sides: Self.four) {
        ($0.counts, $0.learnsFilters) = (.root, learns)
      }
      let state = refinement.prepared()
      for count in [2, 5, 9] {
        refinement.shards = images.shards(count).reversed()
        #expect(refinement.prepared(threads: count % 3 + 1) == state, "\(count) shards")
      }
    }
  }

  /// The head reads off the far side what one feature does not tell it.
  @Test(arguments: CountKind.allCases) func learningRaisesAccuracy(counts: CountKind) throws {
    let images = try TinyDatasets.stripes(160, classes: 4, channels: 1, noise: 60)
    let judges = try TinyDatasets.stripes(120, classes: 4, channels: 1, noise: 60, seed: 99)
    let refinement = try TinyRefinement(images, filters: 8, sides: [.near, .far]) {
      ($0.passes, $0.counts) = (8, counts)
    }
    let state = refinement.learned(threads: 2)
    let accuracy = refinement.accuracy(state, on: judges)
    #expect(accuracy > 850_000, "\(accuracy) ppm with chance at 250,000")
    let head = refinement.round(.learn).head(from: state)
    let far = (0..<head.weights.count).filter { $0 / 8 % 2 == 1 }
    #expect(far.contains { head.weights[$0] != 0 })
  }
}
