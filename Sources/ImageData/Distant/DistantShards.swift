// Shards of images that another process has: which image goes where, and the manifest of what was written.

package import Plumbing

/// A set of images as shards that other processes write.
package struct DistantShards: Sendable {
  /// What stands in the header of every shard, and how its pixels are made.
  package struct Form: Sendable {
    package let digest: UInt64
    package let total: Int
    package let shards: Int
    package let shape: ImageShape
    package let classes: Int
    /// What image files are fitted to; where that has three values a pixel and `shape` one, one of three is kept.
    package let decoded: ImageShape
  }

  /// An image on its way into a shard.
  package struct Target: Sendable {
    /// The image, by its place in a run.
    package let item: Int
    /// Its shard, and its index in the whole set.
    package let shard, index: Int
    package let isJudge: Bool
    package let label: UInt16
  }

  /// What whoever wrote a shard says of it.
  package struct Written: Sendable {
    package let bytes: Int
    package let checksum: UInt64
    /// CRC-64 of all pixels.
    package let pixels: UInt64
    package let images, judges: Int

    /// - Throws: `ByteReader.Failure`.
    package init(_ reader: inout ByteReader) throws(ByteReader.Failure) {
      (bytes, checksum) = (Int(clamping: try reader.read(bytes: 8)), try reader.read(bytes: 8))
      pixels = try reader.read(bytes: 8)
      (images, judges) = (Int(try reader.read(bytes: 4)), Int(try reader.read(bytes: 4)))
    }
  }

  package let form: Form
  private let images: LabelledImages
  private let training: [Int]
  private let judging: [Int]

  /// - Parameters: as for `ShardFolder.write`; another process has the images.
  ///   - options: how the images were read.
  /// - Precondition: there are at least as many images to learn from as shards.
  package init(
    _ images: LabelledImages, training: [Int], judging: [Int], shards: Int, digest: UInt64,
    options: FolderOptions
  ) {
    precondition(images.elsewhere != nil && shards <= training.count, "no shard is empty")
    let (shape, channels) = (images.shape, options.colour == .grey ? 1 : 3)
    form = Form(
      digest: digest, total: images.count, shards: shards, shape: shape, classes: images.classNames.count,
      decoded: ImageShape(width: shape.width, height: shape.height, channels: channels))
    (self.images, self.training, self.judging) = (images, training, judging)
  }

  /// The images of a shard.
  private func run(_ images: [Int], _ shard: Int) -> ArraySlice<Int> {
    evenRun(of: images, shard, shards: form.shards)
  }

  /// Tells, a run at a time, where images are and where they go.
  package func eachRun(
    _ body: (DistantPlaces, [Target]) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    /// An image of the set by the place of its pixels.
    struct Use { let slot, shard, index: UInt32, isJudge: Bool }
    var uses: [Use] = []
    uses.reserveCapacity(images.count)
    for shard in 0..<form.shards {
      for (list, isJudge) in [(training, false), (judging, true)] {
        for index in run(list, shard) {
          uses.append(
            Use(
              slot: UInt32(images.slot(of: index)), shard: UInt32(shard), index: UInt32(index),
              isJudge: isJudge))
        }
      }
    }
    uses.sort { ($0.slot, $0.index) < ($1.slot, $1.index) }
    try images.eachDistantRun(DistantPart.wave) { slots, places throws(DatasetError) in
      var targets: [Target] = []
      for (item, slot) in slots.enumerated() {
        var at = uses.partitioningIndex { Int($0.slot) >= slot }
        while at < uses.count, Int(uses[at].slot) == slot {
          let use = uses[at]
          targets.append(
            Target(
              item: item, shard: Int(use.shard), index: Int(use.index), isJudge: use.isJudge,
              label: images.labels[Int(use.index)]))
          at += 1
        }
      }
      try body(places, targets)
    }
  }

  /// The manifest of shards as they were written.
  /// - Parameter written: what was said of each, in the order of their numbers.
  /// - Throws: `DatasetError` where that is not what was asked for: the images have changed meanwhile.
  package func manifest(
    of written: [Written], name: String, seed: UInt64, validationShare: Int, balance: Bool,
    distinctImages: Int, folder: FolderRecord?
  ) throws(DatasetError) -> ShardManifest {
    let join = CRC64Join(bytes: form.shape.pixels)
    var list: [ShardManifest.Shard] = []
    for (shard, found) in written.enumerated() {
      let (mine, judges) = (run(training, shard), run(judging, shard))
      let sum = (mine + judges).reduce(UInt64(0)) { sum, index in
        join.joined(sum, images.elsewhere?.sums[images.slot(of: index)] ?? 0)
      }
      guard found.images == mine.count, found.judges == judges.count, found.pixels == sum else {
        throw DatasetError(
          code: .countMismatch,
          message:
            "\(name): images have changed while shards were made of them (seen in shard \(shard)); begin again"
        )
      }
      list.append(
        ShardManifest.Shard(
          file: ShardFolder.partName(shard), images: found.images, judges: found.judges, bytes: found.bytes,
          checksum: hexadecimal(found.checksum)))
    }
    let manifest = ShardManifest(
      name: name, digest: form.digest, shape: form.shape, classNames: images.classNames, seed: seed,
      validationShare: validationShare, balance: balance, distinctImages: distinctImages,
      images: images.count, validation: judging, folder: folder, groups: images.groups?.record, shards: list)
    // Lengths of files are what others say.
    if let problem = manifest.problem {
      throw DatasetError(
        code: .countMismatch,
        message: "\(name): what was written is no set of shards: \(problem); begin again")
    }
    return manifest
  }
}

extension Array {
  /// The first index of an element that `isBehind`; all after it are, too.
  fileprivate func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension ShardFile {
  /// Checks a shard's file that lacks the checksum at its end.
  /// - Returns: that checksum, and that of all pixels.
  /// - Throws: `DatasetError`.
  package static func sealed(_ content: [UInt8]) throws(DatasetError) -> (checksum: UInt64, pixels: UInt64) {
    var bytes = ByteWriter()
    bytes.append(content)
    bytes.appendChecksum()
    let file = try ShardFile(encoded: bytes.bytes, path: "a shard")
    return (UInt64(file.checksum, radix: 16) ?? 0, CRC64.checksum(file.pixels))
  }
}
