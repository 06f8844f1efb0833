// `tally shard` for sites that share no images: the options, and what each of them does.

import ArgumentParser
import Foundation
import ImageData
import LayerwiseTraining
import Plumbing
import TrainingPlans

/// Options of sites.
struct SiteOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("This site's name, where other sites have other shards.", valueName: "name"))
  var site: String?

  @Flag(name: .long, help: "With --site: write only what the sites agree by, DIR/tally-counts.json.")
  var count = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --site: write this site's shards as the sites agreed (a tally-agreement.json).", valueName: "file"
    ),
    completion: .file(), transform: namedPath)
  var agreement: String?

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Join the files tally-counts.json of all sites to DIR/tally-agreement.json, or their files tally-site.json to DIR/tally-shards.json.",
      valueName: "file"), completion: .file(), transform: namedPath)
  var join: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --join of counts: refuse sites with fewer images to learn from (default: 1).", valueName: "n"))
  var leastImages: Int?

  /// Checks the options against each other and against those of the command.
  /// - Throws: `ValidationError`.
  func check(_ command: ShardCommand) throws {
    if let leastImages, leastImages < 1 { throw ValidationError("--least-images must be at least 1.") }
    if leastImages != nil, join.isEmpty { throw ValidationError("--least-images is for --join.") }
    if !join.isEmpty {
      let others: [(String, Bool)] =
        [
          ("--data", command.data != nil), ("--shards", command.shards != nil), ("--site", site != nil),
          ("--count", count), ("--agreement", agreement != nil),
          ("--validation", command.validation != nil), ("--limit", command.limit != nil),
          ("--balance", command.balance), ("--seed", command.seed != nil),
          ("--image", command.table.image != nil), ("--label", command.table.label != nil),
          ("--python", command.python.python != nil),
        ] + command.images.given.map { ($0, true) }
      if let other = others.first(where: \.1) {
        throw ValidationError("--join reads no images; leave out \(other.0).")
      }
      return
    }
    if command.data == nil { throw ValidationError("Missing expected argument '--data <data>'") }
    guard let site else {
      if count { throw ValidationError("--count is for --site.") }
      if agreement != nil { throw ValidationError("--agreement is for --site.") }
      if command.shards == nil { throw ValidationError("Missing expected argument '--shards <shards>'") }
      return
    }
    if !SiteFiles.isName(site) {
      throw ValidationError(
        "--site \(site): a name has 1 to 64 of the letters a to z and A to Z, digits, '.', '_' and '-'.")
    }
    if command.balance {
      throw ValidationError("--balance looks at all images; sites cannot. Leave it out.")
    }
    if count == (agreement != nil) {
      throw ValidationError("--site is for --count, or with --agreement for this site's shards.")
    }
    if count, command.shards == nil { throw ValidationError("Missing expected argument '--shards <shards>'") }
    if agreement != nil, command.shards != nil {
      throw ValidationError("The number of shards was agreed on; leave out --shards.")
    }
    if agreement != nil, command.seed != nil {
      throw ValidationError("The seed was agreed on; leave out --seed.")
    }
  }

  /// What there is to do for sites; nil for a data set in one place.
  func work(for command: ShardCommand) -> SiteWork? {
    site == nil && join.isEmpty ? nil : SiteWork(command: command, options: self)
  }
}

/// One step on the way to shards at sites.
struct SiteWork {
  let command: ShardCommand
  let options: SiteOptions

  func run() throws {
    let folder = RunFolder(command.out)
    try folder.checkPlace()
    let owned = try OwnedFolder(folder.path, RunOwner(), remedy: "wait for its end, or choose another --out")
    defer { owned.release() }
    let display = ProgressDisplay(quiet: command.quiet)
    if let site = options.site {
      try options.count ? count(site, folder.path, display) : write(site, folder.path, display)
    } else {
      try join(folder.path, display)
    }
  }

  /// Writes what the others need to know of a site.
  private func count(_ site: String, _ folder: String, _ display: ProgressDisplay) throws {
    let (images, loaded, origin) = try read(
      command.images.options(seed: command.drawing), command.drawing, share, display)
    let shards = command.shards ?? 1
    guard shards <= images.training.count else {
      throw UserError(
        description: "--shards \(shards): there are only \(images.training.count) training images", code: 2)
    }
    let counts = SiteCounts(
      site: site, images, of: loaded.dataset, options: origin.folder ?? FolderOptions(), shards: shards,
      seed: command.drawing, validationShare: share)
    try counts.write(into: folder)
    display.note("\(site): \(images.training.count) training and \(images.judging.count) validation images")
    display.note("counts  \(folder)/\(SiteCounts.fileName)")
  }

  /// Writes a site's shards.
  private func write(_ site: String, _ folder: String, _ display: ProgressDisplay) throws {
    let agreement = try SiteAgreement(path: options.agreement ?? "")
    guard let counted = agreement.sites.first(where: { $0.name == site }) else {
      throw UserError(
        description: "\(options.agreement ?? ""): site \(site) is not one of those that agreed ("
          + agreement.sites.map(\.name).joined(separator: ", ") + "); join its counts, too")
    }
    if command.validation != nil, share != agreement.validationShare {
      throw UserError(
        description: "--validation is not the one the sites agreed on; leave it out", code: 2)
    }
    var options = command.images.options(seed: agreement.seed)
    var (images, loaded, _) = try read(options, agreement.seed, agreement.validationShare, display)
    guard hexadecimal(images.digest) == counted.digest else {
      throw UserError(
        description:
          "site \(site): not the images, or not the options, that were counted; give the same as with --count, "
          + "or count and agree again")
    }
    if loaded.dataset.isOfImageFiles, images.images.shape != agreement.shape {
      (options.width, options.height) = (agreement.shape.width, agreement.shape.height)
      options.colour = agreement.shape.channels == 1 ? .grey : .rgb
      (images, loaded, _) = try read(options, agreement.seed, agreement.validationShare, display)
    }
    var bytes = 0
    try SiteShards.write(
      images, site: site, agreement: agreement, to: folder, onFile: { bytes += $0.bytes })
    display.note(
      "\(site): \(images.training.count) training and \(images.judging.count) validation images in "
        + "\(counted.shards) shards, \(bytes) bytes")
    display.note("shards  \(folder)")
  }

  /// Joins what all sites say.
  private func join(_ folder: String, _ display: ProgressDisplay) throws {
    let kinds = try options.join.map { path in
      do { return try SiteFiles.kind(of: path) } catch { throw UserError(description: "\(error)") }
    }
    for (path, kind) in zip(options.join, kinds) where kind != SiteCounts.kind && kind != SiteShards.kind {
      throw UserError(
        description: "\(path): neither a \(SiteCounts.fileName) nor a \(SiteShards.fileName) of a site")
    }
    guard Set(kinds).count == 1 else {
      throw UserError(
        description:
          "--join: join the sites' files \(SiteCounts.fileName), or their files \(SiteShards.fileName), not both",
        code: 2)
    }
    if kinds.first == SiteCounts.kind {
      let agreement = try SiteAgreement(
        try options.join.map { try SiteCounts(path: $0) }, leastImages: options.leastImages ?? 1)
      try agreement.write(into: folder)
      display.note(
        "\(agreement.sites.count) sites: \(agreement.images) images of \(agreement.shape), \(agreement.classNames.count) "
          + "classes, \(agreement.shards) shards")
      display.note("agreement  \(folder)/\(SiteAgreement.fileName)")
      return
    }
    if options.leastImages != nil {
      throw UserError(description: "--least-images is for joining counts", code: 2)
    }
    let manifest = try SiteShards.joined(try options.join.map { try SiteShards(path: $0) })
    try AtomicFile.write(manifest.encoded(), to: "\(folder)/\(ShardManifest.fileName)")
    display.note("\(manifest.name): \(manifest.images) images in \(manifest.shards.count) shards")
    display.note("shards  \(folder)")
  }

  /// The fraction held out for validation, parts per million.
  private var share: Int { Int(((command.validation ?? 0.1) * 1_000_000).rounded()) }

  /// Reads and divides a site's images.
  private func read(
    _ options: FolderOptions, _ seed: UInt64, _ share: Int, _ display: ProgressDisplay
  ) throws -> (SiteImages, LearningImages, RunOrigin) {
    let origin = RunOrigin(
      data: command.data ?? "", plan: "", seed: seed, validation: share, folder: options,
      imageOption: command.images.given.first, limit: command.limit, command: "",
      table: command.table.columns)
    let loaded = try LearningImages(
      origin, python: command.python.python, threads: command.threads.count,
      budget: TrainingPlan.named("quick").cacheBudget, display: display, isOfSite: true)
    let parts = try LearningParts(
      of: loaded.images, validation: loaded.validation, validationShare: share, balance: false, seed: seed,
      isOfSite: true)
    loaded.warnOfParts(parts.validation, of: parts.images, share: share)
    return (SiteImages(parts.images, training: parts.training, judging: parts.validation), loaded, origin)
  }
}
