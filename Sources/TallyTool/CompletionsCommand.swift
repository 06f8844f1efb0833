// `tally completions`: what makes a shell complete commands and options.

import ArgumentParser

/// Prints a completion script.
struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print a script that makes a shell complete commands and options.",
    discussion: """
      For this session, or with the line in the shell's start file for all:

        bash:  source <(tally completions bash)
        zsh:   source <(tally completions zsh)   (behind compinit)
        fish:  tally completions fish | source

      make install puts the scripts where the shells look for them.
      """)

  /// A shell for which there is a script.
  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish
  }

  @Argument(help: "The shell.")
  var shell: Shell

  func run() throws {
    let known: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    try say(TallyCommand.completionScript(for: known))
  }
}
