// `tally predict`: classes, scores and shares for image files, some images of a set or a whole set.

import ArgumentParser
import BinaryNetworks
import Foundation
import ImageData
import ModelEvaluation
import Plumbing

/// Predicts classes.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Classify images, with scores and calibrated probabilities.",
    discussion: """
      Images are PNG, JPEG or WebP files of any size, folders of them, paths on the
      standard input (-, one per line or NUL-separated), or images of a set
      (--data). A score is a whole number. A share is a calibrated probability: of
      answers with a share of 80 %, about 80 in 100 are right, on images like the
      training images. A model trained with --validation 0 has only scores. Files
      that cannot be read are reported and skipped, and the exit code is 1.

        tally predict run/ photo.jpg more/
        find . -name '*.png' -print0 | tally predict run/ - --csv
        tally predict run/ --index 0 --top 3
        tally predict run/ more/ --min-share 0.8

      On a terminal it prints a table with the runner-up of every image.
      """)

  @OptionGroup var model: ModelArgument

  @Argument(
    help: ArgumentHelp(
      "Image files, folders of images, or - for paths on the standard input.", valueName: "image"),
    completion: .file(), transform: namedPath)
  var images: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Take images from a set: a named set (fashion-mnist), a folder, set.npz, or IMAGES,LABELS files (default with --index or --limit: the data that the run folder was trained on).",
      valueName: "set"),
    completion: .file(), transform: namedData)
  var data: String?

  @OptionGroup var table: TableOptions
  @OptionGroup var python: TablePython

  @Option(name: .long, help: dataPartHelp)
  var part: DataPart = .test

  @Option(name: .long, help: "Only the first N images of the set.")
  var limit: Int?

  @Option(name: .long, help: "Index of an image in the set, from 0; may be repeated.")
  var index: [Int] = []

  @Option(name: .long, help: "Classes to list for each image.")
  var top = 1

  @Option(
    name: .customLong("min-share"), parsing: .unconditional,
    help: ArgumentHelp(
      "Answer \"unsure\" where the best class has a lower share than this, 0 to 1; tally evaluate says what that wins.",
      valueName: "share"))
  var leastShare: Double?

  @Flag(
    name: [.customShort("0"), .customLong("null")],
    help:
      "Paths on the standard input end with NUL, not with the line (default: as the first of them does).")
  var isNullSeparated = false

  @OptionGroup var effort: EffortOption
  @OptionGroup var threads: ThreadOption

  @Flag(name: .long, help: "Print one JSON array.")
  var json = false

  @Flag(name: .long, help: "Print comma-separated values with a header.")
  var csv = false

  func validate() throws {
    if top < 1 { throw ValidationError("--top must be at least 1.") }
    if let bad = index.first(where: { $0 < 0 }) {
      throw ValidationError("--index must be 0 or more, not \(bad).")
    }
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    if json && csv { throw ValidationError("--json and --csv exclude each other; choose one.") }
    if let leastShare, !(0...1).contains(leastShare) {
      throw ValidationError("--min-share must be in 0...1, such as 0.8.")
    }
    if images.isEmpty, data == nil, index.isEmpty, limit == nil {
      throw ValidationError("name image files, or a set with --data.")
    }
    if !images.isEmpty, data != nil {
      throw ValidationError("name image files or a set with --data, not both.")
    }
    if isNullSeparated, images != ["-"] {
      throw ValidationError("--null is for paths on the standard input; give - in place of the files.")
    }
    if !images.isEmpty, table.columns != nil {
      throw ValidationError("--image and --label are for Parquet files (--data); leave out the image files.")
    }
    if !images.isEmpty, !index.isEmpty || limit != nil {
      throw ValidationError("--index and --limit choose images of a set (--data); leave out the image files.")
    }
    if images.contains("-"), images.count > 1 {
      throw ValidationError(
        "- cannot be combined with other paths; give paths either there or on the command line.")
    }
  }

  func run() throws {
    try checkKernels()
    let named = try self.model.read()
    let model = named.model
    try checkShares(named)
    var printer = PredictionPrinter(model, csv: csv, json: json)
    let top = printer.classes(self.top)
    try printer.begin(top: top)
    var failed = false
    if images.isEmpty {
      let table = TableImages(columns: self.table.columns, python: python.python)
      let rows = try predictSet(DataSource(data, for: named, table: table), model, top: top)
      let width = rows.map { ($0.path?.printable ?? "\($0.index ?? 0)").count }.max() ?? 0
      for row in rows { try printer.print(row, width: width) }
    } else {
      let predictor = FilePredictor(model, effort: effort.asked, threads: threads.count)
      func predict(_ paths: [String]) throws {
        failed = try !predictFiles(paths, predictor, model, top: top, &printer) || failed
      }
      if images == ["-"] {
        try PathStream.fromStandardInput(isNullSeparated ? .null : nil, predict)
      } else {
        try predict(
          ImagePaths.expanding(images, warn: { complain("warning: \($0)") }))
      }
    }
    try printer.end()
    if failed { throw ExitCode(1) }
  }

  /// Predicts and prints files; says whether all of them could be read.
  private func predictFiles(
    _ paths: [String], _ predictor: FilePredictor, _ model: Model, top: Int,
    _ printer: inout PredictionPrinter
  ) throws -> Bool {
    // Few enough that the first answers come soon, enough to keep every thread busy.
    let together = 16 * threads.count
    let width = paths.map(\.printable.count).max() ?? 0
    var isWhole = true
    for from in stride(from: 0, to: paths.count, by: together) {
      let some = Array(paths[from..<min(from + together, paths.count)])
      for (path, result) in zip(some, predictor.predict(some)) {
        switch result {
        case .success(let prediction):
          for line in predictor.remarks(on: path) { complain("note: \(line)") }
          let classes = PredictionRow.guesses(prediction, top: top, names: model.network.classNames)
          try printer.print(
            PredictionRow(path: path, classes: classes, leastShare: leastShare), width: width)
        case .failure(let error):
          isWhole = false
          complain("error: \(error)")
          printer.fail(path, error)
        }
      }
    }
    return isWhole
  }

  /// Refuses --min-share where it cannot be told what is sure.
  private func checkShares(_ named: NamedModel) throws {
    guard leastShare != nil else { return }
    if named.model.temperature == nil {
      throw UserError(
        description:
          "\(named.file): the model has no shares (it was trained with --validation 0), so --min-share has "
          + "nothing to go by", code: 2)
    }
    if named.model.network.classNames.contains(PredictionRow.unsure) {
      throw UserError(
        description:
          "\(named.file): the model has a class \"\(PredictionRow.unsure)\", which could not be told from an "
          + "answer of --min-share", code: 2)
    }
  }

  private func predictSet(_ data: DataSource, _ model: Model, top: Int) throws -> [PredictionRow] {
    let images = try JudgedImages(
      data, part: part, limit: limit, for: model, threads: threads.count, needsClasses: false
    ).images
    if let bad = index.first(where: { $0 >= images.count }) {
      throw UserError(
        description:
          "--index \(bad): the set has \(counted(images.count, "image")), numbered 0 to \(images.count - 1)",
        code: 2)
    }
    let names = model.network.classNames
    let indices = index.isEmpty ? Array(0..<images.count) : index
    let predictions = try Predictor(model, effort: effort.asked, threads: threads.count).predict(
      images, indices: indices)
    return zip(indices, predictions).map { index, prediction in
      PredictionRow(
        index: index, path: images.path(of: index), label: images.classNames[Int(images.labels[index])],
        classes: PredictionRow.guesses(prediction, top: top, names: names), leastShare: leastShare)
    }
  }
}
