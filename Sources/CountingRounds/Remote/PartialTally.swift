// Sums of tallies on their way: which round, which shards, and nothing counted twice.

import Plumbing

/// The sum of some shards' tallies of one round.
package struct PartialTally: Hashable, Sendable {
  /// The round's number.
  package let round: UInt64
  /// The shards that are in the sum: runs in ascending order that do not touch.
  package private(set) var shards: [ClosedRange<Int>]
  /// The sum.
  package private(set) var tally: Tally

  /// "TLYP", little-endian.
  private static let magic: UInt64 = 0x5059_4C54

  /// The tally of one shard.
  package init(round: UInt64, shard: Int, tally: Tally) {
    (self.round, self.tally, shards) = (round, tally, [shard...shard])
  }

  /// Adds another sum.
  /// - Throws: `RoundError` when it is of another round, has a shard that is in already, or arrays of other lengths.
  package mutating func add(_ other: PartialTally) throws(RoundError) {
    guard round == other.round else {
      throw RoundError("a tally of round \(other.round) cannot be added to one of round \(round)")
    }
    var runs: [ClosedRange<Int>] = []
    for run in (shards + other.shards).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard let last = runs.last else {
        runs.append(run)
        continue
      }
      guard last.upperBound < run.lowerBound else {
        throw RoundError("shard \(run.lowerBound) is in two tallies of round \(round)")
      }
      if last.upperBound + 1 == run.lowerBound {
        runs[runs.count - 1] = last.lowerBound...run.upperBound
      } else {
        runs.append(run)
      }
    }
    guard tally.arrays.mapValues(\.count) == other.tally.arrays.mapValues(\.count) else {
      throw RoundError("tallies of round \(round) have arrays of different names or lengths")
    }
    guard tally.addChecked(other.tally) else {
      throw RoundError(
        "two tallies of round \(round) add up to more than 64 bits hold; they are not of this data")
    }
    shards = runs
  }

  /// The sum as bytes: magic (4), round (8), number of runs (4), first and last shard of each (4 + 4), the tally's
  /// bytes, CRC-64 of everything before it (8).
  package func encoded() -> [UInt8] {
    var bytes = ByteWriter()
    bytes.append(Self.magic, bytes: 4)
    bytes.append(round, bytes: 8)
    bytes.append(ranges: shards)
    bytes.append(tally.encoded())
    bytes.appendChecksum()
    return bytes.bytes
  }

  /// Reads what `encoded()` wrote.
  /// - Throws: `RoundError` if it is truncated, damaged or something else.
  package init(encoded bytes: [UInt8]) throws(RoundError) {
    do {
      var reader = try ByteReader(checked: bytes, magic: Self.magic, magicBytes: 4)
      round = try reader.read(bytes: 8)
      shards = try reader.readRanges()
      tally = try Tally(encoded: reader.readBytes(reader.remaining))
    } catch let error as ByteReader.Failure {
      throw RoundError("not a valid sum of tallies: \(error.message)")
    } catch {
      throw RoundError("\(error)")
    }
  }
}

extension ByteWriter {
  /// Appends runs of shards.
  mutating func append(ranges: [ClosedRange<Int>]) {
    append(UInt64(ranges.count), bytes: 4)
    for run in ranges {
      append(UInt64(run.lowerBound), bytes: 4)
      append(UInt64(run.upperBound), bytes: 4)
    }
  }
}

extension ByteReader {
  /// Reads runs of shards: ascending, apart.
  mutating func readRanges() throws(Failure) -> [ClosedRange<Int>] {
    var ranges: [ClosedRange<Int>] = []
    for _ in 0..<(try read(bytes: 4)) {
      let (first, last) = (Int(try read(bytes: 4)), Int(try read(bytes: 4)))
      guard first <= last, ranges.last.map({ $0.upperBound < first }) ?? true else {
        throw Failure(message: "runs of shards out of order at byte \(position - 8)")
      }
      ranges.append(first...last)
    }
    return ranges
  }
}
