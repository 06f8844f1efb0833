// `tally report`: the report of a run, on other images than the training's own validation part.

import ArgumentParser
import BinaryNetworks

/// Writes a run's report again.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a run's report.html again, evaluated on images of your choice.",
    discussion: "Without --data: on the test images of the data that the run was trained on.")

  @Argument(
    help: ArgumentHelp("The folder of the run.", valueName: "run"), completion: .directory,
    transform: namedPath)
  var path: String

  @OptionGroup var data: DataOption
  @OptionGroup var threads: ThreadOption

  func run() throws {
    try checkKernels()
    let folder = RunFolder(path)
    let owned = try folder.takeBegun()
    defer { owned.release() }
    let origin = try folder.readOrigin()
    guard origin.keepsResults != true else {
      throw UserError(
        description:
          "\(folder.results.model) is of an earlier training than the one in \(folder.path), which is not "
          + "finished; continue that with: tally train --resume \(folder.shellPath)")
    }
    let named = try NamedModel(folder.path)
    let judged = try data.load(for: named, threads: threads.count)
    try ReportWriter(places: folder.results, origin: origin)
      .write(named.model, images: judged.images, part: judged.part.words, threads: threads.count)
    try say(folder.results.report)
  }
}
