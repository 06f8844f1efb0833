// Bits counted by position, transposed, and pooled.

import CTallyKernels

extension Kernels {
  /// `counts[64 j + b] +=` number of the `count` rows whose word j < `words` has bit b set; rows lie `rowStride`
  /// words apart.
  package static func positionalPopcount(
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
  package static func transposePatches(
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
  package static func poolBits(
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
}
