// The names of the sub-commands, and what to say of a name that is none.

import ArgumentParser
import TrainingPlans

/// Checks the words that name a sub-command.
enum CommandNames {
  /// All of them, without `help`.
  static var all: [String] {
    TallyCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  /// Refuses a first word, or a word behind `help`, that names no sub-command; the parser would call the first one
  /// unexpected and pass over the other.
  /// - Throws: `UserError` with the name that was most likely meant.
  static func check(_ arguments: [String]) throws {
    guard let first = arguments.first, !first.hasPrefix("-") else { return }
    let topics = Array(arguments.dropFirst().prefix { !$0.hasPrefix("-") })
    guard first == "help" else { return try check(first, as: "command", known: all + ["help"]) }
    if let topic = topics.first { try check(topic, as: "help topic", known: all) }
    if topics.count > 1 {
      throw UserError(
        description: "tally help takes one command, not \(topics.count); see: tally --help", code: 2)
    }
  }

  private static func check(_ name: String, as kind: String, known: [String]) throws {
    if known.contains(name) { return }
    let guess = nearest(to: name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
    throw UserError(description: "there is no \(kind) '\(name)'\(guess); see: tally --help", code: 2)
  }
}
