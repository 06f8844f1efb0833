// The one door to the C target: every kernel over spans, every length checked once per call.
// All pointers of the package's arithmetic live in this file; which implementation runs is KernelSelection's.

import CTallyKernels

/// One implementation of the kernels: a name, what it needs, whether it can run here.
@safe
public struct KernelImplementation: @unchecked Sendable {
  /// "scalar", "avx2", "avx512" or "neon".
  public let name: String

  /// What the CPU must offer, for people.
  public let needs: String

  /// Whether this CPU and operating system can run it.
  public let isAvailable: Bool

  // SAFETY: points to a constant table of the C target.
  fileprivate let table: UnsafePointer<tk_kernels>

  /// Whether the kernels run this implementation unless told otherwise.
  public var isActive: Bool { name == Kernels.active.name }

  fileprivate init(_ implementation: tk_implementation) {
    // SAFETY: both are string literals of the C target, and the table is one of its constants.
    name = unsafe String(cString: implementation.name)
    needs = unsafe String(cString: implementation.needs)
    isAvailable = unsafe implementation.available() != 0
    unsafe table = implementation.kernels
  }

  /// The C functions, once it is clear that the CPU has their instructions.
  fileprivate var functions: tk_kernels {
    precondition(isAvailable, "this CPU cannot run the chosen kernels")
    return unsafe table.pointee
  }
}

/// How 2x2 pooling makes one bit of four.
public enum PoolOperation: Hashable, Sendable {
  /// Any of the four.
  case or
  /// At least two of the four.
  case majority

  fileprivate var code: Int32 {
    switch self {
    case .or: Int32(TK_POOL_OR)
    case .majority: Int32(TK_POOL_MAJORITY)
    }
  }
}

/// The bit kernels. P positions, K filters, S filter stride, D bits and L words of a patch.
///
/// Every call covers a tile, not a dot product. A length that does not fit the shapes is a programmer's error and
/// stops the process before any memory is touched. All implementations give the same bits.
public enum Kernels {
  /// The implementations in this build, best last.
  public static let implementations: [KernelImplementation] = {
    var count = 0
    // SAFETY: the C target gives a constant array and its length.
    let list = unsafe tk_implementations(&count)
    return unsafe UnsafeBufferPointer(start: list, count: count).map { unsafe KernelImplementation($0) }
  }()

  // MARK: Matrix products

  /// `distances[p * S + k] = popcount(patch p ^ filter k)` for all S columns; `filters[j * S + k]` is word j of
  /// filter k.
  /// - Precondition: `stride` S is a multiple of 32; 64 L <= 65535; all patches lie in `words`.
  public static func hammingMatrix(
    _ words: Span<UInt64>, _ view: PatchView, filters: Span<UInt64>, stride: Int,
    into distances: inout MutableSpan<UInt16>, using implementation: KernelImplementation = active
  ) {
    checkProduct(words, view, filters: filters.count, stride: stride, distances: distances.count)
    if view.words == 0 { return clear(&distances, view.positions * stride) }
    // SAFETY: the lengths of all three spans are checked against the shapes, here and below.
    unsafe withPatches(words, view) { patches in
      unsafe filters.withUnsafeBufferPointer { filters in
        unsafe distances.withUnsafeMutableBufferPointer { distances in
          unsafe implementation.functions.hamming_matrix(
            patches, filters.baseAddress, stride, distances.baseAddress)
        }
      }
    }
  }

  /// `distances[p * S + k] = popcount((patch p ^ filter k) & mask k)`, masks laid out as filters.
  /// - Precondition: as for `hammingMatrix`.
  public static func maskedHammingMatrix(
    _ words: Span<UInt64>, _ view: PatchView, filters: Span<UInt64>, masks: Span<UInt64>, stride: Int,
    into distances: inout MutableSpan<UInt16>, using implementation: KernelImplementation = active
  ) {
    checkProduct(
      words, view, filters: min(filters.count, masks.count), stride: stride, distances: distances.count)
    if view.words == 0 { return clear(&distances, view.positions * stride) }
    // SAFETY: the lengths of all four spans are checked against the shapes.
    unsafe withPatches(words, view) { patches in
      unsafe filters.withUnsafeBufferPointer { filters in
        unsafe masks.withUnsafeBufferPointer { masks in
          unsafe distances.withUnsafeMutableBufferPointer { distances in
            unsafe implementation.functions.masked_hamming_matrix(
              patches, filters.baseAddress, masks.baseAddress, stride, distances.baseAddress)
          }
        }
      }
    }
  }

  /// Distances less their mean over the K filters of each position: d becomes d + `middle` − ⌊sum / K⌋, held within 0
  /// and 65,535. Columns from K on stay as they are.
  /// - Precondition: `stride` S is a multiple of 32, K <= S, K <= 65536.
  public static func centreDistances(
    _ distances: inout MutableSpan<UInt16>, positions: Int, filters: Int, stride: Int, middle: UInt16,
    using implementation: KernelImplementation = active
  ) {
    precondition(positions >= 0 && filters >= 0 && filters <= 65536, "centring: a wrong number")
    precondition(stride % 32 == 0 && filters <= stride, "centring: whole 32 filters, K at most S")
    precondition(distances.count >= positions * stride, "centring: too few distances")
    if positions == 0 || filters == 0 { return }
    // SAFETY: the length of the span is checked against the shapes.
    unsafe distances.withUnsafeMutableBufferPointer { distances in
      unsafe implementation.functions.centre_distances(
        distances.baseAddress, positions, filters, stride, middle)
    }
  }

  /// `votes[k * D + d] += 2 popcount(a & ~(x ^ s)) - popcount(a)`, summed over `rows` rows of 64 positions, with
  /// `a = active[r * S + k]`, `s = sign[r * S + k]`, `x = bits[r * D + d]`. Zero words of `active` cost little.
  /// - Precondition: K <= S; `bitCount` D is a multiple of 64; the sums fit 32 bits.
  public static func voteMatrix(
    active: Span<UInt64>, sign: Span<UInt64>, filters: Int, stride: Int, bits: Span<UInt64>, bitCount: Int,
    rows: Int, into votes: inout MutableSpan<Int32>, using implementation: KernelImplementation = active
  ) {
    precondition(filters >= 0 && filters <= stride && rows >= 0, "votes: 0 <= filters <= stride, rows >= 0")
    precondition(bitCount >= 0 && bitCount % 64 == 0, "votes: the bits of a patch are whole words")
    let needed = extent(rows, stride, filters)
    precondition(active.count >= needed && sign.count >= needed, "votes: too few active or sign words")
    precondition(bits.count >= rows * bitCount, "votes: too few bit rows")
    precondition(votes.count >= filters * bitCount, "votes: too few places for votes")
    // SAFETY: the lengths of all four spans are checked against the shapes.
    unsafe active.withUnsafeBufferPointer { active in
      unsafe sign.withUnsafeBufferPointer { sign in
        unsafe bits.withUnsafeBufferPointer { bits in
          unsafe votes.withUnsafeMutableBufferPointer { votes in
            unsafe implementation.functions.vote_matrix(
              active.baseAddress, sign.baseAddress, filters, stride, bits.baseAddress, bitCount, rows,
              votes.baseAddress)
          }
        }
      }
    }
  }

  // MARK: Bits

  /// `counts[64 j + b] +=` number of the `count` rows whose word j < `words` has bit b set; rows lie `rowStride`
  /// words apart.
  public static func positionalPopcount(
    _ rows: Span<UInt64>, count: Int, rowStride: Int, words: Int, into counts: inout MutableSpan<UInt32>,
    using implementation: KernelImplementation = active
  ) {
    precondition(count >= 0 && rowStride >= 0 && words >= 0, "positional popcount: a negative number")
    precondition(rows.count >= extent(count, rowStride, words), "positional popcount: too few words")
    precondition(counts.count >= 64 * words, "positional popcount: too few counts")
    if count == 0 || words == 0 { return }
    // SAFETY: the lengths of both spans are checked against the shapes.
    unsafe rows.withUnsafeBufferPointer { rows in
      unsafe counts.withUnsafeMutableBufferPointer { counts in
        unsafe implementation.functions.positional_popcount(
          rows.baseAddress, count, rowStride, words, counts.baseAddress)
      }
    }
  }

  /// Bit i of `transposed[d]` becomes bit d of patch `first + i`, i < count <= 64, d < 64 L; higher bits zero.
  public static func transposePatches(
    _ words: Span<UInt64>, _ view: PatchView, first: Int, count: Int,
    into transposed: inout MutableSpan<UInt64>, using implementation: KernelImplementation = active
  ) {
    precondition(words.count >= view.extent, "transpose: patches outside the words")
    precondition(count >= 0 && count <= 64, "transpose: at most 64 patches at a time")
    precondition(first >= 0 && first + count <= view.positions, "transpose: no such patches")
    precondition(transposed.count >= 64 * view.words, "transpose: too few words for the result")
    if view.words == 0 { return }
    // SAFETY: the lengths of both spans are checked against the shapes.
    unsafe withPatches(words, view) { patches in
      unsafe transposed.withUnsafeMutableBufferPointer { transposed in
        unsafe implementation.functions.transpose_patches(patches, first, count, transposed.baseAddress)
      }
    }
  }

  /// 2x2 pooling of rows x columns positions of `words` words into ceil(rows / 2) x ceil(columns / 2); positions
  /// beyond an odd edge count as zero.
  public static func poolBits(
    _ input: Span<UInt64>, _ inputLayout: GridLayout, rows: Int, columns: Int, words: Int,
    operation: PoolOperation, into output: inout MutableSpan<UInt64>, _ outputLayout: GridLayout,
    using implementation: KernelImplementation = active
  ) {
    let needed = inputLayout.extent(rows: rows, columns: columns, words: words)
    precondition(input.count >= needed, "pool: positions outside the input")
    let written = outputLayout.extent(rows: (rows + 1) / 2, columns: (columns + 1) / 2, words: words)
    precondition(output.count >= written, "pool: positions outside the output")
    if rows == 0 || columns == 0 || words == 0 { return }
    // SAFETY: both extents are checked; neither span is empty, so both have a base address.
    unsafe input.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe implementation.functions.pool_bits(
          input.extracting(inputLayout.offset...).baseAddress, rows, columns, words, inputLayout.rowStride,
          inputLayout.columnStride, output.extracting(outputLayout.offset...).baseAddress,
          outputLayout.rowStride, outputLayout.columnStride, operation.code)
      }
    }
  }

  // MARK: Distances

  /// Bit k % 64 of `packed[offset + p * wordStride + k / 64]` becomes `distances[p * S + k] <= thresholds[k]`,
  /// k < K; tail bits zero, ceil(K / 64) words written for each of the positions.
  /// - Precondition: `stride` S is a multiple of 32, K <= S.
  public static func thresholdPack(
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
  public static func rangePack(
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

  /// `counts[k] +=` number of positions p with `distances[p * S + k] <= thresholds[k]`, k < K.
  /// - Precondition: `stride` S is a multiple of 32, K <= S.
  public static func countFeatures(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, thresholds: Span<UInt16>,
    into counts: inout MutableSpan<Int32>, using implementation: KernelImplementation = active
  ) {
    checkDistances(distances, positions, filters, stride, limits: thresholds.count)
    precondition(counts.count >= filters, "count features: too few counts")
    if positions == 0 || filters == 0 { return }
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe distances.withUnsafeBufferPointer { distances in
      unsafe thresholds.withUnsafeBufferPointer { thresholds in
        unsafe counts.withUnsafeMutableBufferPointer { counts in
          unsafe implementation.functions.count_features(
            distances.baseAddress, positions, filters, stride, thresholds.baseAddress, counts.baseAddress)
        }
      }
    }
  }

  /// `counts[k] +=` sum over positions p of `max(0, thresholds[k] - distances[p * S + k])`, k < K.
  /// - Precondition: `stride` S is a multiple of 32, K <= S; the sums fit 32 bits.
  public static func countMargins(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, thresholds: Span<UInt16>,
    into counts: inout MutableSpan<Int32>, using implementation: KernelImplementation = active
  ) {
    checkDistances(distances, positions, filters, stride, limits: thresholds.count)
    precondition(counts.count >= filters, "count margins: too few counts")
    if positions == 0 || filters == 0 { return }
    // SAFETY: the lengths of all three spans are checked against the shapes.
    unsafe distances.withUnsafeBufferPointer { distances in
      unsafe thresholds.withUnsafeBufferPointer { thresholds in
        unsafe counts.withUnsafeMutableBufferPointer { counts in
          unsafe implementation.functions.count_margins(
            distances.baseAddress, positions, filters, stride, thresholds.baseAddress, counts.baseAddress)
        }
      }
    }
  }

  /// Every count becomes ⌊√(256 · min(count, 2^24 − 1))⌋, its square root with 4 fractional bits; counts below 0 become 0.
  public static func rootCounts(
    _ counts: inout MutableSpan<Int32>, using implementation: KernelImplementation = active
  ) {
    if counts.isEmpty { return }
    // SAFETY: the kernel gets the span's own address and length.
    unsafe counts.withUnsafeMutableBufferPointer { counts in
      unsafe implementation.functions.root_counts(counts.baseAddress, counts.count)
    }
  }

  // MARK: Sixteen-bit products

  /// `sums[m * sumStride + n] +=` sum over i < length of `a[m * aStride + i] * b[n * bStride + i]`, exactly.
  /// - Precondition: |a| |b| `block` < 2^31 for every pair of values, none is -32768, and `block` is a positive
  ///   multiple of 32: so many products are added in 32 bits.
  public static func dotMatrix(
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
  public static func combineRows(
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
  public static func weighCounts(
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

  // MARK: Signals

  /// Bit `firstBit + t` of a pixel's words becomes `value > thresholds[t]`, for rows x columns pixels of `channels`
  /// bytes each; words of pixel (r, c) lie at (r, c) of `layout`.
  ///
  /// The signal that has bit 0 of a word sets the word, the others add to it: signals come in the order of their bits.
  /// - Precondition: one coefficient a channel; `scratch` has `SignalCode.scratch(width:height:)` numbers.
  public static func encodeSignal(
    _ signal: SignalCode, pixels: Span<UInt8>, rows: Int, columns: Int, channels: Int,
    scratch: inout MutableSpan<Int32>, into words: inout MutableSpan<UInt64>, _ layout: GridLayout,
    using implementation: KernelImplementation = active
  ) {
    precondition(rows >= 0 && columns >= 0 && channels >= 0, "signals: a negative number")
    precondition(pixels.count >= rows * columns * channels, "signals: too few pixels")
    precondition(
      signal.kernel.isEmpty
        ? signal.coefficients.count == channels
        : signal.kernel.count == signal.window * signal.window * channels,
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
              unsafe signal.kernel.withUnsafeBufferPointer { kernel in
                var code = unsafe tk_signal(
                  coefficients: coefficients.baseAddress, kernel: kernel.isEmpty ? nil : kernel.baseAddress,
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

  /// `plane[y * columns + x] =` sum of the kernel's factors times the pixels around (y, x), edge pixels repeated outwards.
  /// - Parameters:
  ///   - pixels: rows x columns x channels bytes.
  ///   - rows: the image's height.
  ///   - columns: the image's width.
  ///   - channels: bytes of a pixel.
  ///   - kernel: window x window x channels factors, at most `SignalCode.largestSum` in all.
  ///   - window: the kernel's side, odd from 3 to 15.
  ///   - scratch: `SignalCode.scratch(width:height:channels:)` numbers.
  ///   - plane: where the sums go.
  ///   - implementation: the kernels to use.
  /// - Precondition: the plane has 16 numbers more than there are pixels; they are overwritten.
  public static func filterPixels(
    _ pixels: Span<UInt8>, rows: Int, columns: Int, channels: Int, kernel: Span<Int16>, window: Int,
    scratch: inout MutableSpan<Int32>, into plane: inout MutableSpan<Int32>,
    using implementation: KernelImplementation = active
  ) {
    precondition(rows >= 0 && columns >= 0 && channels >= 0, "filter pixels: a negative number")
    precondition(window % 2 == 1 && (3...15).contains(window), "filter pixels: the window")
    precondition(pixels.count >= rows * columns * channels, "filter pixels: too few pixels")
    precondition(kernel.count == window * window * channels, "filter pixels: factors for every channel")
    precondition(plane.count >= rows * columns + 16, "filter pixels: too small a plane")
    precondition(
      scratch.count >= SignalCode.scratch(width: columns, height: rows, channels: channels),
      "filter pixels: too little scratch memory")
    if rows == 0 || columns == 0 { return }
    // SAFETY: the lengths of all four spans are checked against the shapes.
    unsafe pixels.withUnsafeBufferPointer { pixels in
      unsafe kernel.withUnsafeBufferPointer { kernel in
        unsafe scratch.withUnsafeMutableBufferPointer { scratch in
          unsafe plane.withUnsafeMutableBufferPointer { plane in
            unsafe implementation.functions.filter_pixels(
              pixels.baseAddress, rows, columns, channels, kernel.baseAddress, window, scratch.baseAddress,
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
  public static func patchValues(
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
  public static func encodePatches(
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

  // MARK: Nearest filters

  /// Puts patches, from `first` on, into the buckets of their nearest filters: of the first filter k < K with the
  /// smallest `distances[p * S + k]`, which is added to `sum`. The patch's L words become row `fill[k]` of bucket k,
  /// which begins at `buckets[k * capacity * L]`, and `fill[k]` grows by one.
  ///
  /// Stops behind the patch that fills a bucket, or behind the last.
  /// - Returns: the patch to go on with, the number of patches when all are done.
  /// - Precondition: 0 < K <= S, K <= 65536, every fill is below `capacity`, all patches lie in `words`.
  public static func sortNearest(
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

  // MARK: Checks

  /// Elements from the start of the first to the end of the last of `count` rows.
  private static func extent(_ count: Int, _ stride: Int, _ width: Int) -> Int {
    count == 0 || width == 0 ? 0 : (count - 1) * stride + width
  }

  private static func checkProduct(
    _ words: Span<UInt64>, _ view: PatchView, filters: Int, stride: Int, distances: Int
  ) {
    precondition(words.count >= view.extent, "distances: patches outside the words")
    precondition(view.words <= 1023, "distances: a patch has at most 65535 bits")
    precondition(stride >= 0 && stride % 32 == 0, "distances: the filter stride is a multiple of 32")
    precondition(filters >= view.words * stride, "distances: too few filter or mask words")
    precondition(distances >= view.positions * stride, "distances: too few places for distances")
  }

  private static func checkDistances(
    _ distances: Span<UInt16>, _ positions: Int, _ filters: Int, _ stride: Int, limits: Int
  ) {
    precondition(positions >= 0 && filters >= 0, "distances: a negative number")
    precondition(stride % 32 == 0 && filters <= stride, "distances: whole 32 filters, K at most S")
    precondition(distances.count >= positions * stride, "distances: too few distances")
    precondition(limits >= filters, "distances: too few thresholds")
  }

  private static func checkPacked(
    _ count: Int, _ positions: Int, _ filters: Int, _ offset: Int, _ stride: Int
  ) {
    precondition(offset >= 0 && stride >= 0, "pack: a negative number")
    precondition(
      count >= offset && count - offset >= extent(positions, stride, wordCount(bits: filters)),
      "pack: too few words for the bits")
  }

  private static func clear(_ distances: inout MutableSpan<UInt16>, _ count: Int) {
    for i in 0..<count { distances[i] = 0 }
  }

  /// Calls `body` with the view as the C target reads it.
  private static func withPatches(
    _ words: Span<UInt64>, _ view: PatchView, _ body: (UnsafePointer<tk_patches>) -> Void
  ) {
    // SAFETY: the caller has checked the view's extent, so its offset lies in the span.
    unsafe words.withUnsafeBufferPointer { words in
      var patches = unsafe tk_patches(
        base: words.extracting(view.offset...).baseAddress, rows: view.rows, columns: view.columns,
        rowStride: view.rowStride, columnStride: view.columnStride, segments: view.segments,
        segmentWords: view.segmentWords, segmentStride: view.segmentStride)
      unsafe body(&patches)
    }
  }
}
