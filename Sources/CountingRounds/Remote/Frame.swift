// Messages between processes: framed, versioned, with lengths and checksums. docs/wire-protocol.md lays them out.
// What is in them is in Messages.swift.

import Plumbing

/// One message.
package struct Frame: Hashable, Sendable {
  /// What a frame is.
  package enum Kind: UInt64, Hashable, Sendable {
    /// A worker's first word: who it is.
    case hello = 1
    /// A shard file for the worker to keep; answered by `kept`.
    case shard = 2
    case kept = 3
    /// A round to run; answered by `tally`.
    case round = 4
    /// A sum of tallies.
    case tally = 5
    /// Two sums to add; answered by `tally`.
    case add = 6
    /// A driver's first word: the manifest of its shards.
    case manifest = 7
    /// What a round cost, before its `tally`: JSON.
    case report = 8
    /// Why there is no answer: a line of text.
    case failure = 9
    /// Nothing more will be asked; answered by a last `report`.
    case end = 10
    /// A model that images are to be predicted with; answered by `described`.
    case model = 11
    /// What a model takes and says: JSON.
    case described = 12
    /// Images to predict; answered by `predictions`.
    case images = 13
    case predictions = 14
    /// The first word of a driver that makes shards: what the images lie in.
    case source = 15
    /// A folder to list; answered by `listed`.
    case list = 16
    case listed = 17
    /// A file whose first bytes are asked for; answered by `begun`.
    case begin = 18
    case begun = 19
    /// Images to look at where they lie; answered by `looked`.
    case survey = 20
    /// Files of images to look at; answered by `looked`.
    case look = 21
    case looked = 22
    /// Images to fit to a shape where they lie; answered by `fitted`.
    case measure = 23
    /// Files of images to fit to a shape; answered by `fitted` or `pixels`.
    case fit = 24
    case fitted = 25
    case pixels = 26
    /// What the headers of all shards say; answered by `kept`.
    case form = 27
    /// Which images go into which shards; answered by `kept`.
    case targets = 28
    /// To write the shards; answered by `written`.
    case write = 29
    case written = 30
    /// A shard file without its checksum; answered by `sealed`.
    case seal = 31
    case sealed = 32
  }

  /// What it is.
  package let kind: Kind
  /// What it holds.
  package let payload: [UInt8]

  /// A frame.
  package init(_ kind: Kind, _ payload: [UInt8] = []) {
    self.kind = kind
    self.payload = payload
  }

  /// A failure with a line of text.
  package static func failure(_ message: String) -> Frame { Frame(.failure, Array(message.utf8)) }

  /// The payload as text.
  package var text: String { String(decoding: payload, as: UTF8.self) }

  /// Of a failure: why, in the other end's words.
  package var reason: String {
    text.allSatisfy(\.isWhitespace) ? "the other process failed and did not say why" : text
  }

  /// The version of the protocol; both ends have the same.
  package static let version: UInt64 = 1
  /// "TLYF", little-endian.
  static let magic: UInt64 = 0x4659_4C54
  /// Bytes in front of the payload.
  static let headerBytes = 20
  /// Longest payload.
  package static let mostBytes = 1 << 32

  /// The frame as bytes: magic (4), version (2), kind (2), length of the payload (8), CRC-32 of these 16 bytes (4),
  /// payload, CRC-32 of the payload (4).
  package func encoded() -> [UInt8] {
    var bytes = ByteWriter()
    bytes.append(Self.magic, bytes: 4)
    bytes.append(Self.version, bytes: 2)
    bytes.append(kind.rawValue, bytes: 2)
    bytes.append(UInt64(payload.count), bytes: 8)
    bytes.append(UInt64(CRC32.checksum(bytes.bytes)), bytes: 4)
    bytes.append(payload)
    bytes.append(UInt64(CRC32.checksum(payload)), bytes: 4)
    return bytes.bytes
  }

  /// Reads a frame's first 20 bytes.
  static func header(_ bytes: [UInt8]) throws(RoundError) -> (kind: Kind, length: Int) {
    var reader = ByteReader(bytes)
    do {
      let (magic, version) = (try reader.read(bytes: 4), try reader.read(bytes: 2))
      let (kind, length) = (try reader.read(bytes: 2), try reader.read(bytes: 8))
      guard magic == Self.magic else {
        throw ByteReader.Failure(message: "its first bytes are not those of a frame")
      }
      guard try reader.read(bytes: 4) == UInt64(CRC32.checksum(Array(bytes[..<16]))) else {
        throw ByteReader.Failure(message: "the checksum of its header does not match")
      }
      guard version == Self.version else {
        throw ByteReader.Failure(
          message:
            "it is of protocol version \(version), not \(Self.version); use the same version of Tally at both ends"
        )
      }
      guard let kind = Kind(rawValue: kind) else {
        throw ByteReader.Failure(message: "there is no kind \(kind)")
      }
      guard length <= UInt64(mostBytes) else {
        throw ByteReader.Failure(message: "it is \(length) bytes long")
      }
      return (kind, Int(length))
    } catch let error as ByteReader.Failure {
      throw RoundError("a message between processes cannot be read: \(error.message)")
    } catch {
      throw RoundError("a message between processes cannot be read: \(error)")
    }
  }
}
