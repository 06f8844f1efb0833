// What the tool has Python do: a module of a package is run, and what fails is said in a line.

import Foundation

/// A module of a Python package that comes with Tally.
struct PythonPackage {
  /// The module that is run, as `python -m` takes it.
  let module: String
  /// The package in pip's words, and what pip is given in a clone of Tally to install it.
  let package, place: String
  /// What it is needed for, at the beginning of a line.
  let purpose: String

  /// Runs the module to its end.
  /// - Returns: the last line that it said.
  /// - Throws: `UserError` with what the module said, or what to install.
  func run(_ arguments: [String], python: String?) throws -> String {
    let python = python ?? EngineSettings.defaultPython
    let (code, said): (Int32, String)
    do {
      // Without the setting Python would take modules from the current folder.
      (code, said) = try OtherProgram.run(
        [python, "-m", module] + arguments, environment: ["PYTHONSAFEPATH": "1"], takesErrors: true)
    } catch {
      throw UserError(description: "cannot start \(python): \(error)")
    }
    let last = said.split(separator: "\n").last.map(String.init) ?? ""
    switch code {
    case 0: return last
    case 127:
      throw UserError(
        description:
          "\(purpose) needs Python, but there is no \(python); install it (apt-get install python3 python3-venv), "
          + "or name one with --python")
    case _ where last.contains("No module named"):
      throw UserError(
        description:
          "\(purpose) needs \(package), which \(python) does not have; install it in a clone of Tally with: "
          + "\(python) -m pip install \(place), or name another Python with --python")
    default:
      let reason = last.hasPrefix("error: ") ? String(last.dropFirst("error: ".count)) : last
      throw UserError(
        description: reason.isEmpty ? "\(python) -m \(module) failed with exit code \(code)" : reason)
    }
  }
}
