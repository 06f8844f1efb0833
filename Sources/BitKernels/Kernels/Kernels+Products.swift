// Bit-matrix products: distances of patches to filters, and votes.

import CTallyKernels

extension Kernels {
  /// `distances[p * S + k] = popcount(patch p ^ filter k)` for k < `columns`, all S unless something else is said;
  /// `filters[j * S + k]` is word j of filter k.
  /// - Precondition: `stride` S and `columns` are multiples of 32; 64 L <= 65535; all patches lie in `words`.
  package static func hammingMatrix(
    _ words: Span<UInt64>, _ view: PatchView, filters: Span<UInt64>, stride: Int, columns: Int? = nil,
    into distances: inout MutableSpan<UInt16>, using implementation: KernelImplementation = active
  ) {
    let columns = columns ?? stride
    checkProduct(
      words, view, filters: filters.count, stride: stride, columns: columns, distances: distances.count)
    if view.positions == 0 || columns == 0 { return }
    // SAFETY: the lengths of all three spans are checked against the shapes, here and below.
    unsafe withPatches(words, view) { patches in
      unsafe filters.withUnsafeBufferPointer { filters in
        unsafe distances.withUnsafeMutableBufferPointer { distances in
          unsafe implementation.functions.hamming_matrix(
            patches, filters.baseAddress, stride, columns, distances.baseAddress)
        }
      }
    }
  }

  /// `distances[p * S + k] = popcount((patch p ^ filter k) & mask k)`, masks laid out as filters.
  /// - Precondition: as for `hammingMatrix`.
  package static func maskedHammingMatrix(
    _ words: Span<UInt64>, _ view: PatchView, filters: Span<UInt64>, masks: Span<UInt64>, stride: Int,
    columns: Int? = nil, into distances: inout MutableSpan<UInt16>,
    using implementation: KernelImplementation = active
  ) {
    let columns = columns ?? stride
    checkProduct(
      words, view, filters: min(filters.count, masks.count), stride: stride, columns: columns,
      distances: distances.count)
    if view.positions == 0 || columns == 0 { return }
    // SAFETY: the lengths of all four spans are checked against the shapes.
    unsafe withPatches(words, view) { patches in
      unsafe filters.withUnsafeBufferPointer { filters in
        unsafe masks.withUnsafeBufferPointer { masks in
          unsafe distances.withUnsafeMutableBufferPointer { distances in
            unsafe implementation.functions.masked_hamming_matrix(
              patches, filters.baseAddress, masks.baseAddress, stride, columns, distances.baseAddress)
          }
        }
      }
    }
  }

  /// Distances less their mean over the K filters of each position: d becomes d + `middle` − ⌊sum / K⌋, held within 0
  /// and 65,535. Columns from K on stay as they are.
  /// - Precondition: `stride` S is a multiple of 32, K <= S, K <= 65536.
  package static func centreDistances(
    _ distances: inout MutableSpan<UInt16>, positions: Int, filters: Int, stride: Int, middle: UInt16,
    using implementation: KernelImplementation = active
  ) {
    precondition(positions >= 0 && filters >= 0 && filters <= 65536, "centring: a wrong number")
    precondition(stride % 32 == 0 && filters <= stride, "centring: whole 32 filters, K at most S")
    precondition(distances.count >= extent(positions, stride, filters), "centring: too few distances")
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
  package static func voteMatrix(
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
}
