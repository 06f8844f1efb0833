// What every kernel must compute, one Bool or one number at a time. Plain truth: nothing in here is fast.

package import BitKernels

/// The kernels as plain loops over single bits, on arrays.
public enum ReferenceKernels {
  /// The bits of words, lowest first.
  public static func bits(_ words: [UInt64]) -> [Bool] {
    words.flatMap { word in (0..<64).map { word >> UInt64($0) & 1 == 1 } }
  }

  /// The words of bits, a whole number of words.
  public static func words(_ bits: [Bool]) -> [UInt64] {
    stride(from: 0, to: bits.count, by: 64).map { start in
      (0..<64).reduce(UInt64(0)) { $0 | (bits[start + $1] ? 1 << UInt64($1) : 0) }
    }
  }

  /// The bits of patch p.
  package static func patch(_ words: [UInt64], _ view: PatchView, _ p: Int) -> [Bool] {
    let start = view.offset + p / view.columns * view.rowStride + p % view.columns * view.columnStride
    return (0..<view.segments).flatMap { segment in
      bits((0..<view.segmentWords).map { words[start + segment * view.segmentStride + $0] })
    }
  }

  /// The bits of column k of word-major filters (or masks) of `count` words.
  private static func column(_ words: [UInt64], _ k: Int, stride: Int, count: Int) -> [Bool] {
    bits((0..<count).map { words[$0 * stride + k] })
  }

  /// Distances of every patch to every filter, differing bits counted where the mask, if any, is set.
  package static func hammingMatrix(
    _ words: [UInt64], _ view: PatchView, filters: [UInt64], masks: [UInt64]? = nil, stride: Int
  ) -> [UInt16] {
    let columns = (0..<stride).map { column(filters, $0, stride: stride, count: view.words) }
    let cuts = masks.map { masks in
      (0..<stride).map { column(masks, $0, stride: stride, count: view.words) }
    }
    return (0..<view.positions).flatMap { p in
      let patch = patch(words, view, p)
      return (0..<stride).map { k in
        var distance: UInt16 = 0
        let filter = columns[k]
        if let cut = cuts?[k] {
          for d in patch.indices where patch[d] != filter[d] && cut[d] { distance += 1 }
        } else {
          for d in patch.indices where patch[d] != filter[d] { distance += 1 }
        }
        return distance
      }
    }
  }

  /// What the votes add to each filter's bits: +1 for an active position that agrees with the sign, else -1.
  public static func voteMatrix(
    active: [UInt64], sign: [UInt64], filters: Int, stride: Int, bits: [UInt64], bitCount: Int, rows: Int
  ) -> [Int32] {
    var votes = [Int32](repeating: 0, count: filters * bitCount)
    for r in 0..<rows {
      for k in 0..<filters {
        let votesCast = Self.bits([active[r * stride + k]]), wishes = Self.bits([sign[r * stride + k]])
        let positions = (0..<64).filter { votesCast[$0] }
        if positions.isEmpty { continue }
        for d in 0..<bitCount {
          let x = bits[r * bitCount + d]
          for i in positions { votes[k * bitCount + d] += (x >> UInt64(i) & 1 == 1) == wishes[i] ? 1 : -1 }
        }
      }
    }
    return votes
  }

  /// How many rows have each bit set.
  public static func positionalPopcount(_ rows: [UInt64], count: Int, rowStride: Int, words: Int) -> [UInt32]
  {
    var counts = [UInt32](repeating: 0, count: 64 * words)
    for i in 0..<count {
      let row = bits(Array(rows[i * rowStride..<i * rowStride + words]))
      for b in row.indices where row[b] { counts[b] += 1 }
    }
    return counts
  }

  /// Bit i of word d is bit d of patch first + i.
  package static func transposePatches(_ words: [UInt64], _ view: PatchView, first: Int, count: Int)
    -> [UInt64]
  {
    let patches = (0..<count).map { patch(words, view, first + $0) }
    return (0..<64 * view.words).map { d in
      patches.indices.reduce(UInt64(0)) { $0 | (patches[$1][d] ? 1 << UInt64($1) : 0) }
    }
  }

  /// For each position the packed bits `lowest[k] <= distance <= highest[k]`.
  public static func rangePack(
    _ distances: [UInt16], positions: Int, filters: Int, stride: Int, lowest: [UInt16], highest: [UInt16]
  ) -> [[UInt64]] {
    (0..<positions).map { p in
      var packed = [Bool](repeating: false, count: 64 * wordCount(bits: filters))
      for k in 0..<filters {
        let distance = distances[p * stride + k]
        packed[k] = lowest[k] <= distance && distance <= highest[k]
      }
      return words(packed)
    }
  }

  /// For each filter the sum over the positions of `value(distance, threshold)`.
  public static func sumOverPositions(
    _ distances: [UInt16], positions: Int, filters: Int, stride: Int, thresholds: [UInt16],
    _ value: (Int32, Int32) -> Int32
  ) -> [Int32] {
    (0..<filters).map { k in
      (0..<positions).reduce(0) { $0 + value(Int32(distances[$1 * stride + k]), Int32(thresholds[k])) }
    }
  }

  /// 2x2 pooling: the packed words of each pooled position, row by row.
  package static func poolBits(
    _ input: [UInt64], _ layout: GridLayout, rows: Int, columns: Int, words: Int, operation: PoolOperation
  ) -> [[UInt64]] {
    let needed = operation == .or ? 1 : 2
    return stride(from: 0, to: rows, by: 2).flatMap { r in
      stride(from: 0, to: columns, by: 2).map { c in
        var counts = [Int](repeating: 0, count: 64 * words)
        for y in r..<min(r + 2, rows) {
          for x in c..<min(c + 2, columns) {
            let start = layout.offset + y * layout.rowStride + x * layout.columnStride
            for (b, bit) in bits(Array(input[start..<start + words])).enumerated() where bit {
              counts[b] += 1
            }
          }
        }
        return Self.words(counts.map { $0 >= needed })
      }
    }
  }

  /// Dot product of two slices.
  public static func dot(_ a: ArraySlice<Int16>, _ b: ArraySlice<Int16>) -> Int64 {
    zip(a, b).reduce(0) { $0 + Int64($1.0) * Int64($1.1) }
  }
}
