// From pixels to bits: signals, filtered pixels, whitened windows and their thermometer codes.

import CTallyKernels

extension Kernels {
  /// Bit `firstBit + t` of a pixel's words becomes `value > thresholds[t]`, for rows x columns pixels of `channels`
  /// bytes each; words of pixel (r, c) lie at (r, c) of `layout`.
  ///
  /// The signal that has bit 0 of a word sets the word, the others add to it: signals come in the order of their bits.
  /// - Precondition: one coefficient a channel; `scratch` has `SignalCode.scratch(width:height:)` numbers.
  package static func encodeSignal(
    _ signal: SignalCode, pixels: Span<UInt8>, rows: Int, columns: Int, channels: Int,
    scratch: inout MutableSpan<Int32>, into words: inout MutableSpan<UInt64>, _ layout: GridLayout,
    using implementation: KernelImplementation = active
  ) {
    precondition(rows >= 0 && columns >= 0 && channels >= 0, "signals: a negative number")
    precondition(pixels.count >= rows * columns * channels, "signals: too few pixels")
    precondition(
      signal.factors.isEmpty
        ? signal.coefficients.count == channels
        : signal.factors.count == signal.window * signal.window * channels,
      "signals: one coefficient for every channel, or for every channel of the window")
    precondition(
      scratch.count >= SignalCode.scratch(width: columns, height: rows, channels: channels),
      "signals: too little scratch memory")
    let needed = layout.extent(rows: rows, columns: columns, words: signal.words)
    precondition(words.count >= needed, "signals: pixels outside the words")
    if rows == 0 || columns == 0 || signal.thresholds.isEmpty { return }
    // SAFETY: the lengths of all spans are checked against the shapes; the signal's arrays live for the call.
    unsafe pixels.withUnsafeBufferPointer { pixels in
      unsafe scratch.withUnsafeMutableBufferPointer { scratch in
        unsafe words.withUnsafeMutableBufferPointer { words in
          unsafe signal.coefficients.withUnsafeBufferPointer { coefficients in
            unsafe signal.thresholds.withUnsafeBufferPointer { thresholds in
              unsafe signal.factors.withUnsafeBufferPointer { factors in
                var code = unsafe tk_signal(
                  coefficients: coefficients.baseAddress,
                  factors: factors.isEmpty ? nil : factors.baseAddress,
                  window: signal.window, thresholds: thresholds.baseAddress, levels: thresholds.count,
                  firstBit: signal.firstBit)
                unsafe implementation.functions.encode_signal(
                  pixels.baseAddress, rows, columns, channels, &code, scratch.baseAddress,
                  words.extracting(layout.offset...).baseAddress, layout.rowStride, layout.columnStride)
              }
            }
          }
        }
      }
    }
  }

  /// `plane[y * columns + x] =` sum of factors times the pixels around (y, x), edge pixels repeated outwards.
  /// - Parameters:
  ///   - pixels: rows x columns x channels bytes.
  ///   - rows: the image's height.
  ///   - columns: the image's width.
  ///   - channels: bytes of a pixel.
  ///   - factors: window x window x channels factors, at most `SignalCode.largestSum` in all.
  ///   - window: the window's side, odd from 3 to 15.
  ///   - scratch: `SignalCode.scratch(width:height:channels:)` numbers.
  ///   - plane: where the sums go.
  ///   - implementation: the kernels to use.
  /// - Precondition: the plane has 16 numbers more than there are pixels; they are overwritten.
  package static func filterPixels(
    _ pixels: Span<UInt8>, rows: Int, columns: Int, channels: Int, factors: Span<Int16>, window: Int,
    scratch: inout MutableSpan<Int32>, into plane: inout MutableSpan<Int32>,
    using implementation: KernelImplementation = active
  ) {
    precondition(rows >= 0 && columns >= 0 && channels >= 0, "filter pixels: a negative number")
    precondition(window % 2 == 1 && (3...15).contains(window), "filter pixels: the window")
    precondition(pixels.count >= rows * columns * channels, "filter pixels: too few pixels")
    precondition(factors.count == window * window * channels, "filter pixels: factors for every channel")
    precondition(plane.count >= rows * columns + 16, "filter pixels: too small a plane")
    precondition(
      scratch.count >= SignalCode.scratch(width: columns, height: rows, channels: channels),
      "filter pixels: too little scratch memory")
    if rows == 0 || columns == 0 { return }
    // SAFETY: the lengths of all four spans are checked against the shapes.
    unsafe pixels.withUnsafeBufferPointer { pixels in
      unsafe factors.withUnsafeBufferPointer { factors in
        unsafe scratch.withUnsafeMutableBufferPointer { scratch in
          unsafe plane.withUnsafeMutableBufferPointer { plane in
            unsafe implementation.functions.filter_pixels(
              pixels.baseAddress, rows, columns, channels, factors.baseAddress, window, scratch.baseAddress,
              plane.baseAddress)
          }
        }
      }
    }
  }

  /// The numbers of the window around every pixel, each filter's in units of the window's contrast.
  ///
  /// `planes[f * planeStride + y * columns + x] = ((sum >> 5) * scale) >> 12`, held within ±32767, with the sum of filter f's
  /// factors times (pixel - 128) over the window, and scale = 51811 / sqrt(variance of the window's bytes + 30).
  /// - Parameters:
  ///   - pixels: rows x columns x channels bytes; edge pixels are repeated outwards.
  ///   - rows: the image's height.
  ///   - columns: the image's width.
  ///   - filters: the factors.
  ///   - scratch: `filters.scratch(width:height:)` numbers.
  ///   - planes: where the numbers go.
  ///   - planeStride: values from one filter's plane to the next.
  ///   - implementation: the kernels to use.
  /// - Precondition: planes are at least 16 values longer than there are pixels; these are overwritten.
  package static func patchValues(
    _ pixels: Span<UInt8>, rows: Int, columns: Int, filters: PatchFilters, scratch: inout MutableSpan<Int32>,
    into planes: inout MutableSpan<Int16>, planeStride: Int,
    using implementation: KernelImplementation = active
  ) {
    precondition(rows >= 0 && columns >= 0, "patch values: a negative number")
    precondition(pixels.count >= rows * columns * filters.channels, "patch values: too few pixels")
    precondition(
      planeStride >= rows * columns + 16 && planes.count >= filters.count * planeStride,
      "patch values: too small planes")
    precondition(
      scratch.count >= filters.scratch(width: columns, height: rows),
      "patch values: too little scratch memory")
    if rows == 0 || columns == 0 { return }
    // SAFETY: the lengths of all spans are checked against the shapes; the filters' array lives for the call.
    unsafe pixels.withUnsafeBufferPointer { pixels in
      unsafe filters.pairs.withUnsafeBufferPointer { pairs in
        unsafe scratch.withUnsafeMutableBufferPointer { scratch in
          unsafe planes.withUnsafeMutableBufferPointer { planes in
            unsafe implementation.functions.patch_values(
              pixels.baseAddress, rows, columns, filters.channels, pairs.baseAddress, filters.count,
              filters.window, scratch.baseAddress, planes.baseAddress, planeStride)
          }
        }
      }
    }
  }

  /// Codes of planes of values: bit `firstBit + s * levels + t` of a pixel's words becomes `value > thresholds[s * levels + t]`
  /// for the values of plane s, with words and order as `encodeSignal` has them.
  /// - Parameters:
  ///   - planes: one plane a signal, `planeStride` values from one to the next.
  ///   - planeStride: at least 16 more than there are pixels.
  ///   - rows: the image's height.
  ///   - columns: the image's width.
  ///   - thresholds: `levels` of every plane, ascending.
  ///   - levels: thresholds of a plane.
  ///   - firstBit: the bit of the first threshold.
  ///   - words: where the codes go.
  ///   - layout: where a pixel's words lie.
  ///   - implementation: the kernels to use.
  /// - Precondition: whole planes, at most 7281 thresholds.
  package static func encodePatches(
    _ planes: Span<Int16>, planeStride: Int, rows: Int, columns: Int, thresholds: Span<Int16>, levels: Int,
    firstBit: Int, into words: inout MutableSpan<UInt64>, _ layout: GridLayout,
    using implementation: KernelImplementation = active
  ) {
    precondition(rows >= 0 && columns >= 0 && firstBit >= 0 && levels > 0, "patches: a negative number")
    precondition(thresholds.count % levels == 0 && thresholds.count <= 7281, "patches: the thresholds")
    let count = thresholds.count / levels
    precondition(
      planeStride >= rows * columns + 16 && planes.count >= count * planeStride, "patches: too few values")
    let needed = layout.extent(
      rows: rows, columns: columns, words: wordCount(bits: firstBit + thresholds.count))
    precondition(words.count >= needed, "patches: pixels outside the words")
    if rows == 0 || columns == 0 || count == 0 { return }
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe planes.withUnsafeBufferPointer { planes in
      unsafe words.withUnsafeMutableBufferPointer { words in
        unsafe thresholds.withUnsafeBufferPointer { thresholds in
          unsafe implementation.functions.code_patches(
            planes.baseAddress, planeStride, count, rows, columns, thresholds.baseAddress, levels, firstBit,
            words.extracting(layout.offset...).baseAddress, layout.rowStride, layout.columnStride)
        }
      }
    }
  }
}
