// Bytes in memory and in a file look the same, and a budget gets back what was taken.

import Plumbing
import Testing

@Suite struct ByteStoreTests {
  private func store(_ parts: [[UInt8]], _ budget: MemoryBudget, expected: Int? = nil) throws -> ByteStore {
    var writer = try ByteStoreWriter(budget: budget, expected: expected)
    for part in parts { try writer.append(part.span) }
    return writer.finish()
  }

  /// Some runs of bytes of different lengths.
  private static let parts: [[UInt8]] = [3, 0, 1_000, 70_000, 1].enumerated().map { i, n in
    (0..<n).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ i) }
  }
  private static let all = parts.flatMap { $0 }

  @Test(arguments: [nil, 0, 71_004, 100_000], [0, 10, 71_004, 1 << 30])
  func givesWhatWasWritten(expected: Int?, bytes: Int) throws {
    let budget = MemoryBudget(bytes: bytes)
    do {
      let store = try store(Self.parts, budget, expected: expected)
      #expect(store.count == Self.all.count && store.bytes == Self.all)
      // In steps of a MiB where the size is not known before: only the largest budget holds one.
      #expect(store.isInMemory == (bytes == 1 << 30 || expected == 71_004 && bytes == 71_004))
      #expect(budget.bytes == bytes - (store.isInMemory ? store.count : 0))
      for range in [0..<0, 0..<1, 3..<1_003, 1_000..<71_004, 71_004..<71_004] {
        #expect(store.withSpan(range) { span in (0..<span.count).map { span[$0] } } == Array(Self.all[range]))
      }
      let sums = SharedBuffer<Int>(repeating: 0, count: 64)
      parallelFor(64, threads: 4) { item, _ in
        sums.withMutableSpan(item..<item + 1) { out in
          out[0] = store.withSpan(item * 1_000..<item * 1_000 + 8_000) { span in
            (0..<span.count).reduce(0) { $0 + Int(span[$1]) }
          }
        }
      }
      for item in 0..<64 {
        #expect(sums.array[item] == Self.all[item * 1_000..<item * 1_000 + 8_000].reduce(0) { $0 + Int($1) })
      }
    }
    #expect(budget.bytes == bytes)
  }

  @Test func aWriterThatIsDroppedGivesBack() throws {
    let budget = MemoryBudget(bytes: 5 << 20)
    do {
      var writer = try ByteStoreWriter(budget: budget)
      try writer.append([1, 2, 3].span)
      #expect(budget.bytes == 4 << 20)
    }
    #expect(budget.bytes == 5 << 20)
  }

  @Test func aBudgetIsNotOverdrawn() {
    let budget = MemoryBudget(bytes: 10)
    #expect(budget.take(7) && !budget.take(4) && budget.take(3) && !budget.take(1) && budget.take(0))
    budget.give(back: 10)
    #expect(budget.bytes == 10 && MemoryBudget(bytes: -4).bytes == 0)
    #expect(MemoryBudget.unlimited.take(1 << 50))
  }
}
