// `tally explain`: which places of an image and which filters spoke for a class.

import ArgumentParser
import BinaryNetworks
import Foundation
import ImageData
import ModelEvaluation
import ModelExplanations
import Plumbing
import TrainingReports

/// Explains the classification of one image.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Show which places and filters decided the class of an image.",
    discussion: """
      Writes a page (.html) with the strongest filters of every layer, or only a
      picture (.png): the image, what spoke for the class, and what set the class
      apart from the runner-up. Without --out it prints a summary. The numbers
      are integers that add up to the scores.

        tally explain run/ photo.jpg --out why.html
        tally explain run/ --index 7 --out why.png
      """)

  @OptionGroup var model: ModelArgument

  @Argument(help: "A PNG, JPEG or WebP file of any size.", completion: .file(), transform: namedPath)
  var image: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Take the image from a set: a named set (fashion-mnist), a folder, or IMAGES,LABELS files (default: the data that the run folder was trained on).",
      valueName: "set"),
    completion: .file(), transform: namedData)
  var data: String?

  @Option(name: .long, help: dataPartHelp)
  var part: DataPart = .test

  @Option(name: .long, help: "Index of the image in the set, from 0 (default: 0).")
  var index: Int?

  @Option(name: .customLong("class"), help: "Class to explain (default: the one with the highest score).")
  var className: String?

  @Option(name: .long, help: "Class to compare it with (default: the best of the others).")
  var against: String?

  @Option(
    name: .long, help: ArgumentHelp("File to write: a page or a picture.", valueName: "file.html|.png"),
    completion: .file(), transform: namedPath)
  var out: String?

  @OptionGroup var threads: ThreadOption

  @Flag(name: .long, help: "Print one JSON object with every contribution.")
  var json = false

  func validate() throws {
    if image != nil, data != nil {
      throw ValidationError("name an image file or a set with --data, not both.")
    }
    if let index {
      if image != nil {
        throw ValidationError("--index is for images of a set; leave it out with an image file.")
      }
      if index < 0 { throw ValidationError("--index must be 0 or more, not \(index).") }
    }
    if let out, format(of: out) == nil {
      throw ValidationError("--out must end in .html or .png, not \(out).")
    }
  }

  func run() throws {
    try checkKernels()
    let named = try self.model.read()
    let model = named.model
    let names = model.network.classNames
    let of = try className.map { try number(of: $0, option: "--class", names) }
    let against = try self.against.map { try number(of: $0, option: "--against", names) }
    if let against, of == against || names.count == 1 {
      throw UserError(
        description: of == nil
          ? "--against \(names[against]): the model has no other class"
          : "--class and --against are both \(names[against]); name two classes", code: 2)
    }
    let isPage = out.map { format(of: $0) == .html } ?? false
    let input =
      try image.map { try fileInput($0, named, of: of, against: against, withExamples: isPage) }
      ?? setInput(named, of: of, against: against, withExamples: isPage)
    let explanation = try Explanation(input, threads: threads.count)
    if let out {
      let bytes = isPage ? Array(explanation.html().utf8) : explanation.png()
      try AtomicFile.write(bytes, to: out)
    }
    try say(json ? explanation.json().escapedJSON : explanation.text())
  }

  private func fileInput(
    _ path: String, _ named: NamedModel, of: Int?, against: Int?, withExamples: Bool
  ) throws -> ExplanationInput {
    let model = named.model
    let file = try ImageFile.loadNoting(path, fitting: model.network.shape)
    for note in file.notes { complain("note: \(path): \(note.text)") }
    let input = ExplanationInput(
      model: model, pixels: file.image.pixels, name: path, label: nil, of: of, against: against,
      examples: withExamples ? remembered(named) : nil)
    return withExamples ? try input.showing(ImageFile.load(path)) : input
  }

  /// Images of the run's own data, in which to look for what else fires the filters; nil where there are none.
  private func remembered(_ named: NamedModel) -> LabelledImages? {
    guard let source = try? DataSource(nil, for: named) else { return nil }
    let judged = try? JudgedImages(
      source, part: part, limit: nil, for: named.model, threads: threads.count, needsClasses: false)
    return judged?.images.spread(2000)
  }

  private func setInput(_ named: NamedModel, of: Int?, against: Int?, withExamples: Bool) throws
    -> ExplanationInput
  {
    let model = named.model
    let judged = try JudgedImages(
      DataSource(data, for: named), part: part, limit: nil, for: model, threads: threads.count,
      needsClasses: false)
    let (images, index) = (judged.images, self.index ?? 0)
    guard index < images.count else {
      throw UserError(
        description:
          "--index \(index): the set has \(counted(images.count, "image")), numbered 0 to \(images.count - 1)",
        code: 2)
    }
    try model.network.check(fits: images.shape)
    let path = images.path(of: index)
    let input = ExplanationInput(
      model: model, pixels: images.pixels(of: index),
      name: path.map { "\(judged.part.words) image \(index), \($0)" }
        ?? "\(judged.part.words) image \(index)",
      label: images.classNames[Int(images.labels[index])],
      of: of, against: against, examples: withExamples ? images.spread(2000) : nil)
    guard withExamples, let path, let photo = try? ImageFile.load(path) else { return input }
    return input.showing(photo)
  }

  private enum Format { case html, png }

  private func format(of path: String) -> Format? {
    let path = path.lowercased()
    return path.hasSuffix(".html") || path.hasSuffix(".htm") ? .html : path.hasSuffix(".png") ? .png : nil
  }

  private func number(of name: String, option: String, _ names: [String]) throws -> Int {
    if let index = names.firstIndex(of: name) { return index }
    let listed = names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    throw UserError(
      description: "\(option) \(name): the model has no such class; it knows \(listed)", code: 2)
  }
}
