// The soft count: how clearly a feature was present, summed over positions.

import BitKernels

/// Σ max(0, threshold − distance): the margins.
struct SoftCount: CountRules {
  let name = "soft"
  let fileCode = 1
  let fileVersion: UInt64 = 1

  func amount(distance: UInt16, threshold: UInt16) -> Int32 {
    distance < threshold ? Int32(threshold - distance) : 0
  }
  func largestAmount(threshold: Int) -> Int { threshold }

  func add(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, thresholds: Span<UInt16>,
    to sums: inout MutableSpan<Int32>
  ) {
    Kernels.countMargins(
      distances, positions: positions, filters: filters, stride: stride, thresholds: thresholds, into: &sums)
  }

  func finish(_ sums: inout MutableSpan<Int32>) {}
  func largestCount(sum: Int) -> Int { sum }

  /// Below the threshold, where a vote changes the margin.
  func votes(threshold: UInt16, reach: Int) -> ClosedRange<UInt16> { 0...max(1, threshold) - 1 }
  let presence = FeaturePresence.votes

  func evidence(_ sum: String) -> String { "margins of \(sum) in all" }
}
