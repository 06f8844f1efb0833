// Options that several sub-commands share.

import ArgumentParser
import BitTensors
import Foundation
import ImageData

/// How many threads to use.
struct ThreadOption: ParsableArguments {
  @Option(name: .long, help: "Threads to use (default: all cores). Results do not depend on it.")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be in 1...1024.") }
  }

  /// The number of threads.
  var count: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }
}

/// Which part of a data set is meant.
enum DataPart: String, ExpressibleByArgument, CaseIterable {
  case test, train
}

/// Labelled images from a data set.
struct DataOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A named set (fashion-mnist), a folder (MNIST-type IDX files or CIFAR-10 binary batches), or IMAGES,LABELS files.",
      valueName: "set"))
  var data: String

  @Option(name: .long, help: "Which part of the data: test or train.")
  var part: DataPart = .test

  @Option(name: .long, help: "Only the first N images.")
  var limit: Int?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  /// Loads the images of the part.
  func load() throws -> LabelledImages { try Self.load(data, part: part, limit: limit) }

  /// Loads the first `limit` images of one part of a data set.
  static func load(_ data: String, part: DataPart, limit: Int?) throws -> LabelledImages {
    let dataset = try ImageDataset.open(data, parts: part == .test ? .test : .train)
    let images = try part == .test ? dataset.requireTest() : dataset.requireTrain()
    return limit.map { images.prefix($0) } ?? images
  }
}

/// Stops with an error if TALLY_FORCE_KERNELS names kernels that cannot be used.
func checkKernels() throws { try Kernels.validateSelection() }

/// A share as a percentage with two decimals.
func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }

/// A JSON text with sorted keys and readable indentation.
func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
