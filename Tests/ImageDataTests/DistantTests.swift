// Images that another process has: what is known of them is what the images themselves say, and their shards are the same.

import Foundation
import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct DistantTests {
  /// Whoever has the images: the files of a folder of this machine, and everything said as bytes.
  private final class Reader: DistantImages {
    let root: String

    init(_ root: String) { self.root = root }

    func list(_ folder: String) throws(DatasetError) -> [(name: String, kind: FileKind)] {
      let path = "\(root)/\(folder)"
      return try LocalFolders().list(path).map { ($0, FileKind(path: "\(path)/\($0)")) }
    }

    func beginning(of file: String) throws(DatasetError) -> [UInt8] { Array(try read(file).prefix(12)) }

    func look(at places: DistantPlaces) throws(DatasetError) -> [FileLook] {
      try passed(places, append: { FileLook(at: $0).append(to: &$1) }, read: { try FileLook(&$0) })
    }

    func fit(_ places: DistantPlaces, to shape: ImageShape) throws(DatasetError) -> [FittedLook] {
      try passed(
        places, append: { FittedLook(at: $0, fitting: shape).append(to: &$1) },
        read: { try FittedLook(&$0) })
    }

    func read(_ file: String) throws(DatasetError) -> [UInt8] { try ImageFile.read("\(root)/\(file)") }

    private func passed<Look>(
      _ places: DistantPlaces, append: ([UInt8], inout ByteWriter) -> Void,
      read: (inout ByteReader) throws -> Look
    ) throws(DatasetError) -> [Look] {
      guard case .files(let files) = places else { return [] }
      var bytes = ByteWriter()
      for file in files { append(try self.read(file), &bytes) }
      var reader = ByteReader(bytes.bytes)
      do {
        let looks = try files.map { _ in try read(&reader) }
        try reader.expectEnd()
        return looks
      } catch { throw DatasetError(code: .damagedImage, message: "\(error)") }
    }
  }

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.writeClasses(["a": 40, "b": 25], in: "grey")
    try folder.write(Array("no picture".utf8), to: "grey/b/3.png")
    try folder.write([1, 2, 3], to: "grey/a/notes.txt")
    try folder.write(TemporaryFolder.image(9), to: "grey/a/unnamed")
    try folder.makeFolder("grey/empty")
    try folder.writeClasses(["a": 30, "b": 20], in: "parts/train", colour: true)
    try folder.writeClasses(["a": 4, "b": 5], in: "parts/val")
    try folder.makeFolder("parts/other")
  }

  /// A set as it is read here, and as another process reads it.
  private func both(
    _ name: String, _ options: FolderOptions
  ) throws -> (here: ImageDataset, there: ImageDataset) {
    let path = folder.path(name)
    return (
      try ImageDataset.open(path, parts: .train, threads: 2, folder: options),
      try ImageDataset.distant(path, table: nil, reader: Reader(path), options: options)
    )
  }

  @Test(
    arguments: ["grey", "parts"],
    [
      FolderOptions(), FolderOptions(width: 7, height: 9, colour: .rgb, testShare: 0),
      FolderOptions(colour: .grey, seed: 4, groupRule: #"/(\d)"#),
    ])
  func theyAreKnownByWhatTheySay(name: String, options: FolderOptions) throws {
    let (here, there) = try both(name, options)
    #expect(there.notes == here.notes)
    #expect(there.warnings == here.warnings)
    #expect(there.record == here.record)
    let (images, known) = (try here.requireLearning(), try there.requireLearning())
    #expect(known.validation == images.validation)
    #expect(known.images.labels == images.images.labels)
    #expect(known.images.shape == images.images.shape)
    #expect(known.images.groups?.keys == images.images.groups?.keys)
    #expect(known.images.digest == images.images.digest)
    #expect(known.images.oddities() == images.images.oddities())
    #expect(known.images.path(of: 3) == images.images.path(of: 3))
    let some = [3, 1, 3, 8]
    #expect(known.images.subset(some).digest == images.images.subset(some).digest)
    #expect(known.images.prefix(5).digest == images.images.prefix(5).digest)
  }

  /// Repeats of images, of which some come in both parts, and shards of unlike length.
  @Test(arguments: ["grey", "parts"], [1, 3])
  func shardsHaveTheBytesOfThoseMadeHere(name: String, count: Int) throws {
    let options = FolderOptions()
    let (here, there) = try both(name, options)
    let order = (0..<40).map { $0 * 7 % 43 } + [5, 5, 6]
    let (training, judging) = (Array(0..<36), Array(36..<43))
    let (images, known) = (try here.requireTrain().subset(order), try there.requireTrain().subset(order))
    var wanted: [ShardManifest.Shard] = []
    let out = folder.path("out-\(name)-\(count)")
    try makeFolders(out)
    try ShardFolder.write(
      images, training: training, judging: judging, shards: count, digest: 77, to: out, name: name, seed: 2,
      validationShare: 9, balance: true, distinctImages: 30, folder: here.record,
      onFile: { wanted.append($0) })

    let shards = DistantShards(
      known, training: training, judging: judging, shards: count, digest: 77, options: options)
    let (contents, written) = try made(shards, reader: Reader(folder.path(name)))
    let manifest = try shards.manifest(
      of: written, name: name, seed: 2, validationShare: 9, balance: true, distinctImages: 30,
      folder: there.record)
    #expect(manifest.shards == wanted)
    #expect(try manifest.encoded() == readFile("\(out)/\(ShardManifest.fileName)", limit: 1 << 20))
    for (content, shard) in zip(contents, wanted) {
      #expect(try content == readFile("\(out)/\(shard.file)", limit: 1 << 20))
    }
  }

  @Test func imagesThatChangedMeanwhileAreNoticed() throws {
    let (_, there) = try both("parts", FolderOptions())
    let images = try there.requireTrain()
    let shards = DistantShards(
      images, training: Array(0..<images.count), judging: [], shards: 2, digest: 1, options: FolderOptions())
    try folder.write(TemporaryFolder.image(200, colour: true), to: "parts/train/a/7.png")
    let (_, written) = try made(shards, reader: Reader(folder.path("parts")))
    let error = #expect(throws: DatasetError.self) {
      try shards.manifest(
        of: written, name: "parts", seed: 1, validationShare: 0, balance: false, distinctImages: images.count,
        folder: nil)
    }
    #expect(error?.message.contains("images have changed while shards were made of them") == true)
  }

  /// The shards as a process makes them that is told where images go.
  private func made(
    _ shards: DistantShards, reader: Reader
  ) throws -> (contents: [[UInt8]], written: [DistantShards.Written]) {
    struct Image { let isJudge: Bool, index: Int, label: UInt16, pixels: [UInt8] }
    let form = shards.form
    var found = [[Image]](repeating: [], count: form.shards)
    try shards.eachRun { places, targets throws(DatasetError) in
      guard case .files(let files) = places else { return }
      for target in targets {
        let pixels = try FittedLook.pixels(
          of: reader.read(files[target.item]), fitting: form.decoded,
          isGrey: form.shape.channels != form.decoded.channels)
        found[target.shard].append(
          Image(isJudge: target.isJudge, index: target.index, label: target.label, pixels: pixels))
      }
    }
    var contents: [[UInt8]] = []
    var written: [DistantShards.Written] = []
    for (number, images) in found.enumerated() {
      let order = images.sorted { ($0.isJudge ? 1 : 0, $0.index) < ($1.isJudge ? 1 : 0, $1.index) }
      let judges = order.count(where: \.isJudge)
      var bytes = ByteWriter()
      bytes.append(Array("TALLYSH1".utf8))
      bytes.append(form.digest, bytes: 8)
      bytes.append(UInt64(form.total), bytes: 8)
      for value in [
        number, form.shards, form.shape.width, form.shape.height, form.shape.channels, form.classes,
        order.count - judges, judges,
      ] { bytes.append(UInt64(value), bytes: 4) }
      for image in order { bytes.append(UInt64(image.index), bytes: 8) }
      for image in order { bytes.append(UInt64(image.label), bytes: 2) }
      for image in order { bytes.append(image.pixels) }
      let (checksum, pixels) = try ShardFile.sealed(bytes.bytes)
      bytes.append(checksum, bytes: 8)
      contents.append(bytes.bytes)
      var record = ByteWriter()
      for (value, width) in [(UInt64(bytes.bytes.count), 8), (checksum, 8), (pixels, 8)] {
        record.append(value, bytes: width)
      }
      record.append(UInt64(order.count - judges), bytes: 4)
      record.append(UInt64(judges), bytes: 4)
      var reader = ByteReader(record.bytes)
      written.append(try DistantShards.Written(&reader))
    }
    return (contents, written)
  }

  @Test func aFolderOfOtherThingsIsRefused() throws {
    try folder.makeFolder("numbers")
    try folder.write([0], to: "numbers/train-images-idx3-ubyte")
    let error = #expect(throws: DatasetError.self) {
      try ImageDataset.distant(
        folder.path("numbers"), table: nil, reader: Reader(folder.path("numbers")), options: FolderOptions())
    }
    #expect(error?.message.contains("for other data leave out --engine") == true)
    let damaged = #expect(throws: DatasetError.self) {
      try ImageDataset.distant(
        "table", table: [UInt8](repeating: 1, count: 40), reader: Reader(""), options: FolderOptions())
    }
    #expect(damaged?.message.contains("not a whole list of images") == true)
  }
}
