// Labelled images that a model is to be judged by, or to look at: one part of a data set, as the model takes it.

import BinaryNetworks
import Foundation
import ImageData
import LayerwiseTraining
import Plumbing

/// Images of one part of a data set, and which part it is.
struct JudgedImages {
  /// The images. Labels count in the model's classes where the classes match.
  let images: LabelledImages
  /// The part they are: training images also where test images were asked for and these turn out to be the very images
  /// that the model learned from.
  let part: DataPart
  /// What they are, for a sentence: "test images"; only "images" where training images may be among them.
  let words: String
  /// The data set as it was named.
  let name: String
  /// The number of groups where the part was drawn by whole groups.
  let groups: Int?

  /// Loads the first `limit` images of a part. Image files are fitted to the model's shape, their folders are its
  /// classes, and a part that the training kept to test with is found again.
  /// - Parameter needsClasses: whether images of other classes than the model's are an error; else they keep their own
  ///   classes, and a warning says so.
  init(
    _ source: DataSource, part: DataPart, limit: Int?, for model: Model, threads: Int,
    needsClasses: Bool = true
  ) throws {
    let data = source.name
    let shape = model.network.shape
    let summary = TrainingSummary(json: model.summary)
    let options = FolderOptions(
      width: shape.width, height: shape.height, colour: shape.channels == 1 ? .grey : .rgb, seed: model.seed,
      classNames: model.network.classNames, learnedFrom: summary?.folder,
      learnedGroups: summary?.groups)
    let dataset = try source.table.open(data) {
      try ImageDataset.open($0, parts: part == .test ? .test : .train, threads: threads, folder: options)
    }
    if let origin = source.training?.origin {
      guard dataset.record != nil || summary?.folder == nil,
        try Self.isSame(dataset, origin, part: part)
      else { throw source.changed() }
    }
    // What a folder holds that is not read its training said, and which of the images that it learned from.
    let isTold = source.training != nil
    let known = Set(
      isTold && part != .test ? dataset.warnings : isTold || dataset.record != nil ? dataset.leftOut : [])
    for warning in dataset.warnings where !known.contains(warning) { Self.say("warning", warning) }
    let images =
      switch part {
      case .test: try dataset.requireTest()
      case .train: try dataset.requireTrain()
      case .validation: try dataset.validation(of: source.training?.origin)
      }
    let isLearnedFrom = part == .test && images.digest == model.dataDigest
    if isLearnedFrom {
      Self.say(
        "warning",
        "\(data): these are the training images of the model, so its accuracy here says nothing about new images"
      )
    }
    self.part = isLearnedFrom ? .train : part
    words = part == .test && !isLearnedFrom && dataset.mayHoldLearned ? "image" : self.part.words + " image"
    name = data
    groups = dataset.record == nil ? nil : summary?.groups?.count
    let limited = limit.map { images.prefix($0) } ?? images
    self.images = try Self.matched(limited, data, model.network.classNames, needsClasses: needsClasses)
  }

  /// Whether the images to learn from are still those that a training began with, as far as that is known of the part read.
  ///
  /// Training images are known again by their digest, a drawn test part by what is in it (`ImageDataset.record`), and a test
  /// part of its own, which no training ever reads, by names and lengths of files.
  private static func isSame(_ dataset: ImageDataset, _ origin: RunOrigin, part: DataPart) throws -> Bool {
    if ShardFolder.isThere(origin.data) || part == .test && dataset.record != nil { return true }
    if part == .test { return origin.files == nil || DataFootprint.of(origin.data) == origin.files }
    guard let digest = origin.digest else { return true }
    return try String(dataset.learning(limit: origin.limit).images.digest, radix: 16) == digest
  }

  /// The images with labels that count in the classes of a model.
  private static func matched(
    _ images: LabelledImages, _ data: String, _ names: [String], needsClasses: Bool
  ) throws -> LabelledImages {
    if images.isMatchedByPosition(to: names), names.count > 1 {
      say(
        "note",
        "\(data): its classes are numbers without names; they count the model's classes in order, from 0 = "
          + "\(names[0]) to \(names.count - 1) = \(names[names.count - 1])")
    }
    do {
      return try images.matched(to: names)
    } catch {
      let described = DatasetError(code: error.code, message: "\(data): \(error.message)", cause: error.cause)
      if needsClasses { throw described }
      say("warning", described.description)
      return images
    }
  }

  private static func say(_ kind: String, _ line: String) { complain("\(kind): \(line)") }
}
