// The filters of a layer while refinement moves them: accumulators, momenta, thresholds, and the bits made of these.
// Who votes, and on what, is in RefineBatch.swift.

import BinaryNetworks
import BitKernels
import CountingRounds
import Plumbing

/// A shard's working copy of the filters. Mini-batches get its values and hand in votes; nobody else changes it.
struct RefineFilters {
  private let round: RefineRound
  private let settings: RefineSettings
  private let threads: Int
  private let packing: AccumulatorPacking
  /// Bits of a filter that lie in a patch.
  private let valid: [UInt64]
  /// Filters and masks as they are now, with the thresholds that the layer applies.
  private(set) var bank: FilterBank
  private let accumulator: SharedBuffer<Int32>
  private let momentum: SharedBuffer<Int32>
  /// Thresholds of every counted feature with 8 fractional bits, standard deviations with 8.
  private(set) var threshold: [Int64]
  let spread: [Int64]

  /// The filters that a state describes.
  init(_ round: RefineRound, state: Tally, threads: Int) {
    self.round = round
    settings = round.settings
    self.threads = threads
    bank = round.bank(from: state)
    packing = AccumulatorPacking(settings: settings, bank: bank)
    valid = bank.validBits
    accumulator = SharedBuffer(round.accumulators(in: state))
    momentum =
      round.mergesMomenta
      ? SharedBuffer(state["momentum"].map { Int32($0) })
      : SharedBuffer(repeating: 0, count: state["accumulator"].count)
    threshold = state["threshold"]
    spread = state["spread"]
    if settings.learnsFilters { holdThresholds() }
  }

  /// Keeps thresholds where distances are on both sides of them: soft counts have nothing to tell beyond.
  private mutating func holdThresholds() {
    let most = Int64(bank.largestDistance - 1) << 8
    for (g, feature) in bank.features.enumerated() {
      for i in g * bank.count..<(g + 1) * bank.count {
        switch feature.side {
        case .near: threshold[i] = max(256, threshold[i])
        case .far: threshold[i] = min(most, threshold[i])
        }
      }
    }
    round.setThresholds(threshold, of: &bank)
  }

  /// K × 64·words accumulators, 20 fractional bits.
  var accumulators: [Int32] { accumulator.array }
  /// K × 64·words momenta of the votes, 8 fractional bits.
  var momenta: [Int32] { momentum.array }

  /// The distances at which a patch votes for each feature of each filter, G · K.
  var near: (lowest: [UInt16], highest: [UInt16]) {
    let rules = settings.counts.rules
    let ranges = bank.features.flatMap { feature in
      zip(feature.thresholds, spread).map { threshold, spread in
        rules.votes(
          threshold: threshold, side: feature.side, reach: max(1, (Int(spread) * settings.nearness) >> 16))
      }
    }
    return (ranges.map(\.lowerBound), ranges.map(\.upperBound))
  }

  /// Moves thresholds towards the wanted on-rates by (standard deviation) · (wanted − seen).
  /// - Parameters:
  ///   - on: at how many positions each feature was on, G · K.
  ///   - positions: positions looked at.
  mutating func moveThresholds(on: [Int64], positions: Int) {
    for (g, feature) in bank.features.enumerated() where settings.onRates[g] > 0 {
      for k in 0..<bank.count {
        let i = g * bank.count + k
        let seen = on[i] * 1_000_000 / Int64(positions)
        let step = spread[k] * (Int64(settings.onRates[g]) - seen) / 1_000_000
        threshold[i] += feature.side == .near ? step : -step
      }
    }
    holdThresholds()
  }

  /// Turns votes, K × 64·words from every thread, into new accumulators, and these into filter and mask bits.
  ///
  /// A step is scaled per filter so that its mean size is the rate: the filters that got many votes do not run ahead.
  /// - Parameter left: what is left of the rate, 16 fractional bits.
  mutating func move(by votes: [SharedBuffer<Int32>], left: Int64) {
    let width = 64 * bank.patchWords
    let rate = (Int64(settings.filterRate) * left) >> 16
    let sums = WorkerLocal(workers: threads) { _ in SharedBuffer<Int32>(repeating: 0, count: width) }
    let packed = SharedBuffer<UInt64>(repeating: 0, count: 2 * bank.count * bank.patchWords)
    let (accumulator, momentum, packing, valid) = (accumulator, momentum, packing, valid)
    let shift = Int32(settings.momentumShift)
    let bits = Int64(max(1, valid.reduce(0) { $0 + $1.nonzeroBitCount }))
    parallelFor(bank.count, threads: threads) { k, w in
      let range = k * width..<(k + 1) * width
      sums[w].withMutableSpan(0..<width) { Self.add(votes, range, to: &$0) }
      momentum.withMutableSpan(range) { m in
        let size = sums[w].withSpan(0..<width) { Self.follow($0, &m, valid: valid, shift: shift) }
        let step = (rate << 20) / max(1, size / bits)
        accumulator.withMutableSpan(range) { a in
          for d in 0..<width {
            let next = Int64(a[d]) &+ ((Int64(m[d]) &* step) &>> 20)
            a[d] = Int32(truncatingIfNeeded: max(-1 << 20, min(1 << 20, next)))
          }
        }
      }
      accumulator.withSpan(range) { a in
        packed.withMutableSpan(2 * k * valid.count..<2 * (k + 1) * valid.count) { out in
          for j in valid.indices { (out[2 * j], out[2 * j + 1]) = packing.words(a, word: j) }
        }
      }
    }
    takeBits(packed)
  }

  /// The sum of one filter's votes from every thread.
  private static func add(
    _ votes: [SharedBuffer<Int32>], _ range: Range<Int>, to sum: inout MutableSpan<Int32>
  ) {
    for d in 0..<sum.count { sum[d] = 0 }
    for worker in votes {
      worker.withSpan(range) { more in
        for d in 0..<more.count { sum[d] = sum[d] &+ more[d] }
      }
    }
  }

  /// Lets one filter's momenta follow its votes; gives the sum of their sizes.
  private static func follow(
    _ votes: Span<Int32>, _ m: inout MutableSpan<Int32>, valid: [UInt64], shift: Int32
  ) -> Int64 {
    let roundUp = (Int32(1) << shift) - 1
    let voteLimit = (Int32(1) << 22) - 1
    var size: Int64 = 0
    for j in valid.indices {
      for d in 64 * j..<64 * j + 64 where valid[j] >> UInt64(d & 63) & 1 == 1 {
        // Votes beyond 2^22 (of at least as many positions in a batch) count as 2^22: with 8 more bits, the
        // distance to a momentum of the other sign still fits. Rounded away from zero, so that a momentum
        // without votes ends at 0: what stayed would be scaled up to a full step for ever.
        let target = max(-voteLimit, min(voteLimit, votes[d])) &<< 8
        let far = target &- m[d]
        m[d] = m[d] &+ (far &+ (far > 0 ? roundUp : 0)) &>> shift
        size &+= Int64(m[d] < 0 ? 0 &- m[d] : m[d])
      }
    }
    return size
  }

  /// Takes over filter and mask words, K × words pairs.
  private mutating func takeBits(_ packed: SharedBuffer<UInt64>) {
    let isMasked = settings.maskLevel >= 0
    if isMasked, bank.masks == nil { bank.masks = Array(repeating: 0, count: bank.filters.count) }
    let stride = bank.stride
    packed.withSpan(0..<packed.count) { words in
      for k in 0..<bank.count {
        for j in valid.indices {
          bank.filters[j * stride + k] = words[2 * (k * valid.count + j)]
          if isMasked { bank.masks?[j * stride + k] = words[2 * (k * valid.count + j) + 1] }
        }
      }
    }
  }
}

extension SharedBuffer {
  /// A buffer with the elements of an array.
  convenience init(_ values: [Element]) where Element: FixedWidthInteger {
    self.init(repeating: 0, count: values.count)
    withMutableSpan(0..<values.count) { out in
      for i in values.indices { out[i] = values[i] }
    }
  }
}
