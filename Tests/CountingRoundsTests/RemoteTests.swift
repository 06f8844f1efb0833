// Messages between processes: what goes out comes back, nothing damaged comes in, nothing is counted twice.

import CountingRounds
import Foundation
import Plumbing
import Testing

/// A channel whose other end has said `bytes` and closed.
private func channel(saying bytes: [UInt8]) throws -> FrameChannel {
  let pipe = Pipe()
  try pipe.fileHandleForWriting.write(contentsOf: Data(bytes))
  try pipe.fileHandleForWriting.close()
  return FrameChannel(
    input: dup(pipe.fileHandleForReading.fileDescriptor), output: -1, peer: "the other end")
}

@Suite struct RemoteTests {
  @Test func theChecksumIsThatOfZlib() {
    #expect(CRC32.checksum([]) == 0)
    #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(CRC32.checksum(Array("The quick brown fox jumps over the lazy dog".utf8)) == 0x414F_A339)
  }

  @Test func framesComeBack() throws {
    let frames = [
      Frame(.hello), Frame(.tally, [1, 2, 3]), Frame(.report, Array(repeating: 7, count: 40_000)),
    ]
    let other = try channel(saying: frames.flatMap { $0.encoded() })
    for frame in frames { #expect(try other.receive() == frame) }
    #expect(try other.receive() == nil)
  }

  @Test func theLayoutIsAsDocumented() {
    let plain: [UInt8] = Array("TLYF".utf8) + [1, 0, 5, 0, 2, 0, 0, 0, 0, 0, 0, 0]
    func crc(_ bytes: [UInt8]) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: CRC32.checksum(bytes) >> UInt32(8 * $0)) }
    }
    #expect(Frame(.tally, [9, 8]).encoded() == plain + crc(plain) + [9, 8] + crc([9, 8]))
  }

  @Test func codesNeverChange() {
    let kinds: [Frame.Kind] = [
      .hello, .shard, .kept, .round, .tally, .add, .manifest, .report, .failure, .end, .model, .described,
      .images, .predictions, .source, .list, .listed, .begin, .begun, .survey, .look, .looked, .measure, .fit,
      .fitted,
      .pixels, .form, .targets, .write, .written, .seal, .sealed,
    ]
    for (i, kind) in kinds.enumerated() { #expect(kind.rawValue == UInt64(i + 1)) }
    #expect(Frame.Kind(rawValue: 0) == nil && Frame.Kind(rawValue: 33) == nil)
    #expect(RoundRequest.Part.training.rawValue == 0 && RoundRequest.Part.judging.rawValue == 1)
    #expect(RoundRequest.Part(rawValue: 2) == nil)
  }

  @Test func damagedFramesAreRefused() throws {
    let bytes = Frame(.tally, Array(0..<50)).encoded()
    for length in 1..<bytes.count {
      let other = try channel(saying: Array(bytes[..<length]))
      #expect(throws: RoundError.self, "\(length) bytes") { try other.receive() }
    }
    for bit in 0..<8 * bytes.count {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      let other = try channel(saying: flipped)
      #expect(throws: RoundError.self, "bit \(bit)") { try other.receive() }
    }
  }

  private func part(_ shard: Int, round: UInt64 = 5, _ values: [Int64] = [1, 2]) -> PartialTally {
    PartialTally(round: round, shard: shard, tally: Tally(["x": values]))
  }

  @Test func anyOrderGivesTheSameSum() throws {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<20 {
      var parts = (0..<12).map { part($0, [Int64($0), Int64(1) << Int64($0)]) }
      generator.shuffle(&parts)
      while parts.count > 1 {
        let other = parts.remove(at: generator.below(parts.count))
        try parts[generator.below(parts.count)].add(other)
      }
      #expect(parts[0].shards == [0...11] && parts[0].tally == Tally(["x": [66, 4095]]))
      #expect(try PartialTally(encoded: parts[0].encoded()) == parts[0])
    }
  }

  @Test func nothingWrongIsAdded() throws {
    var sum = part(1)
    try sum.add(part(3))
    let before = sum
    for other in [part(1), part(3), part(2, round: 6), part(2, [1]), part(2, [])] {
      #expect(throws: RoundError.self) { try sum.add(other) }
    }
    let named = PartialTally(round: 5, shard: 2, tally: Tally(["y": [1, 2]]))
    #expect(throws: RoundError.self) { try sum.add(named) }
    #expect(sum == before)
  }

  @Test func damagedSumsAndRequestsAreRefused() throws {
    let bytes = part(2).encoded()
    let request = RoundRequest(
      round: 7, digest: 8, part: .judging, shards: [0...3, 6...6],
      spec: RoundSpec(kind: "k", settings: Tally(["a": [3]])), state: Tally(["b": [-4]]))
    #expect(try RoundRequest(encoded: request.encoded()) == request)
    for length in 0..<bytes.count {
      #expect(throws: RoundError.self) { try PartialTally(encoded: Array(bytes[..<length])) }
    }
    for length in 0..<request.encoded().count {
      #expect(throws: RoundError.self) { try RoundRequest(encoded: Array(request.encoded()[..<length])) }
    }
    for bit in 0..<8 * bytes.count {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: RoundError.self) { try PartialTally(encoded: flipped) }
    }
  }

  @Test func anAnswerMustBeThatToTheQuestion() throws {
    /// Whether a link takes this for the answer to its first round over two shards.
    func isTaken(_ frames: [Frame]) throws -> Bool {
      let (question, answer) = (Pipe(), Pipe())
      try answer.fileHandleForWriting.write(contentsOf: Data(frames.flatMap { $0.encoded() }))
      try answer.fileHandleForWriting.close()
      let link = RoundLink(
        FrameChannel(
          input: dup(answer.fileHandleForReading.fileDescriptor),
          output: question.fileHandleForWriting.fileDescriptor, peer: "the other end"),
        session: 1, onReport: { _ in })
      let engine = RemoteEngine<[Int]>(link, digest: 1, part: .training, shards: 2, threads: 1)
      defer { withExtendedLifetime(question) {} }
      return (try? engine.run(CountRound(), state: Tally())) != nil
    }
    func answer(_ shards: [Int], round: UInt64 = 1 << 32) throws -> Frame {
      var sum = part(shards[0], round: round)
      for shard in shards.dropFirst() { try sum.add(part(shard, round: round)) }
      return Frame(.tally, sum.encoded())
    }
    #expect(try isTaken([answer([0, 1])]))
    #expect(try isTaken([Frame(.report, Array("{}".utf8)), answer([1, 0])]))
    #expect(try !isTaken([answer([0])]))
    #expect(try !isTaken([answer([0, 1, 2])]))
    #expect(try !isTaken([answer([0, 1], round: 1)]))
    #expect(try !isTaken([.failure("no")]))
    #expect(try !isTaken([]))
  }
}

/// A round that says nothing and takes what it gets.
private struct CountRound: PortableRound {
  static let kind = "count"
  init() {}
  init(described: Tally) throws(RoundError) {}
  func described() -> Tally { Tally() }
  var memory: RoundMemory { RoundMemory(shared: 0, perThread: 0) }
  func check(state: Tally) throws(RoundError) {}
  func check(total: Tally, shards: Int) throws(RoundError) {}
  func map(_ shard: [Int], state: Tally, threads: Int) -> Tally { Tally() }
  func reduce(state: Tally, total: Tally, threads: Int) -> Tally { total }
}
