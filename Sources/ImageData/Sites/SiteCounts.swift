// What a site says of its images before shards are written: numbers and class names, no image.

public import Plumbing

/// What the other sites need to know of one site's images.
public struct SiteCounts: SiteFile, Hashable {
  public static let kind = "counts of a site"
  public static let fileName = "tally-counts.json"
  public static let remedy = "count again there with tally shard --site NAME --count"

  /// How many images have a shorter side of so many pixels.
  public struct Side: Hashable, Sendable, Codable {
    let side: Int
    let images: Int
  }

  /// The site's name.
  public let site: String
  /// Images in all, and how many of them are for validation.
  public let images: Int
  public let judges: Int
  /// How many shards the site cuts them into.
  public let shards: Int
  /// The names of the classes that there are images of.
  public let classNames: [String]
  /// The shape that the images have on their own, all channels of it.
  public let shape: ImageShape
  /// Whether width and height, and channels, cannot be others: the data have them, or somebody chose them.
  public let isSizeFixed: Bool
  public let areChannelsFixed: Bool
  /// The shorter sides of the image files, ascending; empty where the size is fixed.
  public let sides: [Side]
  /// Digest of images and parts, see `SiteImages.digest`, in 16 hexadecimal digits.
  public let digest: String
  /// The seed of the parts, and the fraction held out for validation, parts per million.
  public let seed: UInt64
  public let validationShare: Int

  /// Counts a site's images.
  /// - Parameters:
  ///   - site: its name.
  ///   - images: its images and how they are divided.
  ///   - dataset: what they were read from.
  ///   - options: what a person chose of their shape.
  ///   - shards: how many shards it cuts them into.
  ///   - seed: of the parts.
  ///   - validationShare: the fraction held out for validation, parts per million.
  public init(
    site: String, _ images: SiteImages, of dataset: ImageDataset, options: FolderOptions, shards: Int,
    seed: UInt64, validationShare: Int
  ) {
    self.site = site
    self.images = images.images.count
    judges = images.judging.count
    self.shards = shards
    classNames = images.presentClasses
    shape = images.images.shape
    isSizeFixed = !dataset.isOfImageFiles || options.width != nil
    areChannelsFixed = !dataset.isOfImageFiles || options.colour != nil
    let sides = Dictionary(grouping: isSizeFixed ? [] : dataset.shorterSides) { $0 }
    self.sides = sides.map { Side(side: $0.key, images: $0.value.count) }.sorted { $0.side < $1.side }
    digest = hexadecimal(images.digest)
    self.seed = seed
    self.validationShare = validationShare
  }

  public var problem: String? {
    let counts = 0...Int(UInt32.max)
    guard SiteFiles.isName(site), counts.contains(images), counts.contains(judges), judges < images,
      (1...ShardManifest.mostShards).contains(shards), shards <= images - judges, shape.isValid,
      (1...ShardFile.mostClasses).contains(classNames.count), digest.utf8.count == 16,
      (0..<1_000_000).contains(validationShare),
      sides.allSatisfy({ (1...1 << 20).contains($0.side) && counts.contains($0.images) }),
      isSizeFixed || !sides.isEmpty, sides.count <= 1 << 16
    else { return "its numbers contradict each other" }
    return ClassNames.problem(in: classNames)
  }
}
