// `tally worker`: the process that runs rounds for others, over its standard input and output.

import ArgumentParser
import BitKernels
import Foundation
import LayerwiseTraining

/// Runs rounds for another process.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Run rounds for another process (started by engines, not by hand).",
    discussion: """
      Reads shards and rounds from the standard input and writes tallies to the
      standard output. docs/wire-protocol.md describes the messages.
      """)

  @Option(
    name: .long, help: ArgumentHelp("Load all shards of this folder first.", valueName: "dir"),
    transform: namedPath)
  var data: String?

  @Option(name: .long, help: "Threads to use (default: 1). Results do not depend on it.")
  var threads: Int = 1

  func validate() throws {
    if !(1...1024).contains(threads) { throw ValidationError("--threads must be in 1...1024.") }
  }

  func run() throws {
    try checkKernels()
    let hook = try TestHook()
    var worker = Worker(
      input: STDIN_FILENO, output: STDOUT_FILENO, threads: threads, onRound: { hook.reach(.map) },
      onCut: { hook.reach(.cut) })
    if let data { try worker.run(folder: data) } else { try worker.run(version: toolVersion) }
  }
}
