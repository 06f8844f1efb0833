// `tally train`: from images and a plan to a model, a report, a log and a checkpoint.

import ArgumentParser
import BinaryNetworks
import Foundation
import ImageData
import Plumbing
import TrainingPlans

/// Trains a model.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a model, layer by layer.",
    discussion: """
      Writes RUN/model.tally, RUN/report.html, RUN/log.jsonl and, during training,
      RUN/checkpoint/. The model is the same, byte for byte, with any number of
      threads and on any machine. A training that is in RUN already is replaced
      only with --force.

        tally train --data fashion-mnist
        tally train --data fashion-mnist --plan standard --out run/
        tally train --data images/ --set layers.0.filters=256 --out run/
        tally train --data photos/ --size 48 --out run/
        tally train --data set.parquet --image image --label label --out run/
        tally train --resume run/
        tally train --data shards/ --engine spark --master URL --out run/

      A folder of images has a sub-folder of PNG, JPEG or WebP files for each class.
      The class folders may also sit inside train/, val/ and test/. Without test/,
      some images are held out for testing; tally evaluate finds the same ones again.
      """)

  @Option(name: .long, help: dataHelp, completion: .file(), transform: namedData)
  var data: String?

  @Option(
    name: .long, help: "A named plan (see tally plans) or a plan file (default: quick).", completion: .file(),
    transform: namedPath)
  var plan: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder to write into (default: run-1, or the first of run-2, run-3, ... that is free).",
      valueName: "run"), completion: .directory, transform: namedPath)
  var out: String?

  @Flag(
    name: .long,
    help:
      "Replace a training that is in --out already. Its model, report and log stay until the new ones are complete."
  )
  var force = false

  @Option(
    name: .long, help: ArgumentHelp("Continue the training in this folder.", valueName: "run"),
    completion: .directory, transform: namedPath)
  var resume: String?

  @Flag(
    name: .long,
    help: "With --resume: start the Python and the worker, with the Spark settings, that the folder names.")
  var trust = false

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Fraction of the training images held out for validation, 0 to 0.9 (default: 0.1).",
      valueName: "fraction"))
  var validation: Double?

  @Option(name: .long, parsing: .unconditional, help: "Seed of all randomness (default: 1).")
  var seed: UInt64?

  @Option(name: .long, parsing: .unconditional, help: "Use only the first N training images.")
  var limit: Int?

  @OptionGroup var images: ImageOptions

  @OptionGroup var table: TableOptions

  @Flag(name: .long, help: "Train on rare classes as often as on frequent ones (--set balance=true).")
  var balance = false

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a setting of the plan; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @OptionGroup var threads: ThreadOption

  @OptionGroup var engine: EngineOptions

  @Flag(name: .long, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if resume != nil {
      let others: [(String, Bool)] =
        [
          ("--data", data != nil), ("--plan", plan != nil), ("--out", out != nil),
          ("--validation", validation != nil),
          ("--seed", seed != nil), ("--limit", limit != nil), ("--set", !settings.isEmpty),
          ("--balance", balance), ("--force", force), ("--image", table.image != nil),
          ("--label", table.label != nil),
        ] + images.given.map { ($0, true) }
      if let other = others.first(where: \.1) {
        throw ValidationError("--resume takes everything from the run's checkpoint; leave out \(other.0).")
      }
      return
    }
    if trust { throw ValidationError("--trust is for --resume.") }
    if let validation, !(0...0.9).contains(validation) {
      throw ValidationError("--validation must be in 0...0.9.")
    }
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  func run() throws {
    try checkKernels()
    if let resume { try goOn(RunFolder(resume)) } else { try start() }
  }

  private func start() throws {
    // Not in `validate`, so that a mistyped --data is named as what it is.
    if data == nil {
      throw UserError(
        description: "Name the data: --data fashion-mnist, or --data FOLDER; see: tally train --help", code: 2
      )
    }
    let origin = try begin()
    let (folder, owned) = try takePlace(origin)
    defer { owned.release() }
    var session = TrainingSession(folder: folder, origin: origin, threads: threads.count, quiet: quiet)
    session.python = engine.python
    if out == nil { session.opening = "writing into \(folder.path)/" }
    try session.run(resuming: false, onBegin: owned.settle)
  }

  /// The folder to write into, which nobody else then writes into.
  private func takePlace(_ origin: RunOrigin) throws -> (RunFolder, OwnedFolder) {
    if let out, absolute(out) == origin.data {
      throw UserError(
        description: "--out \(out) is the folder of the images; name another, as in --out run", code: 2)
    }
    while true {
      let folder = out.map { RunFolder($0) } ?? RunFolder.firstFree()
      try folder.checkPlace()
      do {
        return (folder, try folder.take(beginning: origin, force: force))
      } catch let error as UserError {
        // Between the look and the grip another training may have taken the name.
        guard out == nil, folder.isThere(folder.path) else { throw error }
      }
    }
  }

  private func goOn(_ folder: RunFolder) throws {
    let owned = try folder.takeBegun()
    defer { owned.release() }
    var origin = try folder.readOrigin()
    if let other = engine.engine {
      origin.engine = try engine.settings(other)
    } else if let programs = origin.engine?.programs, !programs.isEmpty, !trust {
      throw UserError(
        description: "\(folder.origin) names programs or settings to start them with "
          + "(\(programs.joined(separator: ", "))); if you trust it add --trust, or give --engine yourself")
    }
    var session = TrainingSession(folder: folder, origin: origin, threads: threads.count, quiet: quiet)
    session.python = engine.python
    try engine.checkPython(for: origin)
    try session.run(resuming: true)
  }

  /// What the arguments say, checked before anything is written.
  private func begin() throws -> RunOrigin {
    let plan = try loadPlan(self.plan ?? "quick").setting((balance ? ["balance=true"] : []) + settings)
    let engine = try engine.settings(engine.engine ?? .local)
    let path = absolute(data ?? "")
    let isSharded = engine != nil || ShardFolder.isThere(path)
    let decided =
      [
        ("--validation", validation != nil), ("--limit", limit != nil), ("--image", table.image != nil),
        ("--label", table.label != nil),
      ] + images.given.map { ($0, true) }
    if isSharded, let option = decided.first(where: \.1) {
      throw UserError(
        description: "\(option.0) is for tally shard; it cannot change shards that are already written",
        code: 2)
    }
    let origin = RunOrigin(
      data: path, plan: plan.json(), seed: seed ?? 1,
      validation: Int(((validation ?? 0.1) * 1_000_000).rounded()),
      folder: images.options(seed: seed ?? 1), imageOption: images.given.first, limit: limit,
      command: (["tally"] + CommandLine.arguments.dropFirst()).joined(separator: " "),
      engine: engine, takesSeed: isSharded && seed == nil ? true : nil, table: table.columns)
    try self.engine.checkPython(for: origin)
    return origin
  }

}

/// Paths are kept whole, so that a resumed training finds them from any folder.
func absolute(_ data: String) -> String {
  data.split(separator: ",", omittingEmptySubsequences: false).map { part in
    let path = String(part)
    guard FileKind(path: path) != .missing else { return path }
    // Foundation knows no names but UTF-8.
    if FileName.isUTF8(path) { return URL(fileURLWithPath: path).path }
    return path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
  }.joined(separator: ",")
}

/// A named plan, or the plan in a file.
func loadPlan(_ name: String) throws -> TrainingPlan {
  if TrainingPlan.names.contains(name) { return try TrainingPlan.named(name) }
  guard FileKind(path: name) != .missing else {
    if !name.contains("/"), !name.contains(".") { return try TrainingPlan.named(name) }
    throw UserError(
      description:
        "\(name): no such plan file; named plans are \(TrainingPlan.names.joined(separator: ", "))", code: 2)
  }
  return try TrainingPlan(json: readFile(name, limit: 1 << 20), path: name)
}
