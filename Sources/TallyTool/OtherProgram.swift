// Other programs that the tool starts and waits for: compilers, emulators, Python.

import Foundation

/// A program that is looked up on the PATH and run to its end, without an input.
enum OtherProgram {
  /// Runs a command.
  /// - Parameters:
  ///   - folder: where it runs; nil for the current folder.
  ///   - environment: what is set beside what is set already.
  ///   - takesErrors: whether what it says on the standard error is taken, too; else it is lost.
  /// - Returns: its exit code, 127 if there is no such program, and what it said.
  /// - Throws: what Foundation says if nothing can be started.
  static func run(
    _ command: [String], in folder: String? = nil, environment: [String: String] = [:], takesErrors: Bool
  ) throws -> (code: Int32, said: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    if takesErrors { process.standardError = pipe } else { process.standardError = FileHandle.nullDevice }
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
