// `tally inspect`: what is in a model file.

import ArgumentParser
import BinaryNetworks
import ModelEvaluation

/// Shows what a model is made of.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Print the layers, filters, sizes and feature statistics of a model.",
    discussion: "With --data it also measures how often features are on, and how redundant they are.")

  @OptionGroup var model: ModelArgument

  @Option(
    name: .long, help: ArgumentHelp("Images to measure the features on.", valueName: "set"),
    completion: .file(), transform: namedData)
  var data: String?

  @Option(name: .long, help: dataPartHelp)
  var part: DataPart = .test

  @Option(name: .long, help: "Only the first N images.")
  var limit = 1000

  @OptionGroup var threads: ThreadOption

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  func run() throws {
    try checkKernels()
    let named = try self.model.read()
    let images = try data.map {
      try JudgedImages(
        DataSource($0, for: named), part: part, limit: limit, for: named.model, threads: threads.count,
        needsClasses: false
      ).images
    }
    let inspection = try NetworkInspection(named.model, images: images, threads: threads.count)
    try say(json ? jsonText(inspection) : inspection.text())
  }
}
