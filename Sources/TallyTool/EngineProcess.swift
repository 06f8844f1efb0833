// The process at the other end of two pipes: started, listened to, stopped. What it is told is LayerwiseTraining's matter.

import Foundation
import Plumbing

/// A driver or a worker that was started, and what it prints in a log.
final class EngineProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let log: String
  /// The log's length before the process was started.
  private let logged: Int

  /// This program, for others to start.
  static var tally: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }

  /// Starts a process.
  /// - Parameter log: the file that what it prints is added to.
  /// - Throws: `UserError` if it cannot be started; `FileError` where there is no place for the log.
  init(_ command: [String], log: String) throws {
    self.log = log
    if FileKind(path: log) == .missing { try AtomicFile.write([], to: log) }
    guard let errors = FileHandle(forWritingAtPath: log) else {
      throw UserError(description: "cannot write \(log); choose another --out")
    }
    logged = Int(try errors.seekToEnd())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    do { try process.run() } catch {
      throw UserError(description: "cannot start \(command[0]): \(error)")
    }
    // The child's ends are closed here, so that its end is seen as the end of the pipes.
    try? input.fileHandleForReading.close()
    try? output.fileHandleForWriting.close()
  }

  /// Hands over the pipes: the descriptor to read from, which is the taker's, and the one to write to.
  /// - Throws: `UserError` where that fails, with the last word of the process and the place of its log.
  func connect<Link>(_ body: (Int32, Int32) throws -> Link) throws -> Link {
    do {
      return try body(
        dup(output.fileHandleForReading.fileDescriptor), input.fileHandleForWriting.fileDescriptor)
    } catch {
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
      // A Python without Spark, say, has said so there and nowhere else.
      let said =
        (try? readFile(log, limit: 1 << 28)).map { String(decoding: $0.dropFirst(logged), as: UTF8.self) }
        ?? ""
      let last = said.split(separator: "\n").last.map { " (\($0.prefix(200)))" } ?? ""
      let own = "\(error)"
      throw UserError(
        description: last.contains(own.prefix(40))
          ? "\(own); more in \(log)" : "\(own)\(last); more in \(log)")
    }
  }

  /// Ends the process, whatever it is doing; without effect when it has ended.
  func stop() {
    try? input.fileHandleForWriting.close()
    for _ in 0..<100 where process.isRunning { usleep(50_000) }
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
  }
}
