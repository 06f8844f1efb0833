// A folder of shards on this machine's file systems, read as one set of images.
// Writing is in ShardFolder+Writing.swift; the forms are in ShardFile.swift and ShardManifest.swift.

public import Plumbing

/// A folder of shard files with their manifest.
public struct ShardFolder: Sendable {
  /// Where it is.
  public let path: String
  /// What its manifest says.
  public let manifest: ShardManifest

  /// Whether a folder holds shards: their manifest, or files of shards whose manifest is missing.
  public static func isThere(_ path: String) -> Bool {
    if path.isEmpty { return false }
    return FileKind(path: "\(path)/\(ShardManifest.fileName)") == .file || hasParts(path)
  }

  /// Whether a folder holds a file with the name of a shard.
  private static func hasParts(_ path: String) -> Bool {
    FileKind(path: path) == .folder && ((try? listFolder(path)) ?? []).contains(where: isPart)
  }

  /// Opens a folder; only the manifest is read.
  /// - Throws: `DatasetError`.
  public init(_ path: String) throws(DatasetError) {
    self.path = path
    let file = "\(path)/\(ShardManifest.fileName)"
    if FileKind(path: file) == .missing, FileKind(path: "\(path)/\(SiteShards.fileName)") == .file {
      throw DatasetError(
        code: .missing,
        message:
          "\(path): the shards of one site; join the sites' \(SiteShards.fileName) with tally shard --join")
    }
    if FileKind(path: file) == .missing, Self.hasParts(path) {
      throw DatasetError(
        code: .missing,
        message:
          "\(path): shards without their manifest \(ShardManifest.fileName): tally shard did not get to its "
          + "end; write the shards again")
    }
    do {
      manifest = try ShardManifest(encoded: readFile(file, limit: ShardManifest.mostBytes), path: file)
    } catch let error as DatasetError {
      throw error
    } catch let error as FileError {
      throw DatasetError(error, path: file)
    } catch {
      throw DatasetError(code: .unreadable, message: "\(error)")
    }
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

  /// Bytes of all pixels, as far as the files are there: nothing is reserved for what a manifest only says.
  private func expectedBytes() throws(DatasetError) -> Int {
    var found = 0
    for shard in manifest.shards {
      let file = "\(path)/\(shard.file)"
      do { found += min(shard.bytes, try InputFile(path: file).size ?? 0) } catch {
        throw DatasetError(error, path: file)
      }
    }
    return min(found, manifest.images * manifest.shape.pixels)
  }

  /// All images, each under its index.
  /// - Parameter budget: memory that the pixels may take; if it does not suffice they are kept in a temporary file.
  /// - Throws: `DatasetError`.
  public func images(budget: MemoryBudget) throws(DatasetError) -> LabelledImages {
    var writer = try PixelWriter(budget: budget, expected: try expectedBytes())
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
