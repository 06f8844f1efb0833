// The one door to the C target: every kernel over spans, every length checked once per call. The kernels are in the
// other files of this folder, by what they work on; all pointers of the package's arithmetic live here.

import CTallyKernels

/// The bit kernels. P positions, K filters, S filter stride, D bits and L words of a patch.
///
/// Every call covers a tile, not a dot product. A length that does not fit the shapes is a programmer's error and
/// stops the process before any memory is touched. All implementations give the same bits.
package enum Kernels {
  /// The implementations in this build, best last.
  package static let implementations: [KernelImplementation] = {
    var count = 0
    // SAFETY: the C target gives a constant array and its length.
    let list = unsafe tk_implementations(&count)
    return unsafe UnsafeBufferPointer(start: list, count: count).map { unsafe KernelImplementation($0) }
  }()
}
