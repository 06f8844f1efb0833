// The head while it learns: normalised counts, scores, residuals, wishes, second-order steps. Integers throughout.

import BitKernels
import CountingRounds
import Plumbing

/// Learns a linear head on the counts of mini-batches.
///
/// Shapes: B images, F counts, C classes. z: B × F and its transpose F × B′ (B′ = B rounded up to 32).
final class HeadLearner: @unchecked Sendable {
  // SAFETY: mutable arrays change only between parallel loops; inside loops threads write disjoint parts of buffers.
  let features: Int
  private let classes: Int
  private let settings: RefineSettings
  private let blocks: [Range<Int>]
  private let offsets: [Int]
  private let threads: Int
  private let padded: Int

  /// Master weights (28 fractional bits), their momentum (24), bias (20), C × F and C.
  private let weight: SharedBuffer<Int64>
  private let weightMomentum: SharedBuffer<Int64>
  private(set) var bias: [Int64]
  /// Weights with 12 fractional bits, as scores and wishes use them.
  private(set) var weights: [Int16]
  private var mean: [Int64]
  private var variance: [Int64]
  /// 2^24 / deviation of every count.
  private(set) var inverse: [Int64]
  /// The inverse covariance in two halves, coarse · 2^11 + fine, each of which fits the 16-bit products.
  private let coarse: [Int16]
  private let fine: [Int16]
  private let z: SharedBuffer<Int16>
  private let zTransposed: SharedBuffer<Int16>
  private let residualsTransposed: SharedBuffer<Int16>
  /// Sum of z zᵀ per block of this round, 16 fractional bits: the lower triangles, and more beside their diagonals.
  private let triangles: SharedBuffer<Int64>

  init(_ settings: RefineSettings, blocks: [Range<Int>], state: Tally, threads: Int) {
    self.settings = settings
    self.blocks = blocks
    self.threads = threads
    offsets = CountBlocks.offsets(blocks)
    classes = settings.classes
    features = state["mean"].count
    padded = roundUp(settings.batch, to: 32)
    weight = SharedBuffer(state["weight"])
    weightMomentum = SharedBuffer(state["weightMomentum"])
    bias = state["bias"]
    mean = state["mean"]
    variance = state["variance"]
    inverse = NormalisedCounts.inverses(variance: state["variance"])
    coarse = state["inverse"].map { Int16($0 >> Int64(HeadSolve.fineBits)) }
    fine = state["inverse"].map { Int16($0 & ((1 << Int64(HeadSolve.fineBits)) - 1)) }
    weights = state["weight"].map(Self.short)
    z = SharedBuffer(repeating: 0, count: settings.batch * features)
    zTransposed = SharedBuffer(repeating: 0, count: features * padded)
    residualsTransposed = SharedBuffer(repeating: 0, count: classes * padded)
    triangles = SharedBuffer(repeating: 0, count: blocks.reduce(0) { $0 + $1.count * $1.count })
  }

  /// A master weight with 12 fractional bits, within ±8.
  private static func short(_ weight: Int64) -> Int16 {
    Int16(max(-32_767, min(32_767, (weight + 32_768) >> 16)))
  }

  /// Work is cut into spans of this many counts.
  private static let chunk = 256
  private var chunks: Int { (features + Self.chunk - 1) / Self.chunk }
  private func range(ofChunk c: Int) -> Range<Int> {
    c * Self.chunk..<min((c + 1) * Self.chunk, features)
  }

  /// From the first to the last place of a range of counts in the rows of a batch.
  private static func places(of range: Range<Int>, in images: Int, stride: Int) -> Range<Int> {
    range.lowerBound..<(images == 0 ? range.lowerBound : (images - 1) * stride + range.upperBound)
  }

  /// Σ count and Σ count² over a batch.
  func sums(_ counts: SharedBuffer<Int32>, images: Int) -> (sums: [Int64], squares: [Int64]) {
    let sums = SharedBuffer<Int64>(repeating: 0, count: features)
    let squares = SharedBuffer<Int64>(repeating: 0, count: features)
    let features = self.features
    parallelFor(chunks, threads: threads) { c, _ in
      let range = self.range(ofChunk: c)
      counts.withSpan(Self.places(of: range, in: images, stride: features)) { rows in
        sums.withMutableSpan(range) { sums in
          squares.withMutableSpan(range) { squares in
            Kernels.sumCounts(rows, count: images, rowStride: features, into: &sums, squares: &squares)
          }
        }
      }
    }
    return (sums.array, squares.array)
  }

  /// Lets mean and variance follow the batch's, by 1/16 of the way.
  func track(_ counts: SharedBuffer<Int32>, images: Int) {
    let (sums, squares) = sums(counts, images: images)
    let batch = FilterLearning.moments(n: Int64(images), sums: sums, squares: squares)
    for f in 0..<features {
      mean[f] += (batch.mean[f] - mean[f]) >> 4
      variance[f] += (batch.variance[f] - variance[f]) >> 4
    }
    inverse = NormalisedCounts.inverses(variance: variance)
  }

  /// Normalises a batch's counts, both ways round.
  func normalise(_ counts: SharedBuffer<Int32>, images: Int) {
    let features = self.features
    let padded = self.padded
    let mean = self.mean
    let inverse = self.inverse
    let z = self.z
    let zTransposed = self.zTransposed
    // All images of a span of counts: their means and what has just been written stay near.
    parallelFor(chunks, threads: threads) { c, _ in
      let range = self.range(ofChunk: c)
      for i in 0..<images {
        let row = i * features + range.lowerBound..<i * features + range.upperBound
        counts.withSpan(row) { counts in
          z.withMutableSpan(row) { z in
            Kernels.normaliseCounts(
              counts, mean: mean.span.extracting(range), inverse: inverse.span.extracting(range),
              limit: NormalisedCounts.limit, into: &z)
          }
        }
      }
      z.withSpan(Self.places(of: range, in: images, stride: features)) { rows in
        zTransposed.withMutableSpan(range.lowerBound * padded..<range.upperBound * padded) { transposed in
          Kernels.transposeValues(
            rows, count: images, rowStride: features, width: range.count, into: &transposed, stride: padded)
        }
      }
    }
  }

  /// Scores of one image of the batch, 20 fractional bits.
  /// |z| ≤ 2,047 and |weight| ≤ 32,767: blocks of 32 products stay below 2^31.
  func scores(image i: Int) -> [Int64] {
    var out = [Int64](repeating: 0, count: classes)
    let weights = self.weights
    z.withSpan(i * features..<(i + 1) * features) { row in
      var span = out.mutableSpan
      Kernels.dotMatrix(
        row, rows: 1, stride: features, weights.span, rows: classes, stride: features, length: features,
        block: 32,
        into: &span, sumStride: classes)
    }
    for c in 0..<classes { out[c] += bias[c] }
    return out
  }

  /// Rows of a covariance that are summed together, up to the last one's diagonal.
  private static let strip = 16

  /// Adds the batch's z zᵀ, block by block. |z|² ≤ 2,047²: blocks of 512 products stay below 2^31.
  func addCovariance() {
    let (padded, offsets, blocks) = (self.padded, self.offsets, self.blocks)
    let (zTransposed, triangles) = (self.zTransposed, self.triangles)
    parallelFor(blocks.count, threads: threads) { b, _ in
      let n = blocks[b].count
      zTransposed.withSpan(blocks[b].lowerBound * padded..<blocks[b].upperBound * padded) { rows in
        for first in stride(from: 0, to: n, by: Self.strip) {
          let end = min(first + Self.strip, n)
          triangles.withMutableSpan(offsets[b] + first * n..<offsets[b] + end * n) { out in
            Kernels.dotMatrix(
              rows.extracting(first * padded..<end * padded), rows: end - first, stride: padded, rows,
              rows: end,
              stride: padded, length: padded, block: 512, into: &out, sumStride: n)
          }
        }
      }
    }
  }

  /// The sum of z zᵀ of all batches that were added, 16 fractional bits: the blocks' symmetric matrices.
  func covarianceSum() -> [Int64] {
    var sums = triangles.array
    for (block, offset) in zip(blocks, offsets) {
      let n = block.count
      for i in 0..<n {
        for j in 0..<i { sums[offset + j * n + i] = sums[offset + i * n + j] }
      }
    }
    return sums
  }

  /// One step of the head: gradient times the inverse covariance of each block, with momentum.
  /// - Parameters:
  ///   - residuals: B × C, 12 fractional bits.
  ///   - left: what is left of the rate, 16 fractional bits.
  func update(residuals: SharedBuffer<Int16>, images: Int, left: Int64) {
    transpose(residuals, images: images)
    let shorts = SharedBuffer<Int16>(repeating: 0, count: classes * features)
    let rate = (Int64(settings.headRate) * left) >> 16
    parallelFor(blocks.count, threads: threads) { b, _ in
      self.move(block: b, along: self.gradient(ofBlock: b, images: images), rate: rate, shorts: shorts)
    }
    weights = shorts.array
    updateBias(residuals, images: images)
  }

  /// Mean gradient of a block's weights, classes × n, with 13 fractional bits.
  private func gradient(ofBlock b: Int, images: Int) -> [Int16] {
    let (block, padded, classes) = (blocks[b], padded, classes)
    let n = block.count
    var gradient = [Int64](repeating: 0, count: classes * n)
    zTransposed.withSpan(block.lowerBound * padded..<block.upperBound * padded) { rows in
      residualsTransposed.withSpan(0..<classes * padded) { r in
        var out = gradient.mutableSpan
        // |r| ≤ 4,096 and |z| ≤ 2,047: blocks of 256 products stay below 2^31.
        Kernels.dotMatrix(
          r, rows: classes, stride: padded, rows, rows: n, stride: padded, length: padded, block: 256,
          into: &out, sumStride: n)
      }
    }
    return gradient.map { Int16(max(-8_191, min(8_191, ($0 / Int64(images) + 64) >> 7))) }
  }

  /// Moves a block's weights by the gradient times the inverse covariance.
  /// - Parameter shorts: takes the weights as scores use them.
  private func move(block b: Int, along gradient: [Int16], rate: Int64, shorts: SharedBuffer<Int16>) {
    let (block, classes, offset) = (blocks[b], classes, offsets[b])
    let n = block.count
    let down = Int64(13 + HeadSolve.bits(damping: settings.damping) + HeadSolve.fineBits - 24)
    // The gradient stays below 2^13 and both halves below 2^12: blocks of 32 products stay below 2^31.
    func product(_ half: [Int16]) -> [Int64] {
      var sums = [Int64](repeating: 0, count: classes * n)
      var out = sums.mutableSpan
      Kernels.dotMatrix(
        gradient.span, rows: classes, stride: n, half.span.extracting(offset..<offset + n * n), rows: n,
        stride: n, length: n, block: 32, into: &out, sumStride: n)
      return sums
    }
    let (high, low) = (product(coarse), product(fine))
    for c in 0..<classes {
      let range = c * features + block.lowerBound..<c * features + block.upperBound
      weight.withMutableSpan(range) { w in
        weightMomentum.withMutableSpan(range) { m in
          shorts.withMutableSpan(range) { s in
            for k in 0..<n {
              let sum = (high[c * n + k] << Int64(HeadSolve.fineBits)) + low[c * n + k]
              let step = down >= 0 ? sum >> down : sum << -down
              m[k] += (step - m[k]) >> 3
              // Weights stay within ±8, which 12 fractional bits in 16 can hold.
              w[k] = max(-0x7fff_0000, min(0x7fff_0000, w[k] + ((m[k] * rate) >> 12)))
              s[k] = Self.short(w[k])
            }
          }
        }
      }
    }
  }

  /// Moves each bias by a tenth of the mean residual.
  private func updateBias(_ residuals: SharedBuffer<Int16>, images: Int) {
    var sums = [Int64](repeating: 0, count: classes)
    residuals.withSpan(0..<images * classes) { r in
      for i in 0..<images * classes { sums[i % classes] += Int64(r[i]) }
    }
    for c in 0..<classes { bias[c] += (sums[c] << 8) / Int64(10 * images) }
  }

  private func transpose(_ residuals: SharedBuffer<Int16>, images: Int) {
    residuals.withSpan(0..<images * classes) { r in
      residualsTransposed.withMutableSpan(0..<classes * padded) { out in
        for c in 0..<classes {
          for i in 0..<padded { out[c * padded + i] = i < images ? r[i * classes + c] : 0 }
        }
      }
    }
  }

  /// What of the state the head has changed.
  func tally() -> Tally {
    Tally([
      "weight": weight.array, "weightMomentum": weightMomentum.array, "bias": bias, "mean": mean,
      "variance": variance,
    ])
  }
}
