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
      threads and on any machine.

        tally train --data fashion-mnist --plan quick --out run/
        tally train --data images/ --set layers.0.filters=256 --out run/
        tally train --data photos/ --size 48 --out run/
        tally train --resume run/
        tally train --data shards/ --engine spark --master URL --out run/

      A folder of images has a sub-folder of PNG or JPEG files for each class. The
      class folders may also sit inside train/, val/ and test/. Without test/, some
      images are held out for testing; tally evaluate finds the same ones again.
      """)

  @Option(name: .long, help: dataHelp, completion: .file())
  var data: String?

  @Option(
    name: .long, help: "A named plan (see tally plans) or a plan file (default: quick).", completion: .file())
  var plan: String?

  @Option(
    name: .long, help: ArgumentHelp("Folder to write into.", valueName: "run"), completion: .directory)
  var out: String?

  @Option(
    name: .long, help: ArgumentHelp("Continue the training in this folder.", valueName: "run"),
    completion: .directory)
  var resume: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Fraction of the training images held out for validation, 0 to 0.9 (default: 0.1).",
      valueName: "fraction"))
  var validation: Double?

  @Option(name: .long, help: "Seed of all randomness (default: 1).")
  var seed: UInt64?

  @Option(name: .long, help: "Use only the first N training images.")
  var limit: Int?

  @OptionGroup var images: ImageOptions

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
          ("--balance", balance),
        ] + images.given.map { ($0, true) }
      if let other = others.first(where: \.1) {
        throw ValidationError("--resume takes everything from the run's checkpoint; leave out \(other.0).")
      }
      return
    }
    if data == nil { throw ValidationError("Name the data: --data fashion-mnist, or --data FOLDER.") }
    if out == nil { throw ValidationError("Name a folder to write into: --out run/") }
    if let validation, !(0...0.9).contains(validation) {
      throw ValidationError("--validation must be in 0...0.9.")
    }
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  func run() throws {
    try checkKernels()
    let folder = RunFolder(resume ?? out ?? "run")
    var origin = try resume == nil ? begin(folder) : folder.readOrigin()
    if resume != nil, let other = engine.engine { origin.engine = try engine.settings(other) }
    var session = TrainingSession(folder: folder, origin: origin, threads: threads.count, quiet: quiet)
    try session.run(resuming: resume != nil)
  }

  /// What the arguments say, checked before anything is written.
  private func begin(_ folder: RunFolder) throws -> RunOrigin {
    let plan = try loadPlan(self.plan ?? "quick").setting((balance ? ["balance=true"] : []) + settings)
    let engine = try engine.settings(engine.engine ?? .local)
    let path = absolute(data ?? "")
    let isSharded = engine != nil || ShardFolder.isThere(path)
    let decided =
      [("--validation", validation != nil), ("--limit", limit != nil)] + images.given.map { ($0, true) }
    if isSharded, let option = decided.first(where: \.1) {
      throw UserError(
        description: "\(option.0) is for tally shard; it cannot change shards that are already written",
        code: 2)
    }
    return RunOrigin(
      data: path, plan: plan.json(), seed: seed ?? 1,
      validation: Int(((validation ?? 0.1) * 1_000_000).rounded()),
      folder: images.options(seed: seed ?? 1), imageOption: images.given.first, limit: limit,
      command: (["tally"] + CommandLine.arguments.dropFirst()).joined(separator: " "),
      engine: engine, takesSeed: isSharded && seed == nil ? true : nil)
  }

}

/// Paths are kept whole, so that a resumed training finds them from any folder.
func absolute(_ data: String) -> String {
  data.split(separator: ",", omittingEmptySubsequences: false).map { part in
    let path = String(part)
    return FileManager.default.fileExists(atPath: path) ? URL(fileURLWithPath: path).path : path
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
