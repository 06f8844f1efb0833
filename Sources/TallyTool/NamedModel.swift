// The model that a command is given: by its file, or by the run folder that it is in.

import ArgumentParser
import BinaryNetworks
import ImageData
import Plumbing

/// The argument that names a model.
struct ModelArgument: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A run folder, or a model file.", valueName: "run"), completion: .file(),
    transform: namedPath)
  var path: String

  /// Reads the model.
  func read() throws -> NamedModel { try NamedModel(path) }
}

/// A model, its file and the folder of its training.
struct NamedModel {
  let model: Model
  /// The model's file.
  let file: String
  /// The run folder that the file is in; nil for a file elsewhere.
  let run: RunFolder?

  /// Reads the model of a run folder, or a model file.
  /// - Throws: `UserError` for a folder without a model; `ModelFileError` for a file that is none.
  init(_ path: String) throws {
    let folder = FileKind(path: path) == .folder ? RunFolder(path) : Self.run(ofModel: path)
    file = FileKind(path: path) == .folder ? RunFolder(path).results.model : path
    run = folder
    if let folder, !folder.isThere(folder.results.model) { throw folder.lacksModel() }
    if ImageFile.isImageName(file), FileKind(path: file) == .file {
      throw UserError(
        description:
          "\(file): a picture, where the model is expected; name the run folder or model file first, then "
          + "the picture", code: 2)
    }
    model = try Model.read(path: file)
  }

  /// The run folder that a model's file is in; nil where it is not called as a run's, or nothing was trained there.
  private static func run(ofModel path: String) -> RunFolder? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.last == "model.tally" else { return nil }
    let parent = parts.dropLast().joined(separator: "/")
    let folder = RunFolder(parts.count == 1 ? "." : parent.isEmpty ? "/" : parent)
    return folder.isThere(folder.origin) && folder.isThere(path) ? folder : nil
  }
}

extension RunFolder {
  /// What to say of a folder without a model.
  fileprivate func lacksModel() -> UserError {
    if isThere(origin) {
      return UserError(
        description: "\(path): its training is not finished, so there is no model yet; continue it with: "
          + "tally train --resume \(shellPath)")
    }
    return UserError(
      description: "\(path): no model.tally in this folder; name a run folder (--out of tally train) or a "
        + "model file")
  }
}
