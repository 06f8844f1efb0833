// What is known of a data set that was cut into shard files: everything but the images and labels.
// See ShardFile for the files themselves.

public import Plumbing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The description of a folder of shards.
///
/// It decides which images are learned from and in which order, so that a training needs nothing else to draw what
/// it draws: seed, split and balance are those of the command that wrote the shards.
public struct ShardManifest: Hashable, Sendable, Codable {
  /// One shard file.
  public struct Shard: Hashable, Sendable, Codable {
    /// Its name in the folder.
    public let file: String
    /// Training images, and validation images.
    public let images: Int
    public let judges: Int
    /// Its length, and the CRC-64 at its end in 16 hexadecimal digits.
    public let bytes: Int
    public let checksum: String
    /// The site that has it; nil where all shards are in one place.
    public var site: String?
  }

  /// The name of the manifest in its folder.
  public static let fileName = "tally-shards.json"
  /// The newest version that is read: 2 has sites. A manifest without sites is written as version 1.
  public static let version = 2
  /// Most shards of a set.
  public static let mostShards = 65_536
  /// Most bytes of a shard.
  static let mostShardBytes = 1 << 40
  /// Most bytes of a manifest.
  public static let mostBytes = 1 << 28

  /// The version of the form.
  public let version: Int
  /// What the data set is called.
  public let name: String
  /// The digest of its images, see `LabelledImages.digest`, in 16 hexadecimal digits.
  public let digest: String
  /// The shape of every image.
  public let shape: ImageShape
  /// The classes, in label order.
  public let classNames: [String]
  /// The seed of split and balance.
  public let seed: UInt64
  /// Fraction held out for validation, parts per million.
  public let validationShare: Int
  /// Whether rare classes come several times.
  public let balance: Bool
  /// Images to learn from, repeats not counted.
  public let distinctImages: Int
  /// Images in all: training images with their repeats, and validation images.
  public let images: Int
  /// The indices of validation images, ascending; all others are learned from, in the order of their indices.
  public let validation: [Int]
  /// The folder that a test part was drawn from.
  public let folder: FolderRecord?
  /// The groups that parts were drawn by; nil where they were drawn image by image.
  public let groups: GroupRecord?
  /// The files, in the order of their numbers.
  public let shards: [Shard]
  /// CRC-64 of the manifest with this field empty, in 16 hexadecimal digits.
  public private(set) var checksum = ""

  /// The data digest as a number.
  public var dataDigest: UInt64 { UInt64(digest, radix: 16) ?? 0 }
  /// The indices of the training images.
  public var training: [Int] {
    let judges = Set(validation)
    return (0..<images).filter { !judges.contains($0) }
  }

  /// A manifest.
  public init(
    name: String, digest: UInt64, shape: ImageShape, classNames: [String], seed: UInt64, validationShare: Int,
    balance: Bool, distinctImages: Int, images: Int, validation: [Int], folder: FolderRecord?,
    groups: GroupRecord? = nil, shards: [Shard]
  ) {
    version = shards.contains { $0.site != nil } ? 2 : 1
    self.name = name
    self.digest = hexadecimal(digest)
    self.shape = shape
    self.classNames = classNames
    self.seed = seed
    self.validationShare = validationShare
    self.balance = balance
    self.distinctImages = distinctImages
    self.images = images
    self.validation = validation
    self.folder = folder
    self.groups = groups
    self.shards = shards
    checksum = hexadecimal(CRC64.checksum(Self.text(of: self)))
  }

  /// The manifest as JSON.
  public func encoded() -> [UInt8] { Self.text(of: self) }

  /// Reads a manifest and checks it.
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: its name, for the error.
  /// - Throws: `DatasetError`.
  public init(encoded bytes: [UInt8], path: String) throws(DatasetError) {
    func wrong(_ what: String) -> DatasetError {
      DatasetError(code: .damagedImage, message: "\(path): \(what); write the shards again")
    }
    struct Version: Decodable { let version: Int }
    // A number of the text can take a few words while it is decoded.
    do { try MemoryLimit.current.check(16 * bytes.count, for: "a manifest of \(bytes.count) bytes") } catch {
      throw wrong(error.message)
    }
    guard let found = try? JSONDecoder().decode(Version.self, from: Data(bytes)) else {
      throw wrong("not a manifest of shards")
    }
    guard (1...Self.version).contains(found.version) else {
      throw wrong("version \(found.version), this Tally reads 1 to \(Self.version)")
    }
    guard var manifest = try? JSONDecoder().decode(ShardManifest.self, from: Data(bytes)) else {
      throw wrong("not a whole manifest of shards")
    }
    let checksum = manifest.checksum
    manifest.checksum = ""
    guard hexadecimal(CRC64.checksum(Self.text(of: manifest))) == checksum else {
      throw wrong("the checksum does not match (truncated or changed)")
    }
    manifest.checksum = checksum
    if let problem = manifest.problem { throw wrong(problem) }
    if let problem = ClassNames.problem(in: manifest.classNames) { throw wrong(problem) }
    self = manifest
  }

  /// What is wrong with the numbers, or what they would need; nil if nothing. Every number is bounded before any are added.
  var problem: String? {
    let counts = 0...Int(UInt32.max)
    let contradiction = "its numbers contradict each other"
    guard shape.isValid, digest.utf8.count == 16, UInt64(digest, radix: 16) != nil,
      (1...ShardFile.mostClasses).contains(classNames.count), (1...Self.mostShards).contains(shards.count),
      (0..<1_000_000).contains(validationShare), (1..<Int(UInt32.max)).contains(images),
      (0...images).contains(distinctImages), validation.count < images,
      validation.allSatisfy((0..<images).contains), zip(validation, validation.dropFirst()).allSatisfy(<),
      folder.map({ (0..<1_000_000).contains($0.testShare) && counts.contains($0.files) }) ?? true,
      groups?.isInRange ?? true
    else { return contradiction }
    for shard in shards {
      guard !shard.file.isEmpty, !shard.file.contains("/"), shard.file != ".", shard.file != "..",
        shard.images > 0, counts.contains(shard.images), counts.contains(shard.judges),
        shard.site.map(SiteFiles.isName) ?? true,
        // An image has its index, its label and its pixels.
        (shard.images + shard.judges) * (10 + shape.pixels) <= shard.bytes, shard.bytes <= Self.mostShardBytes
      else { return contradiction }
    }
    guard shards.reduce(0, { $0 + $1.images }) == images - validation.count,
      shards.reduce(0, { $0 + $1.judges }) == validation.count
    else { return contradiction }
    // Lists of all images and of those that are learned from, labels and places.
    do { try MemoryLimit.current.check(32 * images, for: "a set of \(images) images") } catch {
      return error.message
    }
    return nil
  }

  private static func text(of manifest: ShardManifest) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ((try? encoder.encode(manifest)).map { Array($0) } ?? []) + [0x0a]
  }
}
