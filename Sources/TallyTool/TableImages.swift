// Data sets in Parquet files: the Python package in spark/ makes a list of images of them, which is read like class folders.

import ArgumentParser
import Foundation
import ImageData
import Plumbing

/// Which columns of a table hold what.
struct TableColumns: Codable {
  var image: String?
  var label: String?
}

/// The options of data in Parquet files.
struct TableOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Parquet: the column of images, as bytes of PNG, JPEG or WebP files (default: image).",
      valueName: "column"))
  var image: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Parquet: the column of labels, numbers or texts (default: label).", valueName: "column"))
  var label: String?

  /// The columns; nil where none is named.
  var columns: TableColumns? {
    image == nil && label == nil ? nil : TableColumns(image: image, label: label)
  }
}

/// The Python that reads Parquet files, for commands that need Python for nothing else.
struct TablePython: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Parquet: Python that has the package tally-spark (default: python3).", valueName: "path"),
    transform: namedPath)
  var python: String?
}

/// How data are read that may be in Parquet files.
struct TableImages {
  var columns: TableColumns?
  var python: String?

  private static let ending = ".parquet"

  /// Whether a data set is in Parquet files: one, some with commas between them, or a folder that holds some, perhaps in
  /// a folder `data` of its own.
  static func isTable(_ data: String) -> Bool {
    switch FileKind(path: data) {
    case .file, .other: return data.lowercased().hasSuffix(ending)
    case .folder:
      return [data, "\(data)/data"].contains { place in
        ((try? listFolder(place)) ?? []).contains { $0.lowercased().hasSuffix(ending) }
      }
    case .missing:
      return data.contains(",")
        && data.split(separator: ",").allSatisfy { $0.lowercased().hasSuffix(ending) }
    }
  }

  /// Opens a data set.
  /// - Parameter body: opens what it is given the name of.
  /// - Throws: `UserError` for what Python cannot read, or for columns of data that have none; what `body` throws.
  func open(_ data: String, _ body: (String) throws -> ImageDataset) throws -> ImageDataset {
    guard Self.isTable(data) else {
      if columns != nil {
        throw UserError(
          description: "--image and --label name columns of Parquet files; leave them out for \(data)",
          code: 2)
      }
      return try body(data)
    }
    let chosen = ProcessInfo.processInfo.environment["TMPDIR"] ?? ""
    let list =
      "\(chosen.isEmpty ? "/var/tmp" : chosen)/tally-\(UUID().uuidString)\(ImageList.ending)"
    defer { try? removeFile(list) }
    let package = PythonPackage(
      module: "tally_spark.parquet", package: "the package tally-spark", place: "./spark",
      purpose: "a Parquet file")
    let paths = FileKind(path: data) == .missing ? data.split(separator: ",").map(String.init) : [data]
    if let odd = (paths + [list]).first(where: { !FileName.isUTF8($0) }) {
      throw UserError(description: "\(odd): Python is given no names but UTF-8; rename it")
    }
    var arguments = ["--out=\(list)"]
    if let image = columns?.image { arguments.append("--image=\(image)") }
    if let label = columns?.label { arguments.append("--label=\(label)") }
    _ = try package.run(arguments + ["--"] + paths, python: python)
    return try body(list)
  }
}
