// The folder a training writes into: model, report, log, checkpoint, and what is needed to go on.

import Foundation
import ImageData
import LayerwiseTraining
import Plumbing
import TrainingPlans

/// What `--resume` needs besides the checkpoint.
struct RunOrigin: Codable {
  /// The `--data` argument, folders as absolute paths.
  var data: String
  /// The plan's JSON text.
  var plan: String
  var seed: UInt64
  /// Fraction held out for validation, parts per million.
  var validation: Int
  /// Choices for images in class folders; nil in runs from before there were any.
  var folder: FolderOptions?
  /// One of the options that only image files can follow, if one was given.
  var imageOption: String?
  /// `--limit`, if given.
  var limit: Int?
  /// The command line that began the training.
  var command: String
  /// Where rounds run, unless in this process.
  var engine: EngineSettings?
  /// Whether the seed is still to be taken from the shards.
  var takesSeed: Bool?

  /// Takes over what a folder of shards decides.
  /// - Throws: `UserError` when the plan asks for something else.
  mutating func take(_ manifest: ShardManifest, plan: TrainingPlan) throws {
    if plan.shards != 1, plan.shards != manifest.shards.count {
      throw UserError(
        description:
          "the plan asks for \(plan.shards) shards but \(data) has \(manifest.shards.count); leave out "
          + "the setting, or write the shards again with tally shard", code: 2)
    }
    if plan.balance, !manifest.balance {
      throw UserError(
        description:
          "\(data) was written without --balance; leave it out here, or write the shards again with it",
        code: 2)
    }
    if takesSeed == true { (seed, takesSeed) = (manifest.seed, nil) }
  }
}

/// Names of the files of a run.
struct RunFolder {
  let path: String
  var model: String { path + "/model.tally" }
  var report: String { path + "/report.html" }
  var log: String { path + "/log.jsonl" }
  var engineLog: String { path + "/engine.log" }
  var checkpointFolder: String { path + "/checkpoint" }
  var checkpoint: String { checkpointFolder + "/state.tally" }
  var origin: String { checkpointFolder + "/origin.json" }

  /// The folder at a path, with or without a slash at its end.
  init(_ path: String) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  /// Checks that the folder is there or can be made, before images are read for minutes; nothing is written.
  func checkPlace() throws {
    var place = path
    while FileKind(path: place) == .missing {
      guard let slash = place.lastIndex(of: "/") else { return try checkPlace(".") }
      place = slash == place.startIndex ? "/" : String(place[..<slash])
    }
    try checkPlace(place)
  }

  private func checkPlace(_ place: String) throws {
    guard FileKind(path: place) == .folder else {
      throw UserError(
        description: "cannot create the folder \(place): a file has that name; choose another --out")
    }
    // SAFETY: the C string lives for the call.
    guard unsafe access(place, W_OK | X_OK) != 0 else { return }
    let number = errno
    throw UserError(
      description: place == path
        ? "cannot write into the folder \(path): \(message(number)); choose another --out"
        : "cannot create the folder \(path): \(message(number)); choose another --out")
  }

  /// Makes the folder and forgets an earlier run's files in it.
  func prepare(_ origin: RunOrigin) throws {
    try makeFolders(checkpointFolder)
    sweep()
    // The checkpoint goes first: without it nothing of the earlier run can be taken for this one's.
    let files = [checkpoint, model, report, log]
    if let folder = (files + [self.origin]).first(where: { FileKind(path: $0) == .folder }) {
      throw UserError(description: "cannot replace \(folder): it is a folder; choose another --out")
    }
    for old in files {
      // SAFETY: the C string lives for the call.
      guard unsafe unlink(old) != 0, errno != ENOENT else { continue }
      throw UserError(description: "cannot replace \(old): \(message(errno)); choose another --out")
    }
    try AtomicFile.write(Array(jsonText(origin).utf8), to: self.origin)
  }

  /// Removes unfinished files that a killed process left behind.
  func sweep() {
    for folder in [path, checkpointFolder] {
      for name in (try? listFolder(folder)) ?? [] where name.hasPrefix(".tally-") && name.hasSuffix(".tmp") {
        try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      }
    }
  }

  /// What the run was begun with.
  func readOrigin() throws -> RunOrigin {
    guard FileKind(path: origin) != .missing else {
      throw UserError(
        description:
          "\(origin): no such file, so there is no training to resume in \(path); start one with "
          + "tally train --data SET --out RUN")
    }
    let bytes = try readFile(origin, limit: 1 << 24)
    guard let origin = try? JSONDecoder().decode(RunOrigin.self, from: Data(bytes)),
      (0...900_000).contains(origin.validation), origin.limit.map({ $0 >= 1 }) ?? true
    else {
      throw UserError(description: "\(self.origin) is damaged; start again without --resume")
    }
    return origin
  }

  /// The path as it is typed into a shell.
  var shellPath: String {
    let plain = path.allSatisfy { $0.isLetter || $0.isNumber || "/._-+=:,@%".contains($0) }
    return plain && !path.isEmpty ? path : "'" + path.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }

  /// The checkpoint, or nil if none was written yet.
  func readCheckpoint() throws -> Checkpoint? {
    guard FileManager.default.fileExists(atPath: checkpoint) else { return nil }
    do {
      return try Checkpoint(encoded: readFile(checkpoint, limit: 1 << 34))
    } catch let error as CheckpointError {
      throw UserError(description: "\(checkpoint): \(error)")
    }
  }

  /// Makes a folder and those it lies in.
  func makeFolders(_ folder: String) throws {
    if FileKind(path: folder) == .folder { return }
    if let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
      try makeFolders(String(folder[..<slash]))
    }
    // SAFETY: the C string lives for the call.
    if unsafe mkdir(folder, 0o777) == 0 { return }
    let number = errno
    if number == EEXIST, FileKind(path: folder) == .folder { return }
    throw UserError(
      description: "cannot create the folder \(folder): \(message(number)); choose another --out")
  }

  /// The system's words for an error number.
  private func message(_ number: Int32) -> String {
    // SAFETY: strerror gives a terminated string, copied at once.
    unsafe String(cString: strerror(number))
  }
}
