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
    let (code, said) = try Self.run(command)
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

  /// Runs a command to its end: its exit code, and what it said on either stream.
  private static func run(_ command: [String]) throws -> (code: Int32, said: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    // Without it Python would take modules from the current folder.
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONSAFEPATH": "1"]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    do { try process.run() } catch {
      throw UserError(description: "cannot start \(command[0]): \(error)")
    }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
