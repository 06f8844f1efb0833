// The folder a training writes into: model, report, log, checkpoint, and what is needed to go on.
// In which order its files come and go is said in RunFolder+Steps.swift.

import Foundation
import LayerwiseTraining
import Plumbing

/// Names of the files of a run.
struct RunFolder {
  let path: String
  var engineLog: String { path + "/engine.log" }
  var checkpointFolder: String { path + "/checkpoint" }
  var checkpoint: String { checkpointFolder + "/state.tally" }
  var origin: String { checkpointFolder + "/origin.json" }

  /// The files that a training gives.
  struct Results {
    let folder: String
    var model: String { folder + "/model.tally" }
    var report: String { folder + "/report.html" }
    var log: String { folder + "/log.jsonl" }
    var all: [String] { [model, report, log] }
  }

  /// Where results are when all is done.
  var results: Results { Results(folder: path) }
  /// Where they are made while those of an earlier training are still in their place.
  var staged: Results { Results(folder: checkpointFolder) }

  /// The folder at a path, with or without a slash at its end.
  init(_ path: String) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  /// The first of run-1, run-2, ... in the current folder that is not there.
  static func firstFree() -> RunFolder {
    var number = 1
    while FileKind(path: "run-\(number)") != .missing { number += 1 }
    return RunFolder("run-\(number)")
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
    guard try unsafe FileName.withPath(place, { unsafe access($0, W_OK | X_OK) }) != 0 else { return }
    let words = systemWords(errno)
    throw UserError(
      description: place == path
        ? "cannot write into the folder \(path): \(words); choose another --out"
        : "cannot create the folder \(path): \(words); choose another --out")
  }

  /// Makes this process the one that writes here, for a training that is to begin.
  /// - Throws: `UserError` naming the other one, if there is one, or what would be lost.
  func take(beginning origin: RunOrigin, force: Bool) throws -> OwnedFolder {
    try OwnedFolder(path, RunOwner(beginning: origin.run), remedy: Self.remedy) { _ in
      try checkVacancy(force: force)
    }
  }

  /// Makes this process the one that writes here, for a training that was begun.
  /// - Throws: `UserError` naming the other one, if there is one, or a training that was to replace this one.
  func takeBegun() throws -> OwnedFolder {
    try requireOrigin()
    let owned = try OwnedFolder(path, RunOwner(), remedy: Self.remedy) { predecessor in
      guard let other = predecessor, let run = other.run, try run != readOrigin().run else { return }
      throw UserError(
        description:
          "a training that was to replace the one in \(path) ended before it began; run its command again "
          + "(\(other.plainCommand)), or remove \(path)/\(FolderLock.fileName) to keep the earlier training")
    }
    owned.settle()
    return owned
  }

  private static let remedy = "wait for its end, or choose another folder"

  /// Refuses a folder in which something would be lost to a new training.
  /// - Parameter force: whether the user wants it to be replaced.
  func checkVacancy(force: Bool) throws {
    let names = results.all + [checkpoint, origin]
    if let folder = names.first(where: { FileKind(path: $0) == .folder }) {
      throw UserError(description: "cannot replace \(folder): it is a folder; choose another --out")
    }
    if force { return }
    let (hasModel, hasState) = (isThere(results.model), isThere(checkpoint))
    let proceed = "continue it with tally train --resume \(shellPath), replace it with --force"
    if hasModel, hasState, (try? readOrigin())?.keepsResults == true {
      throw UserError(
        description:
          "\(path) holds a finished training and an unfinished one that is to replace it; \(proceed), "
          + "or choose another --out")
    }
    if hasModel {
      throw UserError(
        description:
          "\(path) holds a finished training (\(results.model)); replace it with --force, or choose "
          + "another --out")
    }
    if hasState {
      throw UserError(
        description: "\(path) holds an unfinished training; \(proceed), or choose another --out")
    }
    // A training that did not get as far as a checkpoint may be begun anew; nothing but its log would be lost.
    if !isThere(origin), let file = results.all.first(where: isThere) {
      throw UserError(
        description:
          "\(file) is there already, and not from a training in this folder; replace it with --force, "
          + "or choose another --out")
    }
  }

  /// Whether there is something under a path.
  func isThere(_ file: String) -> Bool { FileKind(path: file) != .missing }

  /// Refuses a folder in which no training was begun.
  func requireOrigin() throws {
    guard isThere(origin) else {
      throw UserError(
        description:
          "\(origin): no such file, so no training was begun in \(path); begin one with "
          + "tally train --data SET --out RUN")
    }
  }

  /// What the run was begun with.
  func readOrigin() throws -> RunOrigin {
    try requireOrigin()
    guard let origin = RunOrigin(encoded: try readFile(origin, limit: 1 << 24)) else {
      throw UserError(description: "\(origin) is damaged; start again with --force instead of --resume")
    }
    return origin
  }

  /// The checkpoint, or nil if none was written yet.
  func readCheckpoint() throws -> Checkpoint? {
    guard isThere(checkpoint) else { return nil }
    do {
      return try Checkpoint(encoded: readFile(checkpoint, limit: 1 << 34))
    } catch let error as CheckpointError {
      var text = "\(checkpoint): \(error)"
      if case .otherFormat = error, let version = try? readOrigin().tally {
        text += " (the training was begun with Tally \(version))"
      }
      throw UserError(description: text)
    }
  }

  /// The path as it is typed into a shell.
  var shellPath: String { path.shellQuoted }
}
