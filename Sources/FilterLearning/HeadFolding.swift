// From a head on normalised counts to a head on plain integer counts.

import BinaryNetworks
import CountingRounds

enum HeadFolding {
  /// Folds mean, variance and weights of a refinement state.
  ///
  /// While learning, z = (256·count − mean) · inverse / 2^24 with inverse = 2^24 / deviation, and the score is
  /// Σ weight / 2^28 · z + bias / 2^20. So a count's weight is weight · inverse / 2^44, and the bias gives up
  /// Σ weight · mean / 256. The scale is the largest at which every weight fits 16 bits.
  static func head(from state: Tally, settings: RefineSettings) -> LinearHead {
    let inverse = NormalisedCounts.inverses(variance: state["variance"])
    let mean = state["mean"]
    let weight = state["weight"]
    let features = mean.count
    // |weight| ≤ 2^31 (8 in 28 bits), inverse ≤ 2^19: products stay below 2^51.
    let exact = weight.indices.map { weight[$0] * inverse[$0 % features] }
    let largest = max(1, exact.map(abs).max() ?? 1)
    var scale = 40
    while scale > 0, largest >> Int64(44 - scale) > 32_766 { scale -= 1 }
    let down = Int64(44 - scale)
    let half = Int64(1) << (down - 1)
    let rounded = exact.map { Int16(max(-32_767, min(32_767, ($0 + half) >> down))) }
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
}
