// The map of a clustering step: patches to their nearest centroids, bits counted there. One per thread.
// What becomes of the counts is in ClusterRound.swift.

import BinaryNetworks
import BitKernels
import CountingRounds
import ImageData
import Plumbing

/// Assigns patches to centroids, the first of equally near ones, and counts their bits there.
///
/// Patches are collected in a bucket for every centroid, whose rows are counted together once it is full.
/// Shapes: K centroids, L words of a patch.
final class ClusterAssigner {
  private let feeder: ImageFeeder
  private let pass: LayerPass
  private let bank: FilterBank
  private let stack: FrozenStack
  private let wanted: Int
  /// Rows of a bucket.
  private let capacity: Int
  /// K × capacity rows of L words.
  private let buckets: SharedBuffer<UInt64>
  /// Rows that are filled in every bucket.
  private let fill: SharedBuffer<UInt32>
  /// K × 64·L bit counts since the last flush, and all before.
  private let fresh: SharedBuffer<UInt32>
  private let ones: SharedBuffer<Int64>
  private var patchesSinceFlush = 0
  private var counts: [Int64]
  private var distortion: UInt64 = 0
  private let sample: PatchSample

  /// Bytes that all buckets together should have, so that they stay in the second-level cache.
  private static let bucketBytes = 1 << 18

  init(stack: FrozenStack, bank: FilterBank, patchesPerImage: Int) {
    self.stack = stack
    self.bank = bank
    feeder = ImageFeeder(stack)
    pass = LayerPass(bank: bank, input: stack.input)
    wanted = min(patchesPerImage, stack.input.height * stack.input.width)
    // Whole eights are counted fastest, 248 rows at most at a time.
    capacity = max(16, min(248, Self.bucketBytes / (8 * bank.count * bank.patchWords) / 8 * 8))
    buckets = SharedBuffer(repeating: 0, count: bank.count * capacity * bank.patchWords)
    fill = SharedBuffer(repeating: 0, count: bank.count)
    fresh = SharedBuffer(repeating: 0, count: bank.count * 64 * bank.patchWords)
    ones = SharedBuffer(repeating: 0, count: fresh.count)
    counts = Array(repeating: 0, count: bank.count)
    sample = PatchSample(bank: bank)
  }

  /// Assigns the patches of one image.
  func add(_ images: LabelledImages, _ index: Int) {
    feeder.load(images, index, pass: nil)
    let positions = stack.input.height * stack.input.width
    patchesSinceFlush += wanted
    if wanted == positions {
      feeder.hand(to: pass)
      let map = pass.map
      pass.forEachTile { rows, distances in
        assign(map.storage.span, map.patches(rows: rows), distances)
      }
    } else {
      let drawn = samplePositions(wanted, of: positions, seed: stack.seed, image: index, round: 0)
      sample.forEachPart(drawn, of: feeder.map) { patches, view, distances in assign(patches, view, distances)
      }
    }
    // A count grows by at most one a patch: long before 2^32 of them.
    if patchesSinceFlush > 1 << 30 { flush() }
  }

  /// Puts patches into the buckets of their nearest centroids.
  private func assign(_ words: Span<UInt64>, _ view: PatchView, _ distances: Span<UInt16>) {
    let (filters, stride, capacity) = (bank.count, bank.stride, capacity)
    var next = 0
    var sum: UInt64 = 0
    while next < view.positions {
      next = buckets.withMutableSpan(0..<buckets.count) { buckets in
        fill.withMutableSpan(0..<filters) { fill in
          Kernels.sortNearest(
            words, view, first: next, distances: distances, filters: filters, stride: stride,
            buckets: &buckets, capacity: capacity, fill: &fill, sum: &sum)
        }
      }
      empty(atLeast: capacity)
    }
    distortion += sum
  }

  /// Counts the bits of all buckets with at least so many rows and empties them.
  private func empty(atLeast rows: Int) {
    let (length, capacity) = (bank.patchWords, capacity)
    fill.withMutableSpan(0..<bank.count) { fill in
      for k in 0..<bank.count where fill[k] >= rows {
        buckets.withSpan(k * capacity * length..<(k + 1) * capacity * length) { bucket in
          fresh.withMutableSpan(k * 64 * length..<(k + 1) * 64 * length) { counts in
            Kernels.positionalPopcount(
              bucket, count: Int(fill[k]), rowStride: length, words: length, into: &counts)
          }
        }
        counts[k] += Int64(fill[k])
        fill[k] = 0
      }
    }
  }

  /// Moves the 32-bit counts into the 64-bit ones.
  private func flush() {
    ones.withMutableSpan(0..<ones.count) { ones in
      fresh.withMutableSpan(0..<fresh.count) { fresh in
        for i in 0..<fresh.count {
          ones[i] += Int64(fresh[i])
          fresh[i] = 0
        }
      }
    }
    patchesSinceFlush = 0
  }

  /// "count", "ones" and "distortion" of all images.
  func tally() -> Tally {
    empty(atLeast: 1)
    flush()
    return Tally(["count": counts, "ones": ones.array, "distortion": [Int64(distortion)]])
  }
}
