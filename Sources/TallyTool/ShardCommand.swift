// `tally shard`: a data set cut into self-contained files, for trainings on many machines.

import ArgumentParser
import Foundation
import ImageData
import LayerwiseTraining
import Plumbing
import TrainingPlans

/// Where shards are made.
enum ShardEngine: String, ExpressibleByArgument, CaseIterable {
  /// In this process.
  case local
  /// On the executors of Apache Spark.
  case spark
}

/// Writes shards.
struct ShardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shard", abstract: "Cut a data set into shard files for training on many machines.",
    discussion: """
      Writes DIR/part-00000.tshard and so on, each with its images, labels and a
      checksum, and DIR/tally-shards.json, which describes them. Choose the seed,
      the validation fraction and --balance here. Training on the folder gives
      byte for byte the model that --set shards=N gives on the data itself.

        tally shard --data fashion-mnist --shards 64 --out shards/
        tally train --data shards/ --out run/
        tally train --data shards/ --engine spark --master URL --out run/

      The folder can be copied to any file system that Spark reads.

      With --engine spark executors read the images, class folders or Parquet files,
      and write the same shards; SOURCE and DIR are on a file system that all
      machines see, a path or an address (hdfs://, s3a://):

        tally shard --engine spark --master URL --data SOURCE --shards 64 --out DIR

      Sites that share no images count them first, agree on shape and classes, and
      then each write their own shards; what is joined has none of the images:

        tally shard --data images/ --site NAME --count --shards 2 --out NAME/
        tally shard --join */tally-counts.json --out joined/
        tally shard --data images/ --site NAME --agreement FILE --out NAME/
        tally shard --join */tally-site.json --out joined/
      """)

  @Option(name: .long, help: dataHelp, transform: namedData)
  var data: String?

  @Option(name: .long, help: "Number of shards; with --site, those of this site.")
  var shards: Int?

  @OptionGroup var sites: SiteOptions

  @Option(
    name: .long, help: ArgumentHelp("Folder to write into.", valueName: "dir"), transform: namedPath)
  var out: String

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Fraction of the images held out for validation, 0 to 0.9 (default: 0.1).", valueName: "fraction"))
  var validation: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: "Seed of the validation part, and default seed of training (default: 1).")
  var seed: UInt64?

  /// The seed that is taken.
  var drawing: UInt64 { seed ?? 1 }

  @Option(name: .long, parsing: .unconditional, help: "Use only the first N training images.")
  var limit: Int?

  @OptionGroup var images: ImageOptions

  @OptionGroup var table: TableOptions

  @Option(
    name: .long,
    help: "Where shards are made: local (this process), or spark (default: local). The shards are the same.")
  var engine: ShardEngine?

  @OptionGroup var spark: SparkOptions
  @OptionGroup var python: TablePython

  @Flag(name: .long, help: "Repeat images of rare classes until all classes have the same number.")
  var balance = false

  @OptionGroup var threads: ThreadOption

  @Flag(name: .long, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if let validation, !(0...0.9).contains(validation) {
      throw ValidationError("--validation must be in 0...0.9.")
    }
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    if let shards, !(1...ShardManifest.mostShards).contains(shards) {
      throw ValidationError("--shards must be in 1...\(ShardManifest.mostShards).")
    }
    try sites.check(self)
    if engine != .spark, let option = spark.given.first {
      throw ValidationError("\(option) is for --engine spark.")
    }
    guard engine == .spark else { return }
    if sites.site != nil || !sites.join.isEmpty {
      throw ValidationError("--engine spark reads all images; sites share none. Leave it out.")
    }
    if threads.threads != nil {
      throw ValidationError("--threads is for this process; with --engine spark give --worker-threads.")
    }
  }

  func run() throws {
    if let work = sites.work(for: self) { return try work.run() }
    guard let data, let shards else { return }
    let display = ProgressDisplay(quiet: quiet)
    let origin = RunOrigin(
      data: data, plan: "", seed: drawing, validation: Int(((validation ?? 0.1) * 1_000_000).rounded()),
      folder: images.options(seed: drawing), imageOption: images.given.first, limit: limit, command: "",
      table: table.columns)
    if engine == .spark { return try SparkShards(self, origin, shards: shards, display).run() }
    let folder = RunFolder(out)
    try folder.checkPlace()
    let owned = try OwnedFolder(folder.path, RunOwner(), remedy: "wait for its end, or choose another --out")
    defer { owned.release() }
    let loaded = try LearningImages(
      origin, python: python.python, threads: threads.count, budget: TrainingPlan.named("quick").cacheBudget,
      display: display)
    let parts = try divide(loaded, origin, shards: shards)
    var bytes = 0
    try ShardFolder.write(
      parts.images, training: parts.training, judging: parts.validation, shards: shards, digest: parts.digest,
      to: folder.path, name: loaded.name, seed: drawing, validationShare: origin.validation, balance: balance,
      distinctImages: parts.distinctImages, folder: loaded.folder, onFile: { bytes += $0.bytes })
    say(loaded.name, parts, bytes: bytes, folder.path, display)
  }

  /// Divides images into those to learn from and those for validation.
  /// - Throws: `UserError` where there are fewer images than shards.
  func divide(_ loaded: LearningImages, _ origin: RunOrigin, shards: Int) throws -> LearningParts {
    let parts = try LearningParts(
      of: loaded.images, validation: loaded.validation, validationShare: origin.validation, balance: balance,
      seed: drawing)
    loaded.warnOfParts(parts.validation, of: parts.images, share: origin.validation)
    guard shards <= parts.training.count else {
      throw UserError(
        description: "--shards \(shards): there are only \(parts.training.count) training images",
        code: 2)
    }
    return parts
  }

  /// Says what was written.
  func say(_ name: String, _ parts: LearningParts, bytes: Int, _ place: String, _ display: ProgressDisplay) {
    display.note(
      "\(name): \(parts.training.count) training and \(parts.validation.count) validation images in "
        + "\(counted(shards ?? 0, "shard")), \(bytes) bytes")
    display.note("shards  \(place)")
  }
}
