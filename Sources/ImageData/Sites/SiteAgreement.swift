// What sites agree on from their counts: one shape, one list of classes, whose shards have which numbers.

public import Plumbing

/// The agreement of some sites. Its digest stands in every shard, so shards of another agreement are refused.
public struct SiteAgreement: SiteFile, Hashable {
  public static let kind = "agreement of sites"
  public static let fileName = "tally-agreement.json"
  public static let remedy = "join the sites' counts again with tally shard --join"

  /// One site's part of the whole set. Sites are in the order of their names, and so are their images and shards.
  public struct Site: Hashable, Sendable, Codable {
    public let name: String
    /// Images in all, and how many of them are for validation.
    public let images: Int
    public let judges: Int
    /// How many shards it has.
    public let shards: Int
    /// Digest of its images as they were counted, in 16 hexadecimal digits.
    public let digest: String
  }

  public let sites: [Site]
  public let shape: ImageShape
  /// The classes of all sites, in label order.
  public let classNames: [String]
  public let seed: UInt64
  public let validationShare: Int

  /// What some sites agree on.
  ///
  /// Classes are told apart by name: numbers ascending where all are numbers, else in the order of their characters. Width and height
  /// are those of the sites that cannot have others; where all can, the side is chosen from the shorter sides of all sites' images.
  /// Images are grey where no site shows colour.
  /// - Parameters:
  ///   - counts: the sites' counts, in any order.
  ///   - leastImages: how many images to learn from a site must have.
  /// - Throws: `DatasetError` that names the sites that do not go together.
  public init(_ counts: [SiteCounts], leastImages: Int) throws(DatasetError) {
    func refuse(_ message: String) -> DatasetError { DatasetError(code: .countMismatch, message: message) }
    let counts = counts.sorted { $0.site < $1.site }
    guard let first = counts.first else { throw refuse("there are no sites to join") }
    for (one, next) in zip(counts, counts.dropFirst()) where one.site == next.site {
      throw refuse("two sites are called \(one.site); give one of them another name and count again there")
    }
    for site in counts where site.images - site.judges < leastImages {
      throw refuse(
        "site \(site.site): \(site.images - site.judges) images to learn from are fewer than \(leastImages) (--least-images); "
          + "leave it out")
    }
    for site in counts where (site.seed, site.validationShare) != (first.seed, first.validationShare) {
      throw refuse(
        "site \(site.site) was counted with another --seed or --validation than \(first.site); count again there"
      )
    }
    let classes = Set(counts.flatMap(\.classNames))
    guard classes.count > 1 else {
      throw refuse("all images of all sites are of one class; training needs at least two")
    }
    guard classes.count <= ShardFile.mostClasses else {
      throw refuse("the sites have \(classes.count) classes; at most \(ShardFile.mostClasses) are allowed")
    }
    let numbers = classes.compactMap { Int($0) }
    classNames =
      numbers.count == classes.count && Set(numbers).count == numbers.count
      ? classes.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
      : classes.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
    shape = try Self.shape(counts)
    sites = counts.map {
      Site(name: $0.site, images: $0.images, judges: $0.judges, shards: $0.shards, digest: $0.digest)
    }
    (seed, validationShare) = (first.seed, first.validationShare)
    if let problem { throw refuse("the sites together: \(problem)") }
  }

  private static func shape(_ counts: [SiteCounts]) throws(DatasetError) -> ImageShape {
    func agreed(
      _ what: String, _ remedy: String, _ sites: [SiteCounts], _ value: (ImageShape) -> [Int]
    ) throws(DatasetError) -> [Int]? {
      guard let first = sites.first else { return nil }
      if let other = sites.first(where: { value($0.shape) != value(first.shape) }) {
        throw DatasetError(
          code: .wrongShape,
          message:
            "site \(other.site) has images of \(other.shape) and site \(first.site) of \(first.shape): "
            + "\(what) must be the same; \(remedy)")
      }
      return value(first.shape)
    }
    let size = try agreed(
      "width and height", "count image files again with the same --size", counts.filter(\.isSizeFixed)
    ) { [$0.width, $0.height] }
    let channels = try agreed(
      "channels", "count image files again with the same --colour", counts.filter(\.areChannelsFixed)
    ) { [$0.channels] }
    let sides = counts.flatMap(\.sides)
    let side = size == nil ? chosenSide(sides) : 0
    return ImageShape(
      width: size?[0] ?? side, height: size?[1] ?? side,
      channels: channels?[0] ?? counts.map(\.shape.channels).max() ?? 1)
  }

  /// As for one folder of all images, from how often each side is there.
  private static func chosenSide(_ sides: [SiteCounts.Side]) -> Int {
    let sorted = sides.sorted { $0.side < $1.side }
    let middle = (sorted.reduce(0) { $0 + $1.images } - 1) / 2
    var before = 0
    for side in sorted {
      before += side.images
      if before > middle { return FolderOptions.chosenSide(shorterSides: [side.side]) }
    }
    return FolderOptions.chosenSide(shorterSides: [sorted.last?.side ?? 0])
  }

  public var problem: String? {
    let counts = 0...Int(UInt32.max)
    let contradiction = "its numbers contradict each other"
    guard !sites.isEmpty, sites.count <= ShardManifest.mostShards, shape.isValid,
      (0..<1_000_000).contains(validationShare),
      (2...ShardFile.mostClasses).contains(classNames.count),
      sites.allSatisfy({ site in
        SiteFiles.isName(site.name) && counts.contains(site.images) && counts.contains(site.judges)
          && (1...ShardManifest.mostShards).contains(site.shards)
          && site.shards <= site.images - site.judges && site.digest.utf8.count == 16
      }), zip(sites, sites.dropFirst()).allSatisfy({ $0.name < $1.name })
    else { return contradiction }
    guard images < Int(UInt32.max), shards <= ShardManifest.mostShards else {
      return "\(images) images in \(shards) shards are too many"
    }
    if let site = sites.first(where: { $0.images / $0.shards + 1 <= images / shards / ShardFile.mostUneven })
    {
      return
        "the shards of site \(site.name) are more than \(ShardFile.mostUneven) times smaller than those of the others"
    }
    return ClassNames.problem(in: classNames)
  }

  /// Images, and shards, of all sites.
  public var images: Int { sites.reduce(0) { $0 + $1.images } }
  public var shards: Int { sites.reduce(0) { $0 + $1.shards } }

  /// What stands in every shard.
  public var digest: UInt64 { SiteFiles.sum(of: self) }

  /// Where a site's images and shards begin; nil for a site that is not one of them.
  func place(of name: String) -> (site: Site, firstImage: Int, firstShard: Int)? {
    guard let number = sites.firstIndex(where: { $0.name == name }) else { return nil }
    let before = sites[..<number]
    return (sites[number], before.reduce(0) { $0 + $1.images }, before.reduce(0) { $0 + $1.shards })
  }
}
