// What is made of distances: packed features, counts, margins and their roots.

import CTallyKernels

extension Kernels {
  /// Bit k % 64 of `packed[offset + p * wordStride + k / 64]` becomes `distances[p * S + k] <= thresholds[k]`,
  /// k < K; tail bits zero, ceil(K / 64) words written for each of the positions.
  /// - Precondition: `stride` S is a multiple of 32, K <= S.
  package static func thresholdPack(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, thresholds: Span<UInt16>,
    into packed: inout MutableSpan<UInt64>, offset: Int = 0, wordStride: Int,
    using implementation: KernelImplementation = active
  ) {
    checkDistances(distances, positions, filters, stride, limits: thresholds.count)
    checkPacked(packed.count, positions, filters, offset, wordStride)
    if positions == 0 || filters == 0 { return }
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe distances.withUnsafeBufferPointer { distances in
      unsafe thresholds.withUnsafeBufferPointer { thresholds in
        unsafe packed.withUnsafeMutableBufferPointer { packed in
          unsafe implementation.functions.threshold_pack(
            distances.baseAddress, positions, filters, stride, thresholds.baseAddress,
            packed.extracting(offset...).baseAddress, wordStride)
        }
      }
    }
  }

  /// As `thresholdPack`, with `lowest[k] <= distance <= highest[k]`.
  package static func rangePack(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, lowest: Span<UInt16>,
    highest: Span<UInt16>, into packed: inout MutableSpan<UInt64>, offset: Int = 0, wordStride: Int,
    using implementation: KernelImplementation = active
  ) {
    checkDistances(distances, positions, filters, stride, limits: min(lowest.count, highest.count))
    checkPacked(packed.count, positions, filters, offset, wordStride)
    if positions == 0 || filters == 0 { return }
    // SAFETY: the lengths of all four spans are checked against the shapes.
    unsafe distances.withUnsafeBufferPointer { distances in
      unsafe lowest.withUnsafeBufferPointer { lowest in
        unsafe highest.withUnsafeBufferPointer { highest in
          unsafe packed.withUnsafeMutableBufferPointer { packed in
            unsafe implementation.functions.range_pack(
              distances.baseAddress, positions, filters, stride, lowest.baseAddress, highest.baseAddress,
              packed.extracting(offset...).baseAddress, wordStride)
          }
        }
      }
    }
  }

  /// `counts[g * K + k] +=` number of positions p at which feature g of filter k is on: `distances[p * S + k] <=
  /// thresholds[g * K + k]`, or `>=` if bit g of `far` is set; k < K.
  /// - Parameter thresholds: K for each of 1 to 32 features.
  /// - Precondition: `stride` S is a multiple of 32, K <= S.
  package static func countFeatures(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, thresholds: Span<UInt16>,
    far: UInt32 = 0, into counts: inout MutableSpan<Int32>,
    using implementation: KernelImplementation = active
  ) {
    let features = checkCounts(distances, positions, filters, stride, thresholds, counts: counts.count)
    if positions == 0 || filters == 0 { return }
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe distances.withUnsafeBufferPointer { distances in
      unsafe thresholds.withUnsafeBufferPointer { thresholds in
        unsafe counts.withUnsafeMutableBufferPointer { counts in
          var features = unsafe tk_features(
            thresholds: thresholds.baseAddress, count: features, far: far, stride: filters)
          unsafe implementation.functions.count_features(
            distances.baseAddress, positions, filters, stride, &features, counts.baseAddress)
        }
      }
    }
  }

  /// `counts[g * K + k] +=` sum over positions p of `max(0, thresholds[g * K + k] - distances[p * S + k])`, or, if bit g of
  /// `far` is set, of the distance less the threshold; k < K.
  /// - Parameters:
  ///   - thresholds: K for each of 1 to 32 features.
  ///   - largest: no distance of the K filters is above it.
  /// - Precondition: `stride` S is a multiple of 32, K <= S; the sums fit 32 bits.
  package static func countMargins(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, thresholds: Span<UInt16>,
    far: UInt32 = 0, largest: UInt16 = .max, into counts: inout MutableSpan<Int32>,
    using implementation: KernelImplementation = active
  ) {
    let features = checkCounts(distances, positions, filters, stride, thresholds, counts: counts.count)
    if positions == 0 || filters == 0 { return }
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe distances.withUnsafeBufferPointer { distances in
      unsafe thresholds.withUnsafeBufferPointer { thresholds in
        unsafe counts.withUnsafeMutableBufferPointer { counts in
          var features = unsafe tk_features(
            thresholds: thresholds.baseAddress, count: features, far: far, stride: filters)
          unsafe implementation.functions.count_margins(
            distances.baseAddress, positions, filters, stride, &features, largest, counts.baseAddress)
        }
      }
    }
  }

  /// Every count becomes ⌊√(256 · min(count, 2^24 − 1))⌋, its square root with 4 fractional bits; counts below 0 become 0.
  package static func rootCounts(
    _ counts: inout MutableSpan<Int32>, using implementation: KernelImplementation = active
  ) {
    if counts.isEmpty { return }
    // SAFETY: the kernel gets the span's own address and length.
    unsafe counts.withUnsafeMutableBufferPointer { counts in
      unsafe implementation.functions.root_counts(counts.baseAddress, counts.count)
    }
  }
}
