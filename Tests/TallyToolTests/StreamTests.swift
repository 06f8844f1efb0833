// What becomes of the output: lines in a file, a live bar on a terminal, and streams that nobody reads.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct StreamTests {
  private func loud(_ bench: Bench, _ out: String) -> [String] {
    bench.training(out, ["mergesPerPass=4"]).filter { $0 != "--quiet" }
  }

  private func quoted(_ words: [String]) -> String { words.map { "'\($0)'" }.joined(separator: " ") }

  @Test func withoutATerminalThereAreLines() throws {
    let bench = try Bench()
    let outcome = try Tool.run(loud(bench, "run"))
    expectSuccess(outcome)
    #expect(!outcome.output.contains("\r") && !outcome.output.contains("\u{1b}"))
    let lines = outcome.output.split(separator: "\n").map(String.init)
    for start in [
      "data: 86 training and 10 validation images, 16×16×1, 3 classes",
      "plan tiny: 2 layers; seed 1, 1 thread",
      "duplicates: none", "layer 1 done: 12 filters, validation accuracy", "layer 2 done: 10 filters,",
      "result  validation accuracy", "warning: only 10 validation images", "trained in",
      "model   \(bench.folder.path("run/model.tally"))", "report  ",
    ] {
      #expect(lines.contains { $0.hasPrefix(start) }, "no line \(start) in \(lines)")
    }
    // After every pass that is not the last of a layer: how much is done, of all of it.
    let passes = lines.filter { $0.contains(", layer ") && $0.contains("validation") }
    #expect(passes.count == 3, "\(lines)")
    let shares = passes.compactMap { Int($0.drop { $0 == " " }.prefix { $0.isNumber }) }
    #expect(shares.count == passes.count && shares == shares.sorted() && (shares.last ?? 100) < 100)
    let named = lines.filter { !$0.contains(bench.folder.path("")) && !$0.hasPrefix("warning") }
    #expect(named.allSatisfy { $0.count <= 80 }, "\(named.filter { $0.count > 80 })")
  }

  @Test(.enabled(if: Tool.hasProgram("script"), "there is no script program to make a terminal with"))
  func onATerminalABarComesAndGoes() throws {
    let bench = try Bench()
    let command = quoted([Tool.path] + loud(bench, "run"))
    try bench.folder.write(Array("stty cols 60; exec \(command)\n".utf8), to: "train.sh")
    let outcome = try Tool.shell("script -qec 'sh \(bench.folder.path("train.sh"))' /dev/null < /dev/null")
    #expect(outcome.code == 0, "\(outcome)")
    #expect(outcome.output.contains("█") && outcome.output.contains("░"))
    // What a 60-column screen shows in the end: every bar erased before its line is used again, none wrapped.
    var screen: [String] = [""]
    for piece in outcome.output.replacingOccurrences(of: "\r\n", with: "\n").split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      for draw in piece.components(separatedBy: "\r\u{1b}[K") {
        if draw.contains("█") || draw.contains("░") { #expect(draw.count < 60) }
        screen[screen.count - 1] = draw
      }
      screen.append("")
    }
    #expect(!screen.contains { $0.contains("█") || $0.contains("░") || $0.contains("\u{1b}") }, "\(screen)")
    #expect(screen.contains { $0.hasPrefix("layer 2 done:") })
    let quiet = try Tool.shell(
      "script -qec \"\(quoted([Tool.path] + bench.training("quiet")))\" /dev/null < /dev/null")
    #expect(quiet.code == 0 && quiet.output == "")
  }

  /// Runs a command whose standard output is a pipe that nobody reads any more: the reader says so when it has closed it.
  private static func withoutAReader(_ command: String) -> String {
    "mkfifo gone; { read said < gone; \(command); } | { exec <&-; echo gone > gone; }; rm gone"
  }

  @Test func aReaderThatLeavesEndsACommandQuietly() throws {
    let outcome = try Tool.shell(
      Self.withoutAReader("\"$TALLY\" plans quick") + "; \"$TALLY\" plans quick | head -n 1")
    #expect(outcome.code == 0 && outcome.output == "{\n" && outcome.errors == "")
  }

  @Test func trainingGoesOnWithoutItsWatchers() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("whole", ["mergesPerPass=4"])))
    let expected = try bench.bytes("whole/model.tally")
    for (name, redirection) in [
      ("full", "> /dev/full 2> /dev/full"), ("closed", ">&- 2>&- <&-"), ("left", nil),
    ] where name != "full" || FileKind(path: "/dev/full") == .other("a device") {
      let command =
        "\(quoted([Tool.path] + loud(bench, name))); echo $? > '\(bench.folder.path("code"))'"
      let outcome = try Tool.shell(
        redirection.map { "{ \(command); } \($0)" } ?? Self.withoutAReader(command))
      #expect(outcome.errors == "" && outcome.output == "", "\(outcome)")
      #expect(try bench.bytes("code") == Array("0\n".utf8), "\(name)")
      #expect(try bench.bytes("\(name)/model.tally") == expected, "\(name)")
      #expect(try logLines(bench, name).last?["event"] as? String == "finished")
    }
  }

  @Test(.enabled(if: FileKind(path: "/dev/full") == .other("a device"), "there is no /dev/full"))
  func resultsThatCannotBeWrittenAreAnError() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run"))
    let model = bench.folder.path("run/model.tally")
    for command in [
      ["plans"], ["plans", "quick"], ["kernels"], ["kernels", "--json"], ["--help"], ["--version"],
      ["inspect", model],
      ["evaluate", model, "--data", bench.data, "--json"], ["predict", model, "--data", bench.data],
    ] {
      let outcome = try Tool.shell("\(quoted([Tool.path] + command)) > /dev/full")
      expectFailure(outcome, "the standard output", "No space left")
    }
  }
}
