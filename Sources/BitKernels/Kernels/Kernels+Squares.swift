// What is counted of patches in the squares of a row, without keeping their distances.

import CTallyKernels

/// What is counted of K filters' distances, and in which squares.
package struct SquareCounting: Hashable, Sendable {
  /// Features of every filter, 1 to 32.
  package var features: Int
  /// From a feature to the next, in thresholds and in counts; at least K.
  package var featureStride: Int
  /// Bit g says that feature g is on where the distance is at least the threshold.
  package var far: UInt32
  /// Whether margins are added up, instead of positions at which a feature is on.
  package var margins: Bool
  /// What is added to distances less their mean; nil where distances are taken as they are.
  package var middle: UInt16?
  /// No distance of the filters is above it.
  package var largest: UInt16
  /// Squares side by side: column x of W lies in square x · squares / W.
  package var squares: Int
  /// Counts from a square to the next.
  package var squareStride: Int

  /// Creates a description; nothing is checked before a kernel uses it.
  package init(
    features: Int, featureStride: Int, far: UInt32, margins: Bool, middle: UInt16?, largest: UInt16,
    squares: Int, squareStride: Int
  ) {
    self.features = features
    self.featureStride = featureStride
    self.far = far
    self.margins = margins
    self.middle = middle
    self.largest = largest
    self.squares = squares
    self.squareStride = squareStride
  }
}

extension Kernels {
  /// `hammingMatrix`, `centreDistances` where there is a middle, and `countMargins` or `countFeatures`, for every square of the
  /// patches: what is counted in square i is added from `counts[i * squareStride]` on, feature g of filter k at
  /// `g * featureStride + k`.
  /// - Parameters:
  ///   - filters: word j of filter k at `j * stride + k`; columns up to the next multiple of 32 behind K are read.
  ///   - count: K.
  ///   - thresholds: feature g of filter k at `g * featureStride + k`.
  ///   - scratch: rows · ⌈columns / squares⌉ · `stride` numbers.
  /// - Precondition: `stride` is a multiple of 32, K <= `stride`; distances with the middle on top are below 2^16; sums fit 32 bits.
  package static func countSquares(
    _ words: Span<UInt64>, _ view: PatchView, filters: Span<UInt64>, count: Int, stride: Int,
    _ counting: SquareCounting, thresholds: Span<UInt16>, scratch: inout MutableSpan<UInt16>,
    into counts: inout MutableSpan<Int32>, using implementation: KernelImplementation = active
  ) {
    checkSquares(
      words, view, filters: filters.count, count: count, stride: stride, counting,
      thresholds: thresholds.count, scratch: scratch.count, counts: counts.count)
    if view.positions == 0 || count == 0 { return }
    // SAFETY: the lengths of all five spans are checked against the shapes.
    unsafe withPatches(words, view) { patches in
      unsafe filters.withUnsafeBufferPointer { filters in
        unsafe thresholds.withUnsafeBufferPointer { thresholds in
          unsafe scratch.withUnsafeMutableBufferPointer { scratch in
            unsafe counts.withUnsafeMutableBufferPointer { counts in
              var how = unsafe tk_counting(
                features: tk_features(
                  thresholds: thresholds.baseAddress, count: counting.features, far: counting.far,
                  stride: counting.featureStride),
                margins: counting.margins ? 1 : 0, centred: counting.middle == nil ? 0 : 1,
                middle: counting.middle ?? 0, largest: counting.largest, squares: counting.squares,
                squareStride: counting.squareStride)
              unsafe implementation.functions.count_squares(
                patches, filters.baseAddress, stride, count, &how, scratch.baseAddress, counts.baseAddress)
            }
          }
        }
      }
    }
  }

  private static func checkSquares(
    _ words: Span<UInt64>, _ view: PatchView, filters: Int, count: Int, stride: Int,
    _ counting: SquareCounting, thresholds: Int, scratch: Int, counts: Int
  ) {
    precondition(words.count >= view.extent, "squares: patches outside the words")
    precondition(stride % 32 == 0 && (0...stride).contains(count), "squares: whole 32 filters, K at most S")
    precondition(count <= 65536 && view.words * 64 + Int(counting.middle ?? 0) <= 65535, "squares: too far")
    precondition(
      filters >= extent(view.words, stride, (count + 31) / 32 * 32), "squares: too few words of filters")
    precondition((1...32).contains(counting.features), "squares: 1 to 32 features")
    precondition(counting.featureStride >= count, "squares: features overlap")
    let perSquare = extent(counting.features, counting.featureStride, count)
    precondition(thresholds >= perSquare, "squares: too few thresholds")
    precondition(counting.squares > 0 && counting.squareStride >= 0, "squares: none")
    precondition(
      counts >= extent(counting.squares, counting.squareStride, perSquare), "squares: too few counts")
    let columns = (view.columns + counting.squares - 1) / counting.squares
    precondition(scratch >= view.rows * columns * stride, "squares: too few numbers to work with")
  }
}
