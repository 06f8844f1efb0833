// The way to a driver that reads images where they lie and has shards made of them there.

import CountingRounds
package import ImageData
package import Plumbing
import Synchronization

/// Asks a driver about images, and for shards.
package final class DistantLink: DistantImages {
  private let channel: Mutex<FrameChannel>
  private let peer: String
  /// The rows of a table, see `ImageDataset.distant`; nil for a folder.
  package let table: [UInt8]?

  /// Waits until the driver has found the data set.
  /// - Parameters:
  ///   - input: the descriptor to read from; it is closed when this is let go.
  ///   - output: the descriptor to write to.
  ///   - peer: what the driver is called in errors.
  /// - Throws: `RoundError` with the driver's own words if it has some.
  package init(input: Int32, output: Int32, peer: String) throws {
    let channel = FrameChannel(input: input, output: output, peer: peer)
    guard let first = try channel.receive() else {
      throw RoundError("\(peer) ended before it said what the images lie in")
    }
    switch (first.kind, first.payload.first) {
    case (.source, 0): table = nil
    case (.source, 1): table = Array(first.payload.dropFirst())
    case (.failure, _): throw RoundError(first.reason)
    default: throw RoundError("\(peer) began with a message of kind \(first.kind)")
    }
    self.peer = peer
    self.channel = Mutex(channel)
  }

  package func list(_ folder: String) throws(DatasetError) -> [(name: String, kind: FileKind)] {
    try read(ask(.list, Array(folder.utf8), for: .listed)) { reader throws(ByteReader.Failure) in
      var entries: [(name: String, kind: FileKind)] = []
      while reader.remaining > 0 {
        let kind: FileKind =
          switch try reader.read(bytes: 1) {
          case 0: .file
          case 1: .folder
          case 2: .missing
          default: .other("not a regular file")
          }
        let name = try reader.readBytes(Int(try reader.read(bytes: 2)))
        entries.append((String(decoding: name, as: UTF8.self), kind))
      }
      return entries
    }
  }

  package func beginning(of file: String) throws(DatasetError) -> [UInt8] {
    try ask(.begin, Array(file.utf8), for: .begun)
  }

  package func look(at places: DistantPlaces) throws(DatasetError) -> [FileLook] {
    var question = ByteWriter()
    places.append(to: &question)
    return try read(ask(.survey, question.bytes, for: .looked)) { reader throws(ByteReader.Failure) in
      var looks: [FileLook] = []
      for _ in 0..<places.count { looks.append(try FileLook(&reader)) }
      return looks
    }
  }

  package func fit(_ places: DistantPlaces, to shape: ImageShape) throws(DatasetError) -> [FittedLook] {
    var question = ByteWriter()
    append(shape, to: &question)
    places.append(to: &question)
    return try read(ask(.measure, question.bytes, for: .fitted)) { reader throws(ByteReader.Failure) in
      var looks: [FittedLook] = []
      for _ in 0..<places.count { looks.append(try FittedLook(&reader)) }
      return looks
    }
  }

  /// Has shards written, but not their manifest.
  /// - Returns: what was written, in the order of the shards' numbers.
  package func write(_ shards: DistantShards) throws(DatasetError) -> [DistantShards.Written] {
    let form = shards.form
    var header = ByteWriter()
    header.append(form.digest, bytes: 8)
    header.append(UInt64(form.total), bytes: 8)
    header.append(UInt64(form.shards), bytes: 4)
    append(form.decoded, to: &header)
    append(form.shape, to: &header)
    header.append(UInt64(form.classes), bytes: 4)
    _ = try ask(.form, header.bytes, for: .kept)
    try shards.eachRun { places, targets throws(DatasetError) in
      var run = ByteWriter()
      places.append(to: &run)
      for target in targets {
        run.append(UInt64(target.item), bytes: 4)
        run.append(UInt64(target.shard), bytes: 4)
        run.append(UInt64(target.index), bytes: 4)
        run.append(target.isJudge ? 1 : 0, bytes: 1)
        run.append(UInt64(target.label), bytes: 2)
      }
      _ = try ask(.targets, run.bytes, for: .kept)
    }
    return try read(ask(.write, [], for: .written)) { reader throws(ByteReader.Failure) in
      var written: [DistantShards.Written] = []
      for _ in 0..<form.shards { written.append(try DistantShards.Written(&reader)) }
      return written
    }
  }

  /// Writes the manifest of the shards that were written, and lets all of them take the place of an earlier set.
  package func publish(_ manifest: ShardManifest) throws(DatasetError) {
    _ = try ask(.manifest, manifest.encoded(), for: .kept)
  }

  /// Says that nothing more will be asked, and waits for the driver's end.
  package func end() throws(DatasetError) {
    do {
      try channel.withLock { channel throws(RoundError) in
        try channel.send(Frame(.end))
        while let frame = try channel.receive() {
          if frame.kind == .failure { throw RoundError(frame.reason) }
        }
      }
    } catch { throw DatasetError(code: .unreadable, message: "\(error)") }
  }

  private func append(_ shape: ImageShape, to bytes: inout ByteWriter) {
    for side in [shape.width, shape.height, shape.channels] { bytes.append(UInt64(side), bytes: 4) }
  }

  /// Asks and waits for an answer of a kind.
  private func ask(_ kind: Frame.Kind, _ question: [UInt8], for answer: Frame.Kind) throws(DatasetError)
    -> [UInt8]
  {
    let peer = peer
    do {
      return try channel.withLock { channel throws(RoundError) in
        do throws(RoundError) { try channel.send(Frame(kind, question)) } catch {
          // A driver that ended has said why.
          if let last = try? channel.receive(), last.kind == .failure { throw RoundError(last.text) }
          throw error
        }
        guard let frame = try channel.receive() else { throw RoundError("\(peer) has ended") }
        if frame.kind == .failure { throw RoundError(frame.reason) }
        guard frame.kind == answer else {
          throw RoundError("\(peer) answered with a message of kind \(frame.kind)")
        }
        return frame.payload
      }
    } catch { throw DatasetError(code: .unreadable, message: "\(error)") }
  }

  /// Takes an answer apart, of which nothing may be left.
  private func read<Answer>(
    _ bytes: [UInt8], _ body: (inout ByteReader) throws(ByteReader.Failure) -> Answer
  ) throws(DatasetError) -> Answer {
    var reader = ByteReader(bytes)
    do throws(ByteReader.Failure) {
      let answer = try body(&reader)
      try reader.expectEnd()
      return answer
    } catch {
      throw DatasetError(
        code: .damagedImage, message: "\(peer) gave an answer that cannot be read: \(error.message)")
    }
  }
}
