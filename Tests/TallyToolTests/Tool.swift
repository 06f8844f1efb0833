// Running the built `tally` as a user does: a process with arguments, an environment, streams and a time limit.
// What the tests expect of it is in Expectations.swift.

import Foundation
import Plumbing
import Testing
import _TestSupport

/// How a process ended.
struct Outcome {
  /// The exit code; 128 + n for a process ended by signal n.
  let code: Int32
  let output: String
  let errors: String
}

/// The tool beside the test bundle.
enum Tool {
  /// Folder of the build products.
  private static let products: URL = {
    for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
      return bundle.bundleURL.deletingLastPathComponent()
    }
    return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
  }()

  /// The executable.
  static let path = products.appendingPathComponent("tally").path

  /// Seconds after which a process counts as hung and is killed; far more than any of them needs.
  static let patience = 1000.0

  /// Runs the tool to its end.
  @discardableResult
  static func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Outcome {
    try RunningProcess(path, arguments, environment).wait()
  }

  /// Runs a shell script to its end; `$TALLY` is the tool.
  static func shell(_ script: String, _ environment: [String: String] = [:]) throws -> Outcome {
    try RunningProcess("/bin/sh", ["-c", script], environment).wait()
  }

  /// Whether a program is there.
  static func hasProgram(_ name: String) -> Bool {
    ["/usr/bin/", "/bin/", "/sbin/", "/usr/sbin/"].contains { FileKind(path: $0 + name) == .file }
  }
}

/// A process at work.
final class RunningProcess {
  private let process = Process()
  private let ended = DispatchSemaphore(value: 0)
  private let folder: TemporaryFolder

  /// Starts a program.
  init(_ path: String, _ arguments: [String], _ environment: [String: String] = [:]) throws {
    folder = try TemporaryFolder()
    var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TALLY_") }
    variables["COLUMNS"] = nil
    variables["TALLY"] = Tool.path
    variables.merge(environment, uniquingKeysWith: { $1 })
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = variables
    process.currentDirectoryURL = folder.url
    process.standardInput = FileHandle.nullDevice
    // Files, not pipes: nothing here has to keep reading.
    for name in ["out", "err"] { try folder.write([], to: name) }
    let streams = try ["out", "err"].map {
      try FileHandle(forWritingTo: folder.url.appendingPathComponent($0))
    }
    (process.standardOutput, process.standardError) = (streams[0], streams[1])
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
    // The process has its own; Foundation keeps these open long after its end, and thousands are more than it can watch.
    for stream in streams { try stream.close() }
  }

  /// Its number.
  var pid: Int32 { process.processIdentifier }

  /// Waits for the end.
  func wait() throws -> Outcome {
    if ended.wait(timeout: .now() + Tool.patience) == .timedOut {
      kill(process.processIdentifier, SIGKILL)
      ended.wait()
      Issue.record("\(process.arguments ?? []) did not end within \(Tool.patience) s")
    }
    let code = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
    func text(_ name: String) throws -> String {
      String(decoding: try readFile(folder.path(name), limit: 1 << 26), as: UTF8.self)
    }
    return Outcome(code: code, output: try text("out"), errors: try text("err"))
  }
}
