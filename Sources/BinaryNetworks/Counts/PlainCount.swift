// The plain count: at how many positions a feature is on.

import BitKernels

/// Positions whose distance is at most the threshold, or on the far side at least that.
struct PlainCount: CountRules {
  let name = "plain"
  let fileCode = 0
  let fileVersion: UInt64 = 1

  func amount(distance: UInt16, threshold: UInt16, side: FeatureSide) -> Int32 {
    switch side {
    case .near: distance <= threshold ? 1 : 0
    case .far: distance >= threshold ? 1 : 0
    }
  }
  let addsMargins = false
  func largestAmount(reach: Int) -> Int { 1 }

  func add(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, _ features: FeatureThresholds,
    to sums: inout MutableSpan<Int32>
  ) {
    Kernels.countFeatures(
      distances, positions: positions, filters: filters, stride: stride, thresholds: features.values.span,
      far: features.far, into: &sums)
  }

  func finish(_ sums: inout MutableSpan<Int32>) {}
  func largestCount(sum: Int) -> Int { sum }

  /// Around the threshold, where a vote can tip the feature.
  func votes(threshold: UInt16, side: FeatureSide, reach: Int) -> ClosedRange<UInt16> {
    UInt16(max(0, Int(threshold) - reach))...UInt16(min(65_535, Int(threshold) + reach))
  }
  let presence = FeaturePresence.counts

  func evidence(_ sum: String) -> String { "fired at \(sum) positions" }
}
