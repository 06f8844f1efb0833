// `tally report`: the report of a run, on other images than the training's own validation part.

import ArgumentParser
import BinaryNetworks

/// Writes a run's report again.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a run's report.html again, evaluated on images of your choice.")

  @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run"), completion: .directory)
  var path: String

  @OptionGroup var data: DataOption
  @OptionGroup var threads: ThreadOption

  func run() throws {
    try checkKernels()
    let folder = RunFolder(path)
    let origin = try folder.readOrigin()
    let model = try Model.read(path: folder.model)
    try ReportWriter(folder: folder, origin: origin)
      .write(
        model, images: data.load(for: model, threads: threads.count),
        part: data.part == .test ? "test" : "training", threads: threads.count)
    try say(folder.report)
  }
}
