// Writing a folder of shards, so that at any time it holds the old set, or the new one, or no manifest.

public import Plumbing

extension ShardFolder {
  /// The folder in which files are made before they take the place of an earlier set's.
  private static let workName = ".tally-shards.tmp"

  /// Writes a set of images as shards. An earlier set in the folder stays as it is until all of the new one is on disk;
  /// then its manifest goes first and the new one comes last, so that no manifest ever lies beside files of another set.
  /// - Parameters:
  ///   - images: all images, in the order and with the repeats they are learned from.
  ///   - training: the indices of training images, ascending; cut into runs as `makeShards` does.
  ///   - judging: the indices of validation images, ascending; cut likewise.
  ///   - shards: how many runs to cut them into.
  ///   - digest: of the training data; every file carries it.
  ///   - path: the folder to write into.
  ///   - name: of the data set, for the manifest as what follows.
  ///   - seed: of the validation part, and default seed of training.
  ///   - validationShare: the fraction held out for validation, parts per million.
  ///   - balance: whether rare classes come several times.
  ///   - distinctImages: training images, repeats not counted.
  ///   - folder: the data set that a test part was drawn from.
  ///   - onFile: told of every file that is written.
  /// - Precondition: there are at least as many images to learn from as shards.
  /// - Throws: `FileError`.
  public static func write(
    _ images: LabelledImages, training: [Int], judging: [Int], shards: Int, digest: UInt64, to path: String,
    name: String, seed: UInt64, validationShare: Int, balance: Bool, distinctImages: Int,
    folder: FolderRecord?,
    onFile: (ShardManifest.Shard) -> Void = { _ in }
  ) throws(FileError) {
    let parts = Parts(
      images: images, training: training, judging: judging, shards: shards, digest: digest, of: shards,
      total: images.count)
    try write(parts, to: path, manifest: ShardManifest.fileName, onFile: onFile) { list in
      ShardManifest(
        name: name, digest: digest, shape: images.shape, classNames: images.classNames, seed: seed,
        validationShare: validationShare, balance: balance, distinctImages: distinctImages,
        images: images.count, validation: judging, folder: folder, groups: images.groups?.record,
        shards: list
      ).encoded()
    }
  }

  /// Images to be cut into shards, which may be a part of a larger set's.
  struct Parts {
    let images: LabelledImages
    /// The indices of training and of validation images, ascending.
    let training: [Int]
    let judging: [Int]
    /// How many shards to cut them into.
    let shards: Int
    let digest: UInt64
    /// The number of the first shard, and how many shards the larger set has.
    var first = 0
    let of: Int
    /// Images of the larger set before these, and all of them.
    var offset = 0
    let total: Int
    /// The site that has the shards.
    var site: String?
  }

  /// Writes shards and then the manifest that `describe` makes of them.
  static func write(
    _ parts: Parts, to path: String, manifest: String, onFile: (ShardManifest.Shard) -> Void,
    describe: ([ShardManifest.Shard]) -> [UInt8]
  ) throws(FileError) {
    let (training, judging, shards) = (parts.training, parts.judging, parts.shards)
    precondition(shards <= training.count, "no shard is empty")
    let work = "\(path)/\(workName)"
    try empty(work)
    try makeFolders(work)
    do throws(FileError) {
      var list: [ShardManifest.Shard] = []
      for s in 0..<shards {
        let mine = evenRun(of: training, s, shards: shards)
        let judges = evenRun(of: judging, s, shards: shards)
        let number = parts.first + s
        let bytes = ShardFile(
          parts.images, training: Array(mine), judging: Array(judges), number: number, of: parts.of,
          digest: parts.digest, offset: parts.offset, total: parts.total
        ).encoded()
        let shard = ShardManifest.Shard(
          file: partName(number), images: mine.count, judges: judges.count, bytes: bytes.count,
          checksum: ShardFile.checksum(of: bytes), site: parts.site)
        try AtomicFile.write(bytes, to: "\(work)/\(shard.file)")
        list.append(shard)
        onFile(shard)
      }
      try AtomicFile.write(describe(list), to: "\(work)/\(manifest)")
      for old in [ShardManifest.fileName, SiteShards.fileName] { try removeFile("\(path)/\(old)") }
      for name in try listFolder(path) where isPart(name) { try removeFile("\(path)/\(name)") }
      for shard in list {
        try moveFile("\(work)/\(shard.file)", to: "\(path)/\(shard.file)", isSynced: false)
      }
      try moveFile("\(work)/\(manifest)", to: "\(path)/\(manifest)")
    } catch {
      try? empty(work)
      throw error
    }
    try empty(work)
  }

  /// The name of a shard's file.
  static func partName(_ number: Int) -> String {
    let digits = String(number)
    return "part-\(String(repeating: "0", count: 5 - digits.count))\(digits).tshard"
  }

  /// Whether a file has the name of a shard's.
  static func isPart(_ name: String) -> Bool {
    let digits = name.utf8.dropFirst(5).prefix(5)
    return name.utf8.count == 17 && name.hasPrefix("part-") && name.hasSuffix(".tshard")
      && digits.allSatisfy { (48...57).contains($0) }
  }

  /// Removes the folder in which files were made, with all that is in it.
  private static func empty(_ work: String) throws(FileError) {
    guard FileKind(path: work) == .folder else { return }
    for name in try listFolder(work) { try removeFile("\(work)/\(name)") }
    removeEmptyFolders([work])
  }
}
