// The folder a training writes into: model, report, log, checkpoint, and what is needed to go on.

import BitTensors
import Foundation
import LayerwiseTraining

/// What `--resume` needs to know beside the checkpoint.
struct RunOrigin: Codable {
  /// The `--data` argument, folders as absolute paths.
  var data: String
  /// The plan's JSON text.
  var plan: String
  var seed: UInt64
  /// Share kept for validation, parts per million.
  var validation: Int
  /// `--limit`, if given.
  var limit: Int?
  /// The command line that began the training.
  var command: String
}

/// Names of the files of a run.
struct RunFolder {
  let path: String
  var model: String { path + "/model.tally" }
  var report: String { path + "/report.html" }
  var log: String { path + "/log.jsonl" }
  var checkpointFolder: String { path + "/checkpoint" }
  var checkpoint: String { checkpointFolder + "/state.tally" }
  var origin: String { checkpointFolder + "/origin.json" }

  /// The folder at a path, with or without a slash at its end.
  init(_ path: String) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  /// Makes the folder and forgets an earlier run's files in it.
  func prepare(_ origin: RunOrigin) throws {
    do {
      try FileManager.default.createDirectory(atPath: checkpointFolder, withIntermediateDirectories: true)
    } catch {
      throw UserError(description: "cannot make the folder \(path): \(reason(error)); choose another --out")
    }
    for old in [checkpoint, model, report, log] where FileManager.default.fileExists(atPath: old) {
      do {
        try FileManager.default.removeItem(atPath: old)
      } catch {
        throw UserError(description: "cannot replace \(old): \(reason(error)); choose another --out")
      }
    }
    try AtomicFile.write(Array(jsonText(origin).utf8), to: self.origin)
  }

  /// What the run was begun with.
  func readOrigin() throws -> RunOrigin {
    let bytes = try readFile(origin, limit: 1 << 24)
    guard let origin = try? JSONDecoder().decode(RunOrigin.self, from: Data(bytes)) else {
      throw UserError(description: "\(self.origin) is damaged; start again without --resume")
    }
    return origin
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

  /// The system's words for why a file could not be made or removed.
  private func reason(_ error: any Error) -> String {
    if let posix = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError, posix.domain == NSPOSIXErrorDomain {
      return POSIXError.message(Int32(posix.code))
    }
    return (error as NSError).localizedDescription
  }
}

extension POSIXError {
  /// The system's words for an error number.
  fileprivate static func message(_ number: Int32) -> String {
    // SAFETY: strerror gives a terminated string, copied at once.
    unsafe String(cString: strerror(number))
  }
}
