// Thresholds from the histogram of each filter's distances over the training set.

package import BinaryNetworks
import BitKernels
package import CountingRounds
package import ImageData
import Plumbing

/// How a filter's threshold is chosen.
package enum ThresholdRule: Hashable, Sendable {
  /// Half of the bits that matter to the filter.
  case half
  /// The distance that this fraction of positions (parts per million) does not exceed; the median is 500,000.
  case quantile(partsPerMillion: Int)
}

/// Counts the distances of every filter at sampled positions of sampled images.
///
/// State after the round: "histogram", K × bins; a bin is 2^shift distances wide so that there are at most 4,096.
package struct ThresholdRound: CountingRound {
  let stack: FrozenStack
  let bank: FilterBank
  /// One image in `stride` is looked at.
  let imageStride: Int

  /// Positions of an image that are looked at.
  static let positionsPerImage = 64
  /// Images that are looked at, at most.
  static let images = 10_000

  /// A round for the filters of `bank` (thresholds are not looked at) over `trainingImages` images.
  package init(stack: FrozenStack, bank: FilterBank, trainingImages: Int) {
    self.stack = stack
    self.bank = bank
    imageStride = max(1, trainingImages / Self.images)
  }

  private var shift: Int {
    var shift = 0
    while bank.largestDistance >> shift >= 4_096 { shift += 1 }
    return shift
  }
  var bins: Int { bank.largestDistance >> shift + 1 }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let chosen = shard.indices.filter { $0 % imageStride == 0 }
    let workers = max(1, min(threads, chosen.count))
    let counters = WorkerLocal(workers: workers) { _ in
      DistanceCounter(stack: stack, bank: bank, bins: bins, shift: shift)
    }
    parallelFor(chosen.count, threads: workers) { item, worker in
      counters[worker].add(shard.images, chosen[item])
    }
    var tally = Tally()
    for counter in counters.all { tally.add(Tally(["histogram": counter.histogram])) }
    return tally
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }

  /// The thresholds of a rule for a feature on one side, one per filter.
  package func thresholds(_ rule: ThresholdRule, _ side: FeatureSide, from state: Tally) -> [UInt16] {
    let histogram = state["histogram"]
    return (0..<bank.count).map { k in
      switch rule {
      case .half:
        // Centred distances lie around their middle.
        return UInt16(bank.isCentred ? bank.middle : bank.mask(k).reduce(0) { $0 + $1.nonzeroBitCount } / 2)
      case .quantile(let partsPerMillion):
        let counts = histogram[k * bins..<(k + 1) * bins]
        let wanted = (counts.reduce(0, +) * Int64(partsPerMillion) + 999_999) / 1_000_000
        // The end of the bin that is further from the feature's side, so that the wanted fraction is reached.
        switch side {
        case .near: return UInt16(min(65_535, ((Self.reach(wanted, counts) + 1) << shift) - 1))
        case .far: return UInt16(max(0, bins - 1 - Self.reach(wanted, counts.reversed())) << shift)
        }
      }
    }
  }

  /// How many bins are passed before the counts add up to what is wanted.
  private static func reach(_ wanted: Int64, _ counts: some Sequence<Int64>) -> Int {
    var seen: Int64 = 0
    var bin = 0
    for count in counts {
      seen += count
      if seen >= wanted { break }
      bin += 1
    }
    return bin
  }

  /// Standard deviation of each filter's distance, with 8 fractional bits.
  package func spreads(from state: Tally) -> [Int64] {
    let histogram = state["histogram"]
    return (0..<bank.count).map { k in
      var n: Int64 = 0
      var sum: Int64 = 0
      var squares: Int64 = 0
      for bin in 0..<bins {
        let count = histogram[k * bins + bin]
        let distance = Int64(bin << shift)
        n += count
        sum += count * distance
        squares += count * distance * distance
      }
      return spread(n: n, sum: sum, squares: squares)
    }
  }
}

extension ThresholdRound: PortableImageRound {
  package static var name: RoundName { .thresholds }

  package func described() -> Tally {
    var tally = stack.settings
    bank.describe(in: &tally)
    tally["imageStride"] = [Int64(imageStride)]
    return tally
  }

  package init(described: Tally) throws(RoundError) {
    let settings = Settings(described)
    let stack = try settings.stack()
    self.init(
      stack: stack, bank: try settings.bank(stack),
      trainingImages: try settings.number("imageStride", in: 1...Int(UInt32.max)) * Self.images)
  }
}

/// Standard deviation with 8 fractional bits from count, sum and sum of squares; at least 1/2.
func spread(n: Int64, sum: Int64, squares: Int64) -> Int64 {
  guard n > 0 else { return 128 }
  // n·Σx² − (Σx)² with n ≤ 2^31 samples of at most 2^16 would need 2^94: 128 bits, then back to 16 fractional bits.
  let variance = (Int128(n) * Int128(squares) - Int128(sum) * Int128(sum)) * 65_536 / (Int128(n) * Int128(n))
  return max(128, integerSquareRoot(Int64(variance)))
}

/// Histograms of one thread.
private final class DistanceCounter {
  private let feeder: ImageFeeder
  private let sample: PatchSample
  private let stack: FrozenStack
  private let filters: Int
  private let stride: Int
  private let bins: Int
  private let shift: Int
  private let counts: SharedBuffer<Int64>

  /// The counts so far, K × bins.
  var histogram: [Int64] { counts.array }

  init(stack: FrozenStack, bank: FilterBank, bins: Int, shift: Int) {
    self.stack = stack
    self.bins = bins
    self.shift = shift
    filters = bank.count
    stride = bank.stride
    feeder = ImageFeeder(stack)
    sample = PatchSample(bank: bank)
    counts = SharedBuffer(repeating: 0, count: bank.count * bins)
  }

  func add(_ images: LabelledImages, _ index: Int) {
    feeder.load(images, index, pass: nil)
    let map = feeder.map
    let positions = samplePositions(
      ThresholdRound.positionsPerImage, of: map.positions, seed: stack.seed, image: index, round: 1)
    let (filters, stride, bins, shift) = (filters, stride, bins, shift)
    sample.forEachPart(positions, of: map) { _, view, distances in
      counts.withMutableSpan(0..<counts.count) { counts in
        for p in 0..<view.positions {
          for k in 0..<filters { counts[k &* bins &+ Int(distances[p &* stride &+ k]) &>> shift] += 1 }
        }
      }
    }
  }
}
