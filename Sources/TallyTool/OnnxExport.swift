// `tally export --format onnx`: the Python package builds the graph, and is started here.

import ArgumentParser
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
    let package = PythonPackage(
      module: "tally.onnx", package: "the package tally-classifier[onnx]", place: "'./python[onnx]'",
      purpose: "--format onnx")
    try say(package.run(["--out=\(out)"] + (force ? ["--force"] : []) + ["--", file], python: onnx.python))
  }
}
