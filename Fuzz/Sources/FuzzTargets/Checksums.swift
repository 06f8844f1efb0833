// Checksums made right, so that changed bytes get past them: here, so that no reader needs a way around its own.
// Formats are known only as far as that takes.

import CountingRounds
import ImageData
import Plumbing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Bytes whose checksums are put right.
enum Checksums {
  /// Bytes that end with the CRC-64 of all before: model files, shards, tallies.
  static func crc64(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 8 else { return bytes }
    var writer = ByteWriter()
    writer.append(Array(bytes.dropLast(8)))
    writer.appendChecksum()
    return writer.bytes
  }

  /// A tally, and the model file that some hold in an array.
  static func tally(_ bytes: [UInt8], holding name: String = "network") -> [UInt8] {
    let whole = crc64(bytes)
    guard var tally = try? Tally(encoded: whole), let values = tally.arrays[name], values.count >= 8 else {
      return whole
    }
    tally[name] = crc64(values.map { UInt8(truncatingIfNeeded: $0) }).map { Int64(Int8(bitPattern: $0)) }
    return tally.encoded()
  }

  /// A sum of tallies.
  static func partial(_ bytes: [UInt8]) -> [UInt8] {
    var reader = ByteReader(bytes)
    guard let head = try? reader.readBytes(12), let runs = try? reader.read(bytes: 4),
      let ranges = try? reader.readBytes(Int(runs) * 8), reader.remaining >= 8,
      let content = try? reader.readBytes(reader.remaining - 8)
    else { return crc64(bytes) }
    var writer = ByteWriter()
    writer.append(head)
    writer.append(runs, bytes: 4)
    writer.append(ranges)
    writer.append(tally(content))
    writer.appendChecksum()
    return writer.bytes
  }

  /// Two sums of tallies.
  static func add(_ bytes: [UInt8]) -> [UInt8] {
    var reader = ByteReader(bytes)
    guard let length = try? reader.read(bytes: 8), let first = try? reader.readBytes(Int(clamping: length)),
      let second = try? reader.readBytes(reader.remaining)
    else { return bytes }
    let mended = partial(first)
    var writer = ByteWriter()
    writer.append(UInt64(mended.count), bytes: 8)
    writer.append(mended)
    writer.append(partial(second))
    return writer.bytes
  }

  /// A round to be run: its settings and its state.
  static func round(_ bytes: [UInt8]) -> [UInt8] {
    var reader = ByteReader(bytes)
    guard let head = try? reader.readBytes(17), let runs = try? reader.read(bytes: 4),
      let ranges = try? reader.readBytes(Int(runs) * 8), let length = try? reader.read(bytes: 8),
      let description = try? reader.readBytes(Int(clamping: length)),
      let state = try? reader.readBytes(reader.remaining)
    else { return bytes }
    var inner = ByteReader(description)
    guard let nameLength = try? inner.read(bytes: 2), let name = try? inner.readBytes(Int(nameLength)),
      let settings = try? inner.readBytes(inner.remaining)
    else { return bytes }
    let mended = tally(settings)
    var writer = ByteWriter()
    writer.append(head)
    writer.append(runs, bytes: 4)
    writer.append(ranges)
    writer.append(UInt64(2 + name.count + mended.count), bytes: 8)
    writer.append(nameLength, bytes: 2)
    writer.append(name)
    writer.append(mended)
    writer.append(tally(state))
    return writer.bytes
  }

  /// A shard on its way to a worker: the file, and the checksum that is said of it.
  static func shardMessage(_ bytes: [UInt8]) -> [UInt8] {
    guard var message = try? ShardMessage(encoded: bytes) else { return bytes }
    message.content = crc64(message.content)
    let sum = message.content.suffix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let digits = String(sum, radix: 16)
    message.checksum = String(repeating: "0", count: 16 - digits.count) + digits
    return message.encoded()
  }

  /// A manifest of shards; as it is where it is not even JSON of the right form.
  static func manifest(_ bytes: [UInt8]) -> [UInt8] {
    guard let read = try? JSONDecoder().decode(ShardManifest.self, from: Data(bytes)),
      let digest = UInt64(read.digest, radix: 16), (1...ShardManifest.version).contains(read.version)
    else { return bytes }
    return ShardManifest(
      name: read.name, digest: digest, shape: read.shape, classNames: read.classNames, seed: read.seed,
      validationShare: read.validationShare, balance: read.balance, distinctImages: read.distinctImages,
      images: read.images, validation: read.validation, folder: read.folder, shards: read.shards
    ).encoded()
  }

  /// A PNG file's chunks.
  static func png(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var at = 8
    while at + 12 <= bytes.count {
      let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - at - 12 else { break }
      let sum = CRC32.checksum(Array(bytes[at + 4..<at + 8 + length]))
      for i in 0..<4 { bytes[at + 8 + length + i] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * i)) }
      at += 12 + length
    }
    return bytes
  }

  /// The headers of an xz file's stream and of its first block.
  static func xz(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    func put(_ range: Range<Int>, at offset: Int) {
      guard offset + 4 <= bytes.count else { return }
      let sum = CRC32.checksum(Array(bytes[range]))
      for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * i)) }
    }
    guard bytes.count > 12 else { return bytes }
    put(6..<8, at: 8)
    let length = (Int(bytes[12]) + 1) * 4
    if bytes[12] > 0, 12 + length <= bytes.count { put(12..<12 + length - 4, at: 12 + length - 4) }
    return bytes
  }
}
