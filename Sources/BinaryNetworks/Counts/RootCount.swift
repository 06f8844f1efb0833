// The root count: the square root of a soft count's sum.

import BitKernels

/// The square root of the margins, with 4 fractional bits: many weak places count for less than a few clear ones would.
///
/// Sums of counts have most of their variance in the bursts of a few images, which the root takes out (power
/// normalisation: Perronnin, Sánchez and Mensink, 2010). Until the sums are finished it is a soft count.
struct RootCount: CountRules {
  let name = "root"
  let fileCode = 2
  let fileVersion: UInt64 = 4

  private let margins = SoftCount()

  func amount(distance: UInt16, threshold: UInt16, side: FeatureSide) -> Int32 {
    margins.amount(distance: distance, threshold: threshold, side: side)
  }
  let addsMargins = true
  func largestAmount(reach: Int) -> Int { margins.largestAmount(reach: reach) }

  func add(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, _ features: FeatureThresholds,
    to sums: inout MutableSpan<Int32>
  ) {
    margins.add(distances, positions: positions, filters: filters, stride: stride, features, to: &sums)
  }

  func finish(_ sums: inout MutableSpan<Int32>) { Kernels.rootCounts(&sums) }
  /// The root of 256 times the sum, which is held within 24 bits.
  func largestCount(sum: Int) -> Int {
    let square = min(sum, 0xff_ffff) << 8
    return stride(from: 15, through: 0, by: -1).reduce(0) { root, bit in
      let larger = root | 1 << bit
      return larger * larger <= square ? larger : root
    }
  }

  func votes(threshold: UInt16, side: FeatureSide, reach: Int) -> ClosedRange<UInt16> {
    margins.votes(threshold: threshold, side: side, reach: reach)
  }
  var presence: FeaturePresence { margins.presence }

  func evidence(_ sum: String) -> String { margins.evidence(sum) }
}
