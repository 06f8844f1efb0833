// From a head on normalised counts to a head on plain integer counts.

import BinaryNetworks
import CountingRounds

enum HeadFolding {
  /// Folds mean, variance and weights of a refinement state.
  ///
  /// While learning, z = (256·count − mean) · inverse / 2^24 with inverse = 2^24 / deviation, and the score is
  /// Σ weight / 2^28 · z + bias / 2^20. So a count's weight is weight · inverse / 2^44, and the bias gives up
  /// Σ weight · mean / 256. The scale is the largest at which every weight fits 16 bits. With fewer bits the weights of each filter's feature are
  /// multiples of a step of their own (``Steps``).
  /// - Parameter bits: what a weight may take, with its sign: 2 to 16.
  static func head(from state: Tally, settings: RefineSettings, bits: Int = 16) -> LinearHead {
    let inverse = NormalisedCounts.inverses(variance: state["variance"])
    let mean = state["mean"]
    let weight = state["weight"]
    let features = mean.count
    // |weight| ≤ 2^31 (8 in 28 bits), inverse ≤ 2^19: products stay below 2^51.
    let exact = weight.indices.map { weight[$0] * inverse[$0 % features] }
    let largest = max(1, exact.map(abs).max() ?? 1)
    var scale = 40
    while scale > 0, largest >> Int64(44 - scale) > 32766 { scale -= 1 }
    let rounded: [Int16]
    if bits < 16 {
      let cells = (settings.grid - settings.span + 1) * (settings.grid - settings.span + 1)
      rounded = Steps(inverse: inverse, perCell: features / cells, down: 44 - scale, bits: bits).weights(
        exact)
    } else {
      let half = Int64(1) << Int64(43 - scale)
      rounded = exact.map { Int16(min(32767, ($0 + half) >> Int64(44 - scale))) }
    }
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

  /// Weights in few bits: multiples of a step that the weights of a filter's feature share over all cells and classes, so that a program can keep
  /// the multiples. Of thirteen steps from a quarter of what the largest weight asks for on, that is taken at which rounding and cutting
  /// off change least, in units of the counts' deviations.
  private struct Steps {
    let inverse: [Int64]
    /// Features of a cell.
    let perCell: Int
    /// Fractional bits of exact weights beyond those of rounded ones.
    let down: Int
    let bits: Int

    private var limit: Int64 { 1 << Int64(bits - 1) - 1 }

    func weights(_ exact: [Int64]) -> [Int16] {
      var weights = [Int16](repeating: 0, count: exact.count)
      for feature in 0..<perCell {
        // A class's features follow each other cell by cell, so each perCell-th number is one of this feature.
        let places = stride(from: feature, to: exact.count, by: perCell)
        let largest = places.reduce(0) { max($0, abs(exact[$1])) }
        var (best, least) = (Int64(1), Int128.max)
        for sixteenths in Int64(4)...16 {
          // Rounded up, and so that no multiple is beyond 16 bits.
          let step = min(32_767 / limit, (largest / limit * sixteenths) >> Int64(down + 4) + 1)
          let error = places.reduce(Int128(0)) { sum, at in
            let left = exact[at] - (multiple(exact[at], step) * step) << Int64(down)
            let normalised = Int128(left / max(1, inverse[at % inverse.count]))
            return sum + normalised * normalised
          }
          if error < least { (best, least) = (step, error) }
        }
        for at in places { weights[at] = Int16(multiple(exact[at], best) * best) }
      }
      return weights
    }

    /// The multiple of a step that is nearest, within the limit.
    private func multiple(_ weight: Int64, _ step: Int64) -> Int64 {
      let wide = step << Int64(down)
      let nearest = (weight.magnitude + wide.magnitude / 2) / wide.magnitude
      return weight.signum() * min(limit, Int64(nearest))
    }
  }
}
