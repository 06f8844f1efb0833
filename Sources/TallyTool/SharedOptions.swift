// Options that several sub-commands share.

import ArgumentParser
import BinaryNetworks
import BitKernels
import Foundation
import ImageData
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

/// How much work an image may take.
struct EffortOption: ParsableArguments {
  /// The values of the option.
  enum Value: String, ExpressibleByArgument, CaseIterable {
    case early, full
  }

  @Option(
    name: .long,
    help: "early: answer an image as soon as the model is sure; full: do everything for every image.")
  var effort: Value = .early

  /// What the model is told.
  var asked: Effort { effort == .full ? .full : .early }
}

/// Which part of a data set is meant.
enum DataPart: String, ExpressibleByArgument, CaseIterable, Encodable {
  case test, train, validation

  /// The part in words: "test images".
  var words: String { self == .train ? "training" : rawValue }
}

/// What `--data` may be.
let dataHelp = ArgumentHelp(dataWords + ".", valueName: "set")

/// The same where a run folder remembers the data.
let rememberedDataHelp = ArgumentHelp(
  dataWords + " (default: the data that the run folder was trained on).", valueName: "set")

private let dataWords =
  "A named set (fashion-mnist), a folder (a sub-folder of PNG, JPEG or WebP images for each class, MNIST-type IDX files, CIFAR-10 binary batches), a file set.npz, IMAGES,LABELS files (.npy or IDX), or Parquet files"

/// What `--part` may be.
let dataPartHelp = ArgumentHelp("Which part of the data: test, train, or the training's own validation.")

/// Labelled images from a data set.
struct DataOption: ParsableArguments {
  @Option(name: .long, help: rememberedDataHelp, completion: .file(), transform: namedData)
  var data: String?

  @OptionGroup var table: TableOptions
  @OptionGroup var python: TablePython

  @Option(name: .long, help: dataPartHelp)
  var part: DataPart = .test

  @Option(name: .long, parsing: .unconditional, help: "Only the first N images.")
  var limit: Int?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  /// Loads the images of the part as a model takes them, their classes matched with the model's.
  func load(for named: NamedModel, threads: Int) throws -> JudgedImages {
    try JudgedImages(
      source(data, for: named), part: part, limit: limit, for: named.model, threads: threads)
  }

  /// Data that were given, or else those of a model's training.
  func source(_ given: String?, for named: NamedModel) throws -> DataSource {
    try DataSource(given, for: named, table: TableImages(columns: table.columns, python: python.python))
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
