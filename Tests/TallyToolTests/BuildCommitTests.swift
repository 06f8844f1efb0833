// Which commit a build says it is from: Plugins/BuildCommit/write-commit, run on folders of every kind.

import BitKernels
import Foundation
import Testing
import _TestSupport

@Suite(.enabled(if: Tool.hasProgram("git"))) struct BuildCommitTests {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
      "Plugins/BuildCommit/write-commit")

  /// What the shell commands print and write; `$W` runs the script on the folder `package` and shows its result.
  private static func run(_ commands: String, _ environment: [String: String] = [:]) throws -> Outcome {
    let preparation = """
      set -eu
      export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
      export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
      export GIT_AUTHOR_DATE='2000-01-01 00:00 +0000' GIT_COMMITTER_DATE='2000-01-01 00:00 +0000'
      mkdir -p package/Sources package/Plugins/BuildCommit
      echo 1.2.3 > package/VERSION
      echo code > package/Sources/code
      echo '$Format:%H$' > package/Plugins/BuildCommit/archive-commit
      echo 'Plugins/BuildCommit/archive-commit export-subst' > package/.gitattributes
      begin() { git init -q "$1" && git -C "$1" add -A && git -C "$1" commit -q -m first; }
      show() {
        sh '\(script.path)' "$PWD/${1-package}" "$PWD/out.swift"
        sed -n 's/^let buildCommit = "\\(.*\\)"/\\1/p; s/^let buildIsModified = \\(.*\\)/\\1/p' out.swift | paste -s -d' ' -
      }

      """
    return try Tool.shell(preparation + commands, environment)
  }

  @Test func folderThatIsNoClone() throws {
    #expect(try Self.run("show").output == "unknown false\n")
    // The clone around it is another project's.
    #expect(try Self.run("begin . && show").output == "unknown false\n")
  }

  @Test func cloneWithoutACommit() throws {
    #expect(try Self.run("git init -q package && show").output == "unknown false\n")
  }

  @Test func clone() throws {
    let outcome = try Self.run("begin package && show && git -C package rev-parse HEAD")
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == 2, "\(outcome.errors)")
    #expect(lines[0] == "\(lines[1].prefix(12)) false")
  }

  @Test func versionIsThatOfTheFile() throws {
    #expect(
      try Self.run("show && grep -c 'toolVersion = \"1.2.3\"' out.swift").output == "unknown false\n1\n")
  }

  @Test(arguments: ["rm package/VERSION", "echo > package/VERSION", "echo '1.2\"' > package/VERSION"])
  func fileWithoutAVersion(change: String) throws {
    let outcome = try Self.run("\(change); show")
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("VERSION: holds no version"))
  }

  @Test(arguments: [
    ("echo more >> package/Sources/code", "true"), ("touch package/Sources/new", "true"),
    ("echo note > package/README", "false"), ("touch package/Sources/code", "false"),
  ])
  func changesOfSources(change: String, modified: String) throws {
    #expect(try Self.run("begin package; \(change); show").output.hasSuffix(" \(modified)\n"))
  }

  @Test func furtherWorkingTree() throws {
    let outcome = try Self.run(
      "begin package && show && git -C package worktree add -q ../second && show second")
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == 2, "\(outcome.errors)")
    #expect(lines[0] == lines[1])
    #expect(lines[0].hasSuffix(" false"))
  }

  @Test func archive() throws {
    let outcome = try Self.run(
      """
      begin package && show
      mkdir unpacked && git -C package archive HEAD | tar -x -C unpacked
      show unpacked
      """)
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == 2, "\(outcome.errors)")
    #expect(lines[0] == lines[1])
  }

  @Test(arguments: [
    ("0123456789ab", "0123456789ab false\n"),
    ("0123456789abcdef0123456789abcdef01234567", "0123456789ab false\n"),
    ("0123456789ab-modified", "0123456789ab true\n"),
  ])
  func commitFromTheEnvironment(value: String, output: String) throws {
    #expect(try Self.run("begin package && show", ["TALLY_COMMIT": value]).output == output)
  }

  @Test(arguments: ["0123456789a", "main", "0123456789ab\"; x", "0123456789ab\n0123456789ab", "-modified"])
  func wrongCommitInTheEnvironment(value: String) throws {
    let outcome = try Self.run("show", ["TALLY_COMMIT": value])
    #expect(outcome.code == 1)
    #expect(outcome.errors.hasPrefix("error: TALLY_COMMIT="))
    #expect(outcome.errors.hasSuffix("give 12 to 40 hex digits of a commit, or unset it\n"))
  }

  @Test func unchangedFileIsLeftAlone() throws {
    let outcome = try Self.run(
      """
      begin package && show && touch -d '2001-01-01' out.swift && show
      [ out.swift -ot package/Sources/code ] && echo old
      echo more >> package/Sources/code && show
      [ out.swift -ot package/Sources/code ] || echo new
      """)
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == 5, "\(outcome.errors)")
    #expect(lines[2] == "old")
    #expect(lines[4] == "new")
  }
}
