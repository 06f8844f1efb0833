// What is made of rows of counts: sums, moments, normalised counts both ways round.

import CTallyKernels

extension Kernels {
  /// `sums[i] =` sum over r < `count` of `rows[r * rowStride + i]` for all places of `sums`; 32 bits, wrapping.
  package static func addRows(
    _ rows: Span<Int32>, count: Int, rowStride: Int, into sums: inout MutableSpan<Int32>,
    using implementation: KernelImplementation = active
  ) {
    precondition(count >= 0 && rowStride >= 0, "add rows: a negative number")
    precondition(rows.count >= extent(count, rowStride, sums.count), "add rows: too few numbers")
    if sums.isEmpty { return }
    // SAFETY: the lengths of both spans are checked against the shapes.
    unsafe rows.withUnsafeBufferPointer { rows in
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        unsafe implementation.functions.add_rows(
          rows.baseAddress, count, rowStride, sums.count, sums.baseAddress)
      }
    }
  }

  /// `sums[i] +=` sum over r < `count` of `counts[r * rowStride + i]`, and `squares[i] +=` that of their squares, for all places
  /// of `sums`; 64 bits, wrapping.
  /// - Precondition: as many squares as sums.
  package static func sumCounts(
    _ counts: Span<Int32>, count: Int, rowStride: Int, into sums: inout MutableSpan<Int64>,
    squares: inout MutableSpan<Int64>, using implementation: KernelImplementation = active
  ) {
    precondition(count >= 0 && rowStride >= 0, "sum counts: a negative number")
    precondition(squares.count == sums.count, "sum counts: as many squares as sums")
    precondition(counts.count >= extent(count, rowStride, sums.count), "sum counts: too few counts")
    if sums.isEmpty { return }
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe counts.withUnsafeBufferPointer { counts in
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        unsafe squares.withUnsafeMutableBufferPointer { squares in
          unsafe implementation.functions.sum_counts(
            counts.baseAddress, count, rowStride, sums.count, sums.baseAddress, squares.baseAddress)
        }
      }
    }
  }

  /// `values[i] = ((256 * counts[i] - mean[i]) * inverse[i]) / 2^16`, rounded down and held within ±`limit`; differences and
  /// products in 64 bits, wrapping.
  /// - Precondition: `limit` is not negative; as many means, inverses and values as counts.
  package static func normaliseCounts(
    _ counts: Span<Int32>, mean: Span<Int64>, inverse: Span<Int64>, limit: Int16,
    into values: inout MutableSpan<Int16>, using implementation: KernelImplementation = active
  ) {
    let n = counts.count
    precondition(limit >= 0, "normalise: a negative limit")
    precondition(mean.count == n && inverse.count == n, "normalise: a mean and an inverse a count")
    precondition(values.count == n, "normalise: a value a count")
    if n == 0 { return }
    // SAFETY: the lengths of all four spans are checked against each other.
    unsafe counts.withUnsafeBufferPointer { counts in
      unsafe mean.withUnsafeBufferPointer { mean in
        unsafe inverse.withUnsafeBufferPointer { inverse in
          unsafe values.withUnsafeMutableBufferPointer { values in
            unsafe implementation.functions.normalise_counts(
              counts.baseAddress, mean.baseAddress, inverse.baseAddress, n, limit, values.baseAddress)
          }
        }
      }
    }
  }

  /// `transposed[f * stride + i] = rows[i * rowStride + f]` for f < `width`, i < `count`; 0 for `count` <= i < `stride`.
  /// - Precondition: `count` <= `stride`.
  package static func transposeValues(
    _ rows: Span<Int16>, count: Int, rowStride: Int, width: Int, into transposed: inout MutableSpan<Int16>,
    stride: Int, using implementation: KernelImplementation = active
  ) {
    precondition(rowStride >= 0 && width >= 0, "transpose: a negative number")
    precondition((0...max(0, stride)).contains(count), "transpose: more rows than places")
    precondition(rows.count >= extent(count, rowStride, width), "transpose: too few values")
    precondition(transposed.count >= width * stride, "transpose: too few places")
    if width == 0 || stride <= 0 { return }
    // SAFETY: the lengths of both spans are checked against the shapes.
    unsafe rows.withUnsafeBufferPointer { rows in
      unsafe transposed.withUnsafeMutableBufferPointer { transposed in
        unsafe implementation.functions.transpose_values(
          rows.baseAddress, count, rowStride, width, transposed.baseAddress, stride)
      }
    }
  }
}
