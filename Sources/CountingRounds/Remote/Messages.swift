// What frames hold: a round to be run, the word of a worker, a shard on its way.

import Plumbing

/// A round to be run over some shards.
package struct RoundRequest: Hashable, Sendable {
  /// Which images of a shard are looked at.
  package enum Part: UInt64, Hashable, Sendable {
    /// Those that are learned from.
    case training = 0
    /// Validation images.
    case judging = 1
  }

  /// The round's number; no two rounds have the same.
  package var round: UInt64
  /// The data set the shards are of.
  package var digest: UInt64
  /// Which images are looked at.
  package var part: Part
  /// The shards.
  package var shards: [ClosedRange<Int>]
  /// The round.
  package var spec: RoundSpec
  /// What `map` reads of its state.
  package var state: Tally

  /// A request.
  package init(
    round: UInt64, digest: UInt64, part: Part, shards: [ClosedRange<Int>], spec: RoundSpec, state: Tally
  ) {
    (self.round, self.digest, self.part, self.shards) = (round, digest, part, shards)
    (self.spec, self.state) = (spec, state)
  }

  /// The request as a frame's payload: round (8), digest (8), part (1), runs of shards (4, then 4 + 4 each), length
  /// of the description (8), description, state. The description is the length of the round's name (2), the name,
  /// and its settings, a tally like the state.
  package func encoded() -> [UInt8] {
    var description = ByteWriter()
    description.append(UInt64(spec.kind.utf8.count), bytes: 2)
    description.append(Array(spec.kind.utf8))
    description.append(spec.settings.encoded())
    var bytes = ByteWriter()
    bytes.append(round, bytes: 8)
    bytes.append(digest, bytes: 8)
    bytes.append(part.rawValue, bytes: 1)
    bytes.append(ranges: shards)
    bytes.append(UInt64(description.bytes.count), bytes: 8)
    bytes.append(description.bytes)
    bytes.append(state.encoded())
    return bytes.bytes
  }

  /// Reads what `encoded()` wrote.
  /// - Throws: `RoundError`.
  package init(encoded bytes: [UInt8]) throws(RoundError) {
    var reader = ByteReader(bytes)
    do {
      round = try reader.read(bytes: 8)
      digest = try reader.read(bytes: 8)
      guard let part = Part(rawValue: try reader.read(bytes: 1)) else {
        throw ByteReader.Failure(message: "no such part of a shard")
      }
      self.part = part
      shards = try reader.readRanges()
      let length = try reader.read(bytes: 8)
      var description = ByteReader(try reader.readBytes(Int(clamping: length)))
      let name = try description.readBytes(Int(try description.read(bytes: 2)))
      spec = RoundSpec(
        kind: String(decoding: name, as: UTF8.self),
        settings: try Tally(encoded: description.readBytes(description.remaining)))
      state = try Tally(encoded: reader.readBytes(reader.remaining))
    } catch let error as ByteReader.Failure {
      throw RoundError("not a valid round: \(error.message)")
    } catch {
      throw RoundError("not a valid round: \(error)")
    }
  }
}

/// A shard file on its way to a worker.
package struct ShardMessage: Hashable, Sendable {
  /// The file's name, for errors.
  package var path: String
  /// The checksum its manifest says, in hexadecimal digits.
  package var checksum: String
  /// Its content.
  package var content: [UInt8]

  /// A shard.
  package init(path: String, checksum: String, content: [UInt8]) {
    (self.path, self.checksum, self.content) = (path, checksum, content)
  }

  /// The shard as a frame's payload: length of the path (4), path, checksum (16 bytes of text), content.
  package func encoded() -> [UInt8] {
    var bytes = ByteWriter()
    bytes.append(UInt64(path.utf8.count), bytes: 4)
    bytes.append(Array(path.utf8))
    bytes.append(Array(checksum.utf8))
    bytes.append(content)
    return bytes.bytes
  }

  /// Reads what `encoded()` wrote.
  /// - Throws: `RoundError`.
  package init(encoded bytes: [UInt8]) throws(RoundError) {
    var reader = ByteReader(bytes)
    do throws(ByteReader.Failure) {
      path = String(decoding: try reader.readBytes(Int(try reader.read(bytes: 4))), as: UTF8.self)
      checksum = String(decoding: try reader.readBytes(16), as: UTF8.self)
      content = try reader.readBytes(reader.remaining)
    } catch {
      throw RoundError("not a valid shard message: \(error.message)")
    }
  }
}

/// Two sums to be added.
package struct AddMessage: Hashable, Sendable {
  /// The sums.
  package var first, second: PartialTally

  /// Reads a frame's payload: length of the first sum (8), first sum, second sum.
  /// - Throws: `RoundError`.
  package init(encoded bytes: [UInt8]) throws(RoundError) {
    var reader = ByteReader(bytes)
    do {
      let length = try reader.read(bytes: 8)
      first = try PartialTally(encoded: reader.readBytes(Int(clamping: length)))
      second = try PartialTally(encoded: reader.readBytes(reader.remaining))
    } catch let error as ByteReader.Failure {
      throw RoundError("not two sums of tallies: \(error.message)")
    } catch {
      throw RoundError("\(error)")
    }
  }
}
