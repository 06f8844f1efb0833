// `tally export --format onnx`: the Python package builds the graph, and is started here.

import ArgumentParser
import Foundation
import Plumbing

/// What the export of ONNX graphs can be told.
struct OnnxOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Python that has the package tally-classifier[onnx], for --format onnx (default: python3).",
      valueName: "path"),
    transform: namedPath)
  var python: String?
}

extension ExportCommand {
  /// Has the Python package write the graph of a model.
  /// - Throws: `UserError` with what the package said, or what to install.
  func exportOnnx() throws {
    guard let out else { return }
    let file = try model.read().file
    for path in [out, file] where !FileName.isUTF8(path) {
      throw UserError(description: "\(path): Python is given no names but UTF-8; rename it")
    }
    let python = onnx.python ?? EngineSettings.defaultPython
    let command = [python, "-m", "tally.onnx", "--out=\(out)"] + (force ? ["--force"] : []) + ["--", file]
    let (code, said): (Int32, String)
    do {
      // Without the setting Python would take modules from the current folder.
      (code, said) = try OtherProgram.run(
        command, environment: ["PYTHONSAFEPATH": "1"], takesErrors: true)
    } catch {
      throw UserError(description: "cannot start \(python): \(error)")
    }
    let last = said.split(separator: "\n").last.map(String.init) ?? ""
    switch code {
    case 0: try say(last)
    case 127:
      throw UserError(
        description:
          "--format onnx needs Python, but there is no \(python); install it (apt-get install python3 python3-venv), "
          + "or name one with --python")
    case _ where last.contains("No module named"):
      throw UserError(
        description:
          "\(python) has no package tally-classifier[onnx]; install it in a clone of Tally with: "
          + "\(python) -m pip install './python[onnx]', or name another Python with --python")
    default:
      let reason = last.hasPrefix("error: ") ? String(last.dropFirst("error: ".count)) : last
      throw UserError(
        description: reason.isEmpty ? "\(python) -m tally.onnx failed with exit code \(code)" : reason)
    }
  }
}
