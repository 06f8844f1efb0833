// The data that a command looks at: those it was given, or those that the run folder remembers.

import BinaryNetworks
import ImageData
import Plumbing

/// A data set as it is named, and who named it.
struct DataSource {
  /// A name, a path, or paths with commas between them.
  let name: String
  /// The training that remembers it; nil for data that the command was given.
  var training: (run: RunFolder, origin: RunOrigin)?
  /// How it is read where it is in Parquet files.
  var table: TableImages

  /// Data that were given, or else those of a model's training.
  /// - Throws: `UserError` where nothing is remembered, or what is remembered is not there any more.
  init(_ given: String?, for named: NamedModel, table: TableImages = TableImages()) throws {
    self.table = table
    if let given {
      name = given
      return
    }
    guard let run = named.run, run.isThere(run.origin) else {
      throw UserError(
        description: "\(named.file): nothing is known of the data it was trained on; name some with --data",
        code: 2)
    }
    guard let origin = try? run.readOrigin() else {
      throw UserError(description: "\(run.origin) is damaged; name the data with --data")
    }
    guard origin.digest.map({ $0 == String(named.model.dataDigest, radix: 16) }) ?? true else {
      throw UserError(
        description: "\(run.path): the training it remembers is not the one that gave \(named.file); "
          + "name the data with --data")
    }
    name = origin.data
    training = (run, origin)
    self.table.columns = table.columns ?? origin.table
    if let lost = Self.lostPath(name) {
      throw UserError(
        description: "\(lost) is not there any more, but \(run.path) was trained on it; if it has moved, "
          + "say where it is now with --data")
    }
  }

  /// The first path of a data set where nothing is; nil if all are there, or the set is known by name.
  private static func lostPath(_ name: String) -> String? {
    if DatasetLocator.knownNames.contains(name) || FileKind(path: name) != .missing { return nil }
    return name.split(separator: ",").map(String.init).first { FileKind(path: $0) == .missing }
  }

  /// What to say of remembered data that are no longer those of the training.
  func changed() -> UserError {
    UserError(
      description: "\(name) has changed since \(training?.run.path ?? "the model") was trained on it; "
        + "to look at it as it is now, name it with --data")
  }
}
