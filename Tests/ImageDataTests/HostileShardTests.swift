// Shards and manifests that are whole but hostile: every number set to what nobody writes.

import Foundation
import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct HostileShardTests {
  private let limit = MemoryLimit(bytes: 64 << 20)
  private let images: LabelledImages

  init() throws {
    images = try LabelledImages(
      shape: ImageShape(width: 2, height: 3, channels: 1), pixels: (0..<36).map { UInt8($0) },
      labels: [0, 1, 0, 1, 0, 1], classNames: ["a", "b"])
  }

  private var shard: ShardFile {
    ShardFile(images, training: [0, 1, 2], judging: [4], number: 0, of: 2, digest: 77)
  }

  private func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(bytes)
    writer.appendChecksum()
    return writer.bytes
  }

  @Test func everyFieldOfAShardIsRefusedOrRead() throws {
    let bytes = Array(shard.encoded().dropLast(8))
    var (loaded, refused) = (0, 0)
    limit.apply {
      Mutations.forEachField(of: bytes) { changed in
        guard let file = try? ShardFile(encoded: withChecksum(changed), path: "s") else {
          refused += 1
          return
        }
        loaded += 1
        #expect(file.pixels.count == file.labels.count * file.shape.pixels && file.classes <= 65_536)
      }
    }
    Mutations.forEachTruncation(of: bytes) { changed in
      #expect((try? ShardFile(encoded: withChecksum(changed), path: "s")) == nil)
    }
    #expect(loaded > 100 && refused > 100)
  }

  @Test func classesOfAShardAreBounded() throws {
    var bytes = Array(shard.encoded().dropLast(8))
    let classes = 8 + 8 + 8 + 4 * 5
    for value in [0, 65_537, 4_294_967_295] {
      for i in 0..<4 { bytes[classes + i] = UInt8(truncatingIfNeeded: value >> (8 * i)) }
      let error = #expect(throws: DatasetError.self) {
        try ShardFile(encoded: withChecksum(bytes), path: "s")
      }
      #expect(error?.message.contains("\(value) classes") == true)
    }
  }

  private func manifest(_ shards: [ShardManifest.Shard]? = nil) -> ShardManifest {
    ShardManifest(
      name: "n", digest: 77, shape: images.shape, classNames: ["a", "b"], seed: 1, validationShare: 100_000,
      balance: false, distinctImages: 5, images: 6, validation: [4],
      folder: FolderRecord(testShare: 100_000, files: 6, names: "0123456789abcdef"),
      shards: shards ?? [
        ShardManifest.Shard(file: "part-0", images: 3, judges: 1, bytes: 200, checksum: "0123456789abcdef"),
        ShardManifest.Shard(file: "part-1", images: 2, judges: 0, bytes: 200, checksum: "0123456789abcdef"),
      ])
  }

  /// A manifest's text with the checksum made right for the rest of it; as it is where it is no manifest.
  private func mended(_ text: String) -> String {
    let empty = text.replacingOccurrences(
      of: #""checksum":"[0-9a-f]*","classNames"#, with: #""checksum":"","classNames"#,
      options: .regularExpression)
    guard let manifest = try? JSONDecoder().decode(ShardManifest.self, from: Data(empty.utf8)) else {
      return text
    }
    let sum = CRC64.checksum(manifest.encoded())
    return String(decoding: manifest.encoded(), as: UTF8.self)
      .replacingOccurrences(
        of: #""checksum":"","classNames"#, with: "\"checksum\":\"\(hexadecimal(sum))\",\"classNames")
  }

  private func read(_ text: String) -> ShardManifest? {
    try? ShardManifest(encoded: Array(text.utf8), path: "m")
  }

  @Test func everyNumberOfAManifestIsRefusedOrRead() throws {
    let text = String(decoding: manifest().encoded(), as: UTF8.self)
    #expect(read(text) != nil && read(mended(text)) != nil)
    var (loaded, refused) = (0, 0)
    limit.apply {
      Mutations.forEachNumber(ofJSON: text, Mutations.jsonNumbers) { changed in
        guard let manifest = read(mended(changed)) else {
          refused += 1
          return
        }
        loaded += 1
        #expect(manifest.training.count + manifest.validation.count == manifest.images)
      }
    }
    #expect(loaded > 5 && refused > 100, "\(loaded) loaded, \(refused) refused")
  }

  /// Numbers whose sum is beyond 64 bits, and images that no file could hold.
  @Test func sumsOfAManifestDoNotOverflow() {
    let huge = (0..<3).map { _ in
      ShardManifest.Shard(
        file: "p", images: .max / 2, judges: .max / 2, bytes: .max, checksum: "0123456789abcdef")
    }
    #expect(read(mended(String(decoding: manifest(huge).encoded(), as: UTF8.self))) == nil)
    for (images, bytes) in [(2, 31), (Int(UInt32.max), 1 << 40)] {
      let lying = [
        ShardManifest.Shard(file: "p", images: 3, judges: 1, bytes: 200, checksum: "0123456789abcdef"),
        ShardManifest.Shard(file: "q", images: images, judges: 0, bytes: bytes, checksum: "0123456789abcdef"),
      ]
      #expect(read(mended(String(decoding: manifest(lying).encoded(), as: UTF8.self))) == nil)
    }
  }

  @Test(arguments: ["", ".", "..", "a/b", "/etc/passwd"]) func shardsAreFilesOfTheFolder(name: String) {
    let shards = [
      ShardManifest.Shard(file: name, images: 5, judges: 1, bytes: 200, checksum: "0123456789abcdef")
    ]
    #expect(read(mended(String(decoding: manifest(shards).encoded(), as: UTF8.self))) == nil)
  }

  /// What a manifest says of images is not reserved before the files are looked at.
  @Test func nothingIsReservedForMissingFiles() throws {
    let folder = try TemporaryFolder()
    let many = 1 << 20
    let shards = [
      ShardManifest.Shard(file: "p", images: many, judges: 0, bytes: 1 << 40, checksum: "0123456789abcdef")
    ]
    let large = ShardManifest(
      name: "n", digest: 77, shape: ImageShape(width: 1000, height: 1000, channels: 1),
      classNames: ["a", "b"],
      seed: 1, validationShare: 0, balance: false, distinctImages: many, images: many, validation: [],
      folder: nil,
      shards: shards)
    try folder.write(large.encoded(), to: ShardManifest.fileName)
    try folder.write([1, 2, 3], to: "p")
    let read = try ShardFolder(folder.url.path)
    #expect(throws: DatasetError.self) { try read.images(budget: .unlimited) }
  }
}
