// Tallies and frames that are whole but hostile: every field set to what nobody sends, sums that 64 bits do not hold.

import CountingRounds
import Plumbing
import Testing
import _TestSupport

@Suite struct HostileTallyTests {
  private let tally = Tally(["a": [1, -2, 300], "bc": [1 << 40], "empty": []])

  private func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(bytes)
    writer.appendChecksum()
    return writer.bytes
  }

  @Test func everyFieldIsRefusedOrRead() {
    let bytes = Array(tally.encoded().dropLast(8))
    var (loaded, refused) = (0, 0)
    MemoryLimit(bytes: 1 << 20).apply {
      Mutations.forEachField(of: bytes) { changed in
        if (try? Tally(encoded: withChecksum(changed))) != nil { loaded += 1 } else { refused += 1 }
      }
    }
    Mutations.forEachTruncation(of: bytes) { changed in
      #expect((try? Tally(encoded: withChecksum(changed))) == nil)
    }
    #expect(loaded > 10 && refused > 10)
  }

  @Test func everyFieldOfSumsAndRequestsIsRefusedOrRead() throws {
    let part = PartialTally(round: 3, shard: 2, tally: tally).encoded()
    Mutations.forEachField(of: part.dropLast(8) + []) { changed in
      if var sum = try? PartialTally(encoded: withChecksum(changed)) {
        _ = try? sum.add(PartialTally(round: 3, shard: 2, tally: tally))
      }
    }
    let request = RoundRequest(
      round: 7, digest: 8, part: .judging, shards: [0...3, 6...6],
      spec: RoundSpec(kind: "k", settings: Tally(["a": [3]])), state: Tally(["b": [-4]])
    ).encoded()
    Mutations.forEachField(of: request) { _ = try? RoundRequest(encoded: $0) }
    let shard = ShardMessage(path: "p", checksum: "0123456789abcdef", content: [1, 2]).encoded()
    Mutations.forEachField(of: shard) { _ = try? ShardMessage(encoded: $0) }
    var add = ByteWriter()
    add.append(UInt64(part.count), bytes: 8)
    add.append(part + part)
    Mutations.forEachField(of: add.bytes, every: 3) { _ = try? AddMessage(encoded: $0) }
  }

  @Test func arraysComeOnce() {
    var bytes = ByteWriter()
    bytes.append(0x3159_4C54, bytes: 4)
    bytes.append(2, bytes: 4)
    for value in [5, 6] as [UInt64] {
      bytes.append(1, bytes: 2)
      bytes.append(Array("a".utf8))
      bytes.append(1, bytes: 1)
      bytes.append(1, bytes: 8)
      bytes.append(value, bytes: 1)
    }
    let error = #expect(throws: TallyFormatError.self) { try Tally(encoded: withChecksum(bytes.bytes)) }
    #expect(error?.message.contains("two arrays 'a'") == true)
  }

  /// A byte of a message becomes eight: they are counted before they are there.
  @Test func arraysNeedNoMoreThanTheLimit() throws {
    let bytes = Tally(["a": Array(repeating: 1, count: 1000), "b": Array(repeating: 1, count: 1000)])
      .encoded()
    #expect(throws: TallyFormatError.self) {
      try MemoryLimit(bytes: 15_999).apply { try Tally(encoded: bytes) }
    }
    _ = try MemoryLimit(bytes: 16_000).apply { try Tally(encoded: bytes) }
  }

  @Test func sumsThatDoNotFitAreRefused() throws {
    for (a, b) in [(Int64.max, 1), (Int64.min, -1), (1 << 62, 1 << 62)] as [(Int64, Int64)] {
      var sum = PartialTally(round: 1, shard: 0, tally: Tally(["x": [0, a]]))
      let before = sum
      let error = #expect(throws: RoundError.self) {
        try sum.add(PartialTally(round: 1, shard: 1, tally: Tally(["x": [1, b]])))
      }
      #expect(error?.message.contains("add up to more than 64 bits hold") == true)
      #expect(sum == before)
    }
  }

  @Test func rulesSayWhatIsWrong() throws {
    let rules = [
      ArrayRule("n", 2, in: 0...9), ArrayRule(counts: "c", 4, rows: 2, most: 10),
      ArrayRule(bits: "b", 2, [0b11]), ArrayRule("e", 3, in: 0...1, orEmpty: true),
    ]
    let right = Tally(["n": [0, 9], "c": [5, 5, 10, 0], "b": [3, 1], "e": []])
    try right.check(rules, "a state")
    let wrong: [(String, [Int64]?, String)] = [
      ("n", nil, "a state has no 'n'"), ("n", [1], "'n' has 1 values, not 2"),
      ("n", [0, 10], "the value 10"),
      ("n", [-1, 0], "the value -1"), ("c", [5, 6, 0, 0], "adds up to more than 10"),
      ("c", [11, 0, 0, 0], "the value 11"),
      ("c", [.max, .max, 0, 0], "the value"), ("b", [4, 0], "stand for nothing"),
      ("b", [.min, 0], "stand for nothing"),
      ("e", [0], "not 3"),
    ]
    for (name, values, message) in wrong {
      var arrays = right.arrays
      arrays[name] = values
      let error = #expect(throws: RoundError.self) { try Tally(arrays).check(rules, "a state") }
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "accepted")")
    }
  }
}
