// From a head on normalised counts to a head on plain integer counts.

import BinaryNetworks
import CountingRounds

enum HeadFolding {
  /// Folds mean, variance and weights of a refinement state.
  ///
  /// While learning, z = (256·count − mean) · inverse / 2^24 with inverse = 2^24 / deviation, and the score is
  /// Σ weight / 2^28 · z + bias / 2^20. So a count's weight is weight · inverse / 2^44, and the bias gives up
  /// Σ weight · mean / 256. The scale is the largest at which every weight fits 16 bits. With fewer bits a few weights are far beyond the
  /// others, so the scale is that at which what rounding and cutting off change is least, in units of the counts' deviations.
  /// - Parameter bits: what a weight may take, with its sign: 2 to 16.
  static func head(from state: Tally, settings: RefineSettings, bits: Int = 16) -> LinearHead {
    let inverse = NormalisedCounts.inverses(variance: state["variance"])
    let mean = state["mean"]
    let weight = state["weight"]
    let features = mean.count
    // |weight| ≤ 2^31 (8 in 28 bits), inverse ≤ 2^19: products stay below 2^51.
    let exact = weight.indices.map { weight[$0] * inverse[$0 % features] }
    let largest = max(1, exact.map(abs).max() ?? 1)
    let limit = (Int64(1) << Int64(bits - 1)) - 1
    var scale = 40
    while scale > 0, largest >> Int64(44 - scale) > limit - 1 { scale -= 1 }
    if bits < 16 { scale = bestScale(exact, inverse, from: scale, limit: limit) }
    let rounded = exact.map { Int16(round($0, scale: scale, limit: limit)) }
    let bias = (0..<settings.classes).map { c -> Int64 in
      // 2^15 times means of up to 2^40, summed over all features: what a bias holds is checked with the model.
      var offset: Int128 = 0
      for f in 0..<features { offset += Int128(rounded[c * features + f]) * Int128(mean[f]) }
      let own = state["bias"][c]
      let scaled = scale >= 20 ? Int128(own) << Int128(scale - 20) : Int128(own >> Int64(20 - scale))
      return Int64(clamping: scaled - (offset >> 8))
    }
    return LinearHead(
      grid: settings.grid, span: settings.span, counts: settings.counts, classes: settings.classes,
      weights: rounded, bias: bias, scale: scale)
  }

  /// A weight of 44 fractional bits with fewer of them, held within ±limit.
  private static func round(_ weight: Int64, scale: Int, limit: Int64) -> Int64 {
    let down = Int64(44 - scale)
    return max(-limit, min(limit, (weight + (1 << (down - 1))) >> down))
  }

  /// The scale with the least sum of squared errors, of those up to six bits beyond that at which all weights fit; the lowest of several.
  private static func bestScale(_ exact: [Int64], _ inverse: [Int64], from first: Int, limit: Int64) -> Int {
    var (best, least) = (first, Int128.max)
    for scale in first...min(40, first + 6) {
      var sum: Int128 = 0
      for (index, weight) in exact.enumerated() {
        let error = weight - (round(weight, scale: scale, limit: limit) << Int64(44 - scale))
        let normalised = Int128(error / max(1, inverse[index % inverse.count]))
        sum += normalised * normalised
      }
      if sum < least { (best, least) = (scale, sum) }
    }
    return best
  }
}
