// The shards of one site: written there, described for the others, put together with those of the others.

import Plumbing

/// What a site says of the shards it wrote; the shards stay there.
public struct SiteShards: SiteFile, Hashable {
  public static let kind = "shards of a site"
  public static let fileName = "tally-site.json"
  public static let remedy = "write the shards again there with tally shard --site NAME --agreement FILE"

  /// The site's name.
  public let site: String
  /// What the sites agreed on, and its digest in 16 hexadecimal digits.
  public let agreement: SiteAgreement
  public let digest: String
  /// The indices of the site's validation images in the whole set, ascending.
  public let validation: [Int]
  /// The number of the first shard, and the files in the order of their numbers.
  public let first: Int
  public let shards: [ShardManifest.Shard]

  public var problem: String? {
    if let problem = agreement.problem { return problem }
    guard let place = agreement.place(of: site), digest == hexadecimal(agreement.digest),
      first == place.firstShard, shards.count == place.site.shards,
      shards.allSatisfy({ $0.site == site && $0.images > 0 && $0.judges >= 0 }),
      shards.allSatisfy({ max($0.images, $0.judges) <= place.site.images }),
      shards.reduce(0, { $0 + $1.images }) == place.site.images - place.site.judges,
      shards.reduce(0, { $0 + $1.judges }) == place.site.judges, validation.count == place.site.judges,
      validation.allSatisfy({ (place.firstImage..<place.firstImage + place.site.images).contains($0) }),
      zip(validation, validation.dropFirst()).allSatisfy(<)
    else { return "its numbers contradict each other" }
    return nil
  }

  /// Writes a site's shards and what it says of them into a folder.
  /// - Parameters:
  ///   - images: the site's images, of the shape agreed on.
  ///   - site: its name.
  ///   - agreement: what the sites agreed on.
  ///   - path: the folder.
  ///   - onFile: told of every file that is written.
  /// - Throws: `DatasetError` for a site or images that the agreement is not about; `FileError`.
  public static func write(
    _ images: SiteImages, site: String, agreement: SiteAgreement, to path: String,
    onFile: (ShardManifest.Shard) -> Void = { _ in }
  ) throws {
    guard let place = agreement.place(of: site) else {
      let names = agreement.sites.map(\.name).joined(separator: ", ")
      throw DatasetError(
        code: .countMismatch,
        message: "site \(site) is not one of those that agreed (\(names)); join its counts, too")
    }
    let labelled = try images.labelled(agreement.classNames, site: site)
    guard labelled.shape == agreement.shape,
      (labelled.count, images.judging.count) == (place.site.images, place.site.judges)
    else {
      throw DatasetError(
        code: .countMismatch,
        message:
          "site \(site): \(labelled.count) images of \(labelled.shape), but the sites agreed on \(place.site.images) of "
          + "\(agreement.shape); count again there")
    }
    let parts = ShardFolder.Parts(
      images: labelled, training: images.training, judging: images.judging, shards: place.site.shards,
      digest: agreement.digest, first: place.firstShard, of: agreement.shards, offset: place.firstImage,
      total: agreement.images, site: site)
    try ShardFolder.write(parts, to: path, manifest: fileName, onFile: onFile) { list in
      SiteShards(
        site: site, agreement: agreement, digest: hexadecimal(agreement.digest),
        validation: images.judging.map { place.firstImage + $0 }, first: place.firstShard, shards: list
      ).encoded()
    }
  }

  /// One manifest of all sites' shards.
  /// - Parameter parts: what every site says of its shards, in any order.
  /// - Throws: `DatasetError` that names the site that is missing, there twice, or of another agreement.
  public static func joined(_ parts: [SiteShards]) throws(DatasetError) -> ShardManifest {
    func refuse(_ message: String) -> DatasetError { DatasetError(code: .countMismatch, message: message) }
    let parts = parts.sorted { $0.first < $1.first }
    guard let agreement = parts.first?.agreement else { throw refuse("there are no sites to join") }
    for part in parts where part.agreement != agreement {
      throw refuse(
        "site \(part.site) wrote its shards by another agreement than site \(parts[0].site); write the shards again there"
      )
    }
    for (one, next) in zip(parts, parts.dropFirst()) where one.site == next.site {
      throw refuse("site \(one.site) is there twice; leave one out")
    }
    let there = Set(parts.map(\.site))
    if let missing = agreement.sites.first(where: { !there.contains($0.name) }) {
      throw refuse("site \(missing.name) is missing; join its \(fileName), too, or agree without it")
    }
    let validation = parts.flatMap(\.validation)
    let manifest = ShardManifest(
      name: agreement.sites.map(\.name).joined(separator: "+"), digest: agreement.digest,
      shape: agreement.shape,
      classNames: agreement.classNames, seed: agreement.seed, validationShare: agreement.validationShare,
      balance: false, distinctImages: agreement.images - validation.count, images: agreement.images,
      validation: validation, folder: nil, shards: parts.flatMap(\.shards))
    if let problem = manifest.problem { throw refuse("the sites' shards do not go together: \(problem)") }
    return manifest
  }
}
