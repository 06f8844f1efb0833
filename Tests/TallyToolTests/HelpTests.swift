// The help texts, compared with Fixtures/; TALLY_RECORD_SNAPSHOTS=1 writes them anew.

import BitKernels
import Foundation
import Plumbing
import Testing

@Suite struct HelpTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  @Test(arguments: [
    "", "data", "train", "evaluate", "compare", "predict", "explain", "inspect", "report", "export", "plans",
    "kernels", "shard",
    "worker", "completions",
  ])
  func help(command: String) throws {
    let words = command.isEmpty ? [] : [command]
    let outcome = try Tool.run(words + ["--help"])
    expectSuccess(outcome)
    let lines = outcome.output.split(separator: "\n").filter { !$0.hasPrefix("USAGE:") }
    #expect(lines.allSatisfy { $0.count <= 80 })
    let file = Self.fixtures.appendingPathComponent("help\(command.isEmpty ? "" : "-\(command)").txt")
    if ProcessInfo.processInfo.environment["TALLY_RECORD_SNAPSHOTS"] == "1" {
      try AtomicFile.write(Array(outcome.output.utf8), to: file.path)
    }
    #expect(String(decoding: try readFile(file.path, limit: 1 << 20), as: UTF8.self) == outcome.output)
    if !command.isEmpty { #expect(try Tool.run(["help", command]).output == outcome.output) }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func completions(shell: String) throws {
    let outcome = try Tool.run(["completions", shell])
    expectSuccess(outcome)
    #expect(outcome.output.contains("evaluate") && outcome.output.contains("completions"))
    #expect(try Tool.run(["--generate-completion-script", shell]).output == outcome.output)
    guard shell == "bash", Tool.hasProgram("bash") else { return }
    expectSuccess(try Tool.shell("\"$TALLY\" completions bash > script && bash -n script"))
  }

  @Test func version() throws {
    let outcome = try Tool.run(["--version"])
    expectSuccess(outcome)
    let line = try #require(
      outcome.output.wholeMatch(
        of: /tally \d+\.\d+\.\d+ \(commit (?:unknown|[0-9a-f]{12}(?:, modified)?), kernels (\w+)\)\n/))
    #expect(String(line.1) == Kernels.implementations.last { $0.isAvailable }?.name)
  }

  @Test func versionTellsForcedKernels() throws {
    let outcome = try Tool.run(["--version"], ["TALLY_FORCE_KERNELS": "scalar"])
    expectSuccess(outcome)
    #expect(outcome.output.hasSuffix(", kernels scalar)\n"))
  }

  @Test(arguments: ["nonsense", "avx9\nx", "-"]) func wrongKernelsDoNotHideTheVersion(name: String) throws {
    let outcome = try Tool.run(["--version"], ["TALLY_FORCE_KERNELS": name])
    expectSuccess(outcome)
    #expect(outcome.output.hasPrefix("tally "))
    #expect(outcome.output.hasSuffix(", kernels none: TALLY_FORCE_KERNELS names none that run here)\n"))
    #expect(outcome.output.count { $0 == "\n" } == 1)
  }
}
