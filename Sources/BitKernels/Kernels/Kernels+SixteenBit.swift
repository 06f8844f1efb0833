// Products of sixteen-bit numbers: for covariances, the head's step and its scores.

import CTallyKernels

extension Kernels {
  /// `sums[m * sumStride + n] +=` sum over i < length of `a[m * aStride + i] * b[n * bStride + i]`, exactly.
  /// - Precondition: |a| |b| `block` < 2^31 for every pair of values, none is -32768, and `block` is a positive
  ///   multiple of 32: so many products are added in 32 bits.
  package static func dotMatrix(
    _ a: Span<Int16>, rows aRows: Int, stride aStride: Int, _ b: Span<Int16>, rows bRows: Int,
    stride bStride: Int, length: Int, block: Int, into sums: inout MutableSpan<Int64>, sumStride: Int,
    using implementation: KernelImplementation = active
  ) {
    precondition(block > 0 && block % 32 == 0, "dot products: the block is a positive multiple of 32")
    precondition(
      aRows >= 0 && bRows >= 0 && aStride >= 0 && bStride >= 0 && length >= 0 && sumStride >= 0,
      "dot products: a negative number")
    precondition(a.count >= extent(aRows, aStride, length), "dot products: too few values on the left")
    precondition(b.count >= extent(bRows, bStride, length), "dot products: too few values on the right")
    precondition(sums.count >= extent(aRows, sumStride, bRows), "dot products: too few sums")
    if aRows == 0 || bRows == 0 || length == 0 { return }
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe sums.withUnsafeMutableBufferPointer { sums in
          unsafe implementation.functions.dot_matrix(
            a.baseAddress, aRows, aStride, b.baseAddress, bRows, bStride, length, block, sums.baseAddress,
            sumStride)
        }
      }
    }
  }

  /// `sums[i] =` sum over l of `coefficients[l] * rows[l * rowStride + i]`, i < length.
  /// - Precondition: the sums fit 32 bits.
  package static func combineRows(
    _ coefficients: Span<Int16>, _ rows: Span<Int16>, rowStride: Int, length: Int,
    into sums: inout MutableSpan<Int32>, using implementation: KernelImplementation = active
  ) {
    precondition(rowStride >= 0 && length >= 0, "combine rows: a negative number")
    precondition(rows.count >= extent(coefficients.count, rowStride, length), "combine rows: too few values")
    precondition(sums.count >= length, "combine rows: too few sums")
    if length == 0 { return }
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe coefficients.withUnsafeBufferPointer { coefficients in
      unsafe rows.withUnsafeBufferPointer { rows in
        unsafe sums.withUnsafeMutableBufferPointer { sums in
          unsafe implementation.functions.combine_rows(
            coefficients.baseAddress, coefficients.count, rows.baseAddress, rowStride, length,
            sums.baseAddress)
        }
      }
    }
  }

  /// Weighted sums of counts: sums[c] += Σ_f weights[c · F + f] · counts[f], with F = counts.count; 64 bits, wrapping.
  package static func weighCounts(
    _ weights: Span<Int16>, classes: Int, _ counts: Span<Int32>, into sums: inout MutableSpan<Int64>,
    using implementation: KernelImplementation = active
  ) {
    precondition(classes >= 0 && sums.count >= classes, "weigh counts: too few sums")
    precondition(weights.count >= classes * counts.count, "weigh counts: too few weights")
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe weights.withUnsafeBufferPointer { weights in
      unsafe counts.withUnsafeBufferPointer { counts in
        unsafe sums.withUnsafeMutableBufferPointer { sums in
          unsafe implementation.functions.weigh_counts(
            weights.baseAddress, classes, counts.baseAddress, counts.count, sums.baseAddress)
        }
      }
    }
  }
}
