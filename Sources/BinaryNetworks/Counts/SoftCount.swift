// The soft count: how clearly a feature was present, summed over positions.

import BitKernels

/// Σ max(0, threshold − distance), or on the far side Σ max(0, distance − threshold): the margins.
struct SoftCount: CountRules {
  let name = "soft"
  let fileCode = 1
  let fileVersion: UInt64 = 1

  func amount(distance: UInt16, threshold: UInt16, side: FeatureSide) -> Int32 {
    switch side {
    case .near: distance < threshold ? Int32(threshold - distance) : 0
    case .far: distance > threshold ? Int32(distance - threshold) : 0
    }
  }
  let addsMargins = true
  func largestAmount(reach: Int) -> Int { reach }

  func add(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, _ features: FeatureThresholds,
    to sums: inout MutableSpan<Int32>
  ) {
    Kernels.countMargins(
      distances, positions: positions, filters: filters, stride: stride, thresholds: features.values.span,
      far: features.far, largest: features.largestDistance, into: &sums)
  }

  func finish(_ sums: inout MutableSpan<Int32>) {}
  func largestCount(sum: Int) -> Int { sum }

  /// Where there is a margin, which a vote changes.
  func votes(threshold: UInt16, side: FeatureSide, reach: Int) -> ClosedRange<UInt16> {
    switch side {
    case .near: 0...max(1, threshold) - 1
    case .far: min(65_534, threshold) + 1...65_535
    }
  }
  let presence = FeaturePresence.votes

  func evidence(_ sum: String) -> String { "margins of \(sum) in all" }
}
