// `tally predict`: classes and scores for some images or a whole set.

import ArgumentParser
import BinaryNetworks
import Foundation
import ImageData
import LayerwiseTraining

/// Predicts classes.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "The most likely classes of images, with scores.",
    discussion: """
      A score is a whole number; 65,536 more is a factor e in the odds. Without --index all images are predicted.

        tally predict run/model.tally --data fashion-mnist --index 0 --index 7 --top 3
      """)

  @Argument(help: "The model file.")
  var model: String

  @OptionGroup var data: DataOption

  @Option(name: .long, help: "Number of an image in the set, from 0; may be repeated.")
  var index: [Int] = []

  @Option(name: .long, help: "Classes to list for each image.")
  var top = 1

  @OptionGroup var threads: ThreadOption

  @Flag(name: .long, help: "Print one JSON array.")
  var json = false

  func validate() throws {
    if top < 1 { throw ValidationError("--top must be at least 1.") }
    if let bad = index.first(where: { $0 < 0 }) {
      throw ValidationError("--index must be 0 or more, not \(bad).")
    }
  }

  func run() throws {
    try checkKernels()
    let model = try Model.read(path: self.model)
    let images = try data.load()
    if let bad = index.first(where: { $0 >= images.count }) {
      throw UserError(
        description: "--index \(bad): the set has \(images.count) images, the last is \(images.count - 1)",
        code: 2)
    }
    let indices = index.isEmpty ? Array(0..<images.count) : index
    let predictions = try Predictor(model, threads: threads.count).predict(images, indices: indices)
    let names = model.network.classNames
    let rows = zip(indices, predictions).map { index, prediction in
      Row(
        index: index, label: label(images, index, names),
        classes: prediction.ranking.prefix(top).map {
          Row.Guess(name: names[$0], score: prediction.scores[$0])
        })
    }
    if json {
      try say(jsonText(rows))
    } else {
      for row in rows { try say(row.text) }
    }
  }

  private func label(_ images: LabelledImages, _ index: Int, _ names: [String]) -> String {
    let label = Int(images.labels[index])
    return label < names.count ? names[label] : "\(label)"
  }

  private struct Row: Encodable {
    struct Guess: Encodable {
      let name: String
      let score: Int64
    }
    let index: Int
    /// The class the data set says it is.
    let label: String
    let classes: [Guess]

    var text: String {
      "\(index)\t" + classes.map { "\($0.name) \($0.score)" }.joined(separator: "\t")
        + "\t(labelled \(label))"
    }
  }
}
