// The build-tool plugin that tells `tally --version` its version and the commit it is built from.
// What is written, and how the commit is found, is write-commit's; this file says when it has to run again.

import Foundation
import PackagePlugin

/// Writes `BuildCommit.swift` for the tool; runs again after every commit and every change of the tool's sources or version.
@main
struct BuildCommit: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL
    let output = context.pluginWorkDirectoryURL.appending(path: "BuildCommit.swift")
    let script = root.appending(path: "Plugins/BuildCommit/write-commit")
    let archive = root.appending(path: "Plugins/BuildCommit/archive-commit")
    let version = root.appending(path: "VERSION")
    let targets = [target] + target.recursiveTargetDependencies
    let sources = targets.compactMap(\.sourceModule).filter {
      $0.directoryURL.path.hasPrefix(root.path + "/Sources/")
    }
    .flatMap { $0.sourceFiles.map(\.url) }
    return [
      .buildCommand(
        displayName: "Version and commit", executable: URL(filePath: "/bin/sh"),
        arguments: [script.path, root.path, output.path],
        environment: ProcessInfo.processInfo.environment.filter {
          ["PATH", "HOME", "TALLY_COMMIT"].contains($0.key)
        },
        inputFiles: [script, archive, version] + gitFiles(of: root) + sources, outputFiles: [output])
    ]
  }

  /// The files that git changes with every commit and checkout; none in a folder that is no clone.
  private func gitFiles(of root: URL) -> [URL] {
    var folder = root.appending(path: ".git")
    // In a further working tree, .git is a file with the path of the folder.
    if let text = try? String(contentsOf: folder, encoding: .utf8), text.hasPrefix("gitdir: ") {
      let path = text.dropFirst("gitdir: ".count).trimmingCharacters(in: .whitespacesAndNewlines)
      folder = URL(filePath: path, relativeTo: root)
    }
    return ["HEAD", "logs/HEAD", "index"].map { folder.appending(path: $0).absoluteURL }
      .filter { FileManager.default.fileExists(atPath: $0.path) }
  }
}
