// Patches sorted by the filter nearest to them, for clustering.

import CTallyKernels

extension Kernels {
  /// Puts patches, from `first` on, into the buckets of their nearest filters: of the first filter k < K with the
  /// smallest `distances[p * S + k]`, which is added to `sum`. The patch's L words become row `fill[k]` of bucket k,
  /// which begins at `buckets[k * capacity * L]`, and `fill[k]` grows by one.
  ///
  /// Stops behind the patch that fills a bucket, or behind the last.
  /// - Returns: the patch to go on with, the number of patches when all are done.
  /// - Precondition: 0 < K <= S, K <= 65536, every fill is below `capacity`, all patches lie in `words`.
  package static func sortNearest(
    _ words: Span<UInt64>, _ view: PatchView, first: Int, distances: Span<UInt16>, filters: Int, stride: Int,
    buckets: inout MutableSpan<UInt64>, capacity: Int, fill: inout MutableSpan<UInt32>, sum: inout UInt64,
    using implementation: KernelImplementation = active
  ) -> Int {
    precondition(words.count >= view.extent, "nearest: patches outside the words")
    precondition(first >= 0 && filters > 0 && filters <= 65536 && capacity > 0, "nearest: a wrong number")
    checkDistances(distances, view.positions, filters, stride, limits: fill.count)
    precondition(buckets.count >= filters * capacity * view.words, "nearest: too few words for the buckets")
    for k in 0..<filters { precondition(fill[k] < capacity, "nearest: a bucket is full") }
    if first >= view.positions { return view.positions }
    var (next, total) = (0, UInt64(0))
    // SAFETY: the lengths of all spans are checked against the shapes, and the call stops at a full bucket.
    unsafe withPatches(words, view) { patches in
      unsafe distances.withUnsafeBufferPointer { distances in
        unsafe buckets.withUnsafeMutableBufferPointer { buckets in
          unsafe fill.withUnsafeMutableBufferPointer { fill in
            next = unsafe implementation.functions.sort_nearest(
              patches, first, distances.baseAddress, filters, stride, buckets.baseAddress, capacity,
              fill.baseAddress, &total)
          }
        }
      }
    }
    sum += total
    return next
  }
}
