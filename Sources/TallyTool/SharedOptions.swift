// Options that several sub-commands share.

import ArgumentParser
import BinaryNetworks
import BitKernels
import Foundation
import ImageData
import LayerwiseTraining
import Plumbing

/// How many threads to use.
struct ThreadOption: ParsableArguments {
  @Option(name: .long, help: "Threads to use (default: all cores). Results do not depend on it.")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be in 1...1024.") }
  }

  /// The number of threads.
  var count: Int { threads ?? Machine.threads }
}

/// Which part of a data set is meant.
enum DataPart: String, ExpressibleByArgument, CaseIterable {
  case test, train
}

/// What `--data` may be.
let dataHelp = ArgumentHelp(
  "A named set (fashion-mnist), a folder (a sub-folder of PNG, JPEG or WebP images for each class, MNIST-type IDX files, CIFAR-10 binary batches), a file set.npz, or IMAGES,LABELS files (.npy or IDX).",
  valueName: "set")

/// Labelled images from a data set.
struct DataOption: ParsableArguments {
  @Option(name: .long, help: dataHelp, completion: .file(), transform: namedData)
  var data: String

  @Option(name: .long, help: "Which part of the data: test or train.")
  var part: DataPart = .test

  @Option(name: .long, help: "Only the first N images.")
  var limit: Int?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  /// Loads the images of the part as a model takes them.
  func load(for model: Model, threads: Int) throws -> LabelledImages {
    try Self.load(data, part: part, limit: limit, for: model, threads: threads)
  }

  /// Loads the first `limit` images of one part of a data set. Image files are fitted to the model's shape, their
  /// folders are its classes, and a part that the training kept to test with is found again.
  static func load(
    _ data: String, part: DataPart, limit: Int?, for model: Model, threads: Int
  ) throws -> LabelledImages {
    let shape = model.network.shape
    let options = FolderOptions(
      width: shape.width, height: shape.height, colour: shape.channels == 1 ? .grey : .rgb, seed: model.seed,
      classNames: model.network.classNames, learnedFrom: TrainingSummary(json: model.summary)?.folder)
    let dataset = try ImageDataset.open(
      data, parts: part == .test ? .test : .train, threads: threads, folder: options)
    for warning in dataset.warnings { complain("warning: \(warning)") }
    let images = try part == .test ? dataset.requireTest() : dataset.requireTrain()
    return limit.map { images.prefix($0) } ?? images
  }
}

/// Stops with an error if TALLY_FORCE_KERNELS names kernels that cannot be used.
func checkKernels() throws { try Kernels.validateSelection() }

/// A fraction as a percentage with two decimals.
func percent(_ fraction: Double) -> String { String(format: "%.2f %%", 100 * fraction) }

/// A JSON text with sorted keys and readable indentation.
func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self).escapedJSON
}

extension String {
  /// The same JSON with every character escaped that a terminal would obey; those can only be in its strings.
  var escapedJSON: String {
    guard printable(keeping: ["\n"]) != self else { return self }
    var text = ""
    for scalar in unicodeScalars {
      let one = String(scalar)
      text += one == "\n" || one.printable == one ? one : String(format: "\\u%04x", scalar.value)
    }
    return text
  }
}
