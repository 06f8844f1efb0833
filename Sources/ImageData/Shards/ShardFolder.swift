// A folder of shards on this machine's file systems: written shard by shard, read back as one set of images.
// The forms are in ShardFile.swift and ShardManifest.swift.

public import Plumbing

/// A folder of shard files with their manifest.
public struct ShardFolder: Sendable {
  /// Where it is.
  public let path: String
  /// What its manifest says.
  public let manifest: ShardManifest

  /// Whether a folder holds a manifest of shards.
  public static func isThere(_ path: String) -> Bool {
    FileKind(path: "\(path)/\(ShardManifest.fileName)") == .file
  }

  /// Opens a folder; only the manifest is read.
  /// - Throws: `DatasetError`.
  public init(_ path: String) throws(DatasetError) {
    self.path = path
    let file = "\(path)/\(ShardManifest.fileName)"
    do {
      manifest = try ShardManifest(encoded: readFile(file, limit: ShardManifest.mostBytes), path: file)
    } catch let error as DatasetError {
      throw error
    } catch let error as FileError {
      throw DatasetError(error, path: file)
    } catch {
      throw DatasetError(code: .unreadable, message: "\(file): cannot be read", cause: "\(error)")
    }
  }

  /// Writes a set of images as shards: first the files, then the manifest, so that a folder with a manifest is whole.
  /// - Parameters:
  ///   - images: all images, in the order and with the repeats they are learned from.
  ///   - training: the indices of training images, ascending; cut into runs as `makeShards` does.
  ///   - judging: the indices of validation images, ascending; cut likewise.
  ///   - shards: how many runs to cut them into.
  ///   - digest: of the training data; every file carries it.
  ///   - path: the folder to write into.
  ///   - describe: makes the manifest from the list of files.
  ///   - onFile: told of every file that is written.
  /// - Precondition: there are at least as many images to learn from as shards.
  /// - Throws: `FileError`.
  public static func write(
    _ images: LabelledImages, training: [Int], judging: [Int], shards: Int, digest: UInt64, to path: String,
    describe: ([ShardManifest.Shard]) -> ShardManifest, onFile: (ShardManifest.Shard) -> Void
  ) throws(FileError) {
    precondition(shards <= training.count, "no shard is empty")
    var list: [ShardManifest.Shard] = []
    for s in 0..<shards {
      let mine = training[training.count * s / shards..<training.count * (s + 1) / shards]
      let judges = judging[judging.count * s / shards..<judging.count * (s + 1) / shards]
      let bytes = ShardFile(
        images, training: Array(mine), judging: Array(judges), number: s, of: shards, digest: digest
      ).encoded()
      let digits = String(s)
      let shard = ShardManifest.Shard(
        file: "part-\(String(repeating: "0", count: 5 - digits.count))\(digits).tshard", images: mine.count,
        judges: judges.count, bytes: bytes.count, checksum: ShardFile.checksum(of: bytes))
      try AtomicFile.write(bytes, to: "\(path)/\(shard.file)")
      list.append(shard)
      onFile(shard)
    }
    try AtomicFile.write(describe(list).encoded(), to: "\(path)/\(ShardManifest.fileName)")
  }

  /// Reads one shard, which must be the one that the manifest describes.
  /// - Throws: `DatasetError`.
  package func read(_ number: Int) throws(DatasetError) -> ShardFile {
    let file = "\(path)/\(manifest.shards[number].file)"
    let bytes: [UInt8]
    do {
      bytes = try readFile(file, limit: manifest.shards[number].bytes)
    } catch {
      throw DatasetError(error, path: file)
    }
    return try manifest.shard(number, encoded: bytes, path: file)
  }

  /// All images, each under its index.
  /// - Parameter budget: memory that the pixels may take; if it does not suffice they are kept in a temporary file.
  /// - Throws: `DatasetError`.
  public func images(budget: MemoryBudget) throws(DatasetError) -> LabelledImages {
    var writer = try PixelWriter(budget: budget, expected: manifest.images * manifest.shape.pixels)
    var labels: [UInt16] = []
    var indices: [Int] = []
    for number in manifest.shards.indices {
      let shard = try read(number)
      try writer.append(shard.pixels.span)
      labels += shard.labels
      indices += shard.training + shard.judging
    }
    guard Set(indices).count == manifest.images else {
      throw DatasetError(
        code: .countMismatch, message: "\(path): its shards do not make up the whole set; write them again")
    }
    return LabelledImages(
      shape: manifest.shape, store: writer.finish(), labels: labels, classNames: manifest.classNames,
      at: indices, of: manifest.images)
  }
}

extension ShardManifest {
  /// Reads the content of one of the files and checks that it is the one that is described.
  /// - Throws: `DatasetError`.
  package func shard(_ number: Int, encoded bytes: [UInt8], path: String) throws(DatasetError) -> ShardFile {
    let shard = try ShardFile(encoded: bytes, path: path)
    guard shard.number == number, shard.count == shards.count, shard.digest == dataDigest,
      shard.total == images, shard.shape == self.shape,
      shard.classes == classNames.count, shard.checksum == shards[number].checksum
    else {
      throw DatasetError(
        code: .countMismatch,
        message:
          "\(path): not shard \(number) of this set (is it from another run of tally shard?); write the shards again"
      )
    }
    return shard
  }
}
