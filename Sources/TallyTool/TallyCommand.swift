// The `tally` command: its sub-commands, and what becomes of errors.

import ArgumentParser
import BitKernels
import Foundation
import ImageData
import Plumbing
import TrainingPlans

/// The root command.
struct TallyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tally",
    abstract: "Trains image classifiers by counting bits.",
    discussion: """
      A feature is one bit, a filter is a bit pattern, learning is counting. Start with:

        tally train --data fashion-mnist --plan quick --out run/
        tally evaluate run/
      """,
    version: versionLine(),
    subcommands: [
      DataCommand.self, TrainCommand.self, EvaluateCommand.self, CompareCommand.self, PredictCommand.self,
      ExplainCommand.self, InspectCommand.self, ReportCommand.self, ExportCommand.self, PlansCommand.self,
      KernelsCommand.self, ShardCommand.self, WorkerCommand.self, CompletionsCommand.self,
    ])
}

/// A failure that the user can do something about: one line, exit code 1; wrong usage: exit code 2.
struct UserError: Error, CustomStringConvertible {
  let description: String
  var code: Int32 = 1
}

@main
enum Main {
  static func main() {
    fillStandardStreams()
    // Beyond the limit on file sizes a call shall fail, which is said in a line, and not end the process.
    _ = signal(SIGXFSZ, SIG_IGN)
    do {
      try planTestFault()
      let arguments = commandLine()
      try CommandNames.check(arguments)
      var command = try TallyCommand.parseAsRoot(arguments)
      try ToolEnvironment.chooseMemoryLimit()
      try command.run()
    } catch {
      exit(report(error))
    }
  }

  /// The arguments behind the command's name; paths among them keep their bytes.
  private static func commandLine() -> [String] {
    // SAFETY: the system's arguments are terminated strings that live as long as the process.
    let arguments = (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      unsafe CommandLine.unsafeArgv[index].map { unsafe FileName.text(bytes(of: $0)) }
    }
    return joiningNegativeNumbers(arguments)
  }

  /// The arguments with `--option -1` as `--option=-1`, so that the option says what it takes; the parser would call the
  /// value missing.
  static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    for (index, argument) in arguments.enumerated() {
      guard let option = joined.last, option.hasPrefix("--"), option.count > 2, !option.contains("="),
        argument.hasPrefix("-"), let number = Double(argument), number < 0,
        !arguments[..<index].contains("--")
      else {
        joined.append(argument)
        continue
      }
      joined[joined.count - 1] = "\(option)=\(argument)"
    }
    return joined
  }

  @unsafe
  private static func bytes(of string: UnsafePointer<CChar>) -> [UInt8] {
    // SAFETY: the caller vouches for a terminated string.
    unsafe UnsafeBufferPointer(start: string, count: strlen(string)).map { UInt8(bitPattern: $0) }
  }

  /// Prints an error (or the help that was asked for) and gives the exit code: 0 help, 1 failure, 2 usage.
  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case let error as UserError:
      return fail(error.description, error.code)
    case ExitStatus.interrupted:
      return 130
    case let error as TrainingPlanError:
      return fail(error.message, 2)
    case let error as DatasetError where error.code == .wrongGroups:
      return fail(error.description, 2)
    case let error as KernelError:
      return fail(error.message, 2)
    default:
      break
    }
    let code = TallyCommand.exitCode(for: error)
    if code == .success {
      do { try say(TallyCommand.fullMessage(for: error)) } catch { return fail("\(error)", 1) }
      return 0
    }
    if code == .validationFailure {
      return fail(usage(error), 2)
    }
    if let code = error as? ExitCode { return code.rawValue }
    return fail("\(error)", 1)
  }

  /// What is wrong with the arguments, and where to read about the command, in one line.
  private static func usage(_ error: any Error) -> String {
    var message = TallyCommand.message(for: error).split(separator: "\n").joined(separator: " ")
    while message.last == "." { message.removeLast() }
    let full = TallyCommand.fullMessage(for: error)
    guard let start = full.range(of: "  See '"),
      let end = full.range(of: "'", range: start.upperBound..<full.endIndex)
    else { return message + hint(message) }
    return "\(message)\(hint(message)); see: \(full[start.upperBound..<end.lowerBound])"
  }

  /// What to do about habits from other tools; empty where nothing is known.
  private static func hint(_ message: String) -> String {
    let isTraining = CommandLine.arguments.dropFirst().first == "train"
    if isTraining, message.hasPrefix("Unexpected argument") { return "; data are named with --data" }
    let foreign = ["--epochs", "--epoch", "--lr", "--learning-rate", "--batch-size"]
    guard isTraining, foreign.contains(where: { message.contains("'\($0)'") }) else { return "" }
    return "; how long and how fast to learn is a setting of the plan, as in --set 'layers.*.head.passes=5'"
  }

  private static func fail(_ message: String, _ code: Int32) -> Int32 {
    complain("error: \(message)")
    return code
  }
}
