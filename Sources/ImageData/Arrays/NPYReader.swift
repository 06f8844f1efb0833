// Images and labels out of NumPy's files: a pair of .npy files, or the arrays of one .npz archive.

import Plumbing

/// Reads NumPy arrays as images and labels.
enum NPYReader {
  /// Most bytes of an archive.
  static let mostBytes = 1 << 33

  /// A part of an archive.
  struct Part {
    /// What it is called, in names of arrays.
    fileprivate let names: [String]
    fileprivate static let train = Part(names: ["train"])
    fileprivate static let test = Part(names: ["test"])
    fileprivate static let validation = Part(names: ["val", "valid", "validation"])
    fileprivate static let whole = Part(names: [])

    /// The names that its array of images may have, the likeliest first.
    fileprivate var images: [String] {
      names.isEmpty
        ? ["images", "x", "X", "data", "image"]
        : names.flatMap { part in ["x_\(part)", "\(part)_images", "X_\(part)"] }
          + names.flatMap { part in
            ["\(part)_x", "\(part)_X", "images_\(part)", "\(part)_data", "data_\(part)", "\(part)_image"]
          }
    }
    /// The names that its array of labels may have.
    fileprivate var labels: [String] {
      names.isEmpty
        ? ["labels", "y", "Y", "label", "targets", "target", "classes"]
        : names.flatMap { part in ["y_\(part)", "\(part)_labels", "Y_\(part)"] }
          + names.flatMap { part in
            [
              "\(part)_y", "\(part)_Y", "labels_\(part)", "\(part)_label", "\(part)_targets",
              "targets_\(part)",
              "\(part)_target",
            ]
          }
    }
  }

  /// The parts of an archive that were asked for and are there.
  struct Parts {
    var train: PartContent?
    var validation: PartContent?
    var test: PartContent?
    /// Whether there are arrays of test images.
    let hasTest: Bool
  }

  /// A pair of .npy files, plain or compressed.
  static func read(images: String, labels: String, budget: MemoryBudget) throws(DatasetError) -> PartContent {
    try content(
      images: try NPYArray(try DecodedFile(path: images)),
      labels: try NPYArray(try DecodedFile(path: labels)),
      budget: budget)
  }

  /// The parts of an archive. Without test images all parts that were asked for are read from what there is.
  static func read(
    archive path: String, parts: DatasetParts, budget: MemoryBudget
  ) throws(DatasetError) -> Parts {
    let bytes: [UInt8]
    do { bytes = try readFile(path, limit: mostBytes) } catch { throw DatasetError(error, path: path) }
    let archive = try ZipArchive(bytes, path: path)
    let train = try pair(.train, archive)
    let test = try pair(.test, archive)
    let whole = train == nil && test == nil ? try pair(.whole, archive) : nil
    guard train != nil || test != nil || whole != nil else { throw unrecognised(archive) }
    func read(_ pair: Pair?) throws(DatasetError) -> PartContent? {
      guard let pair else { return nil }
      return try content(
        images: try NPYArray(try archive.open(pair.images)),
        labels: try NPYArray(try archive.open(pair.labels)),
        budget: budget)
    }
    // Test images that are to be drawn are drawn from the others.
    let isLearning = parts.contains(.train) || test == nil
    return Parts(
      train: try isLearning ? read(train ?? whole) : nil,
      validation: try parts.contains(.train) ? read(try pair(.validation, archive)) : nil,
      test: try parts.contains(.test) ? read(test) : nil, hasTest: test != nil)
  }

  /// The members of a part.
  private struct Pair {
    let images, labels: ZipArchive.Member
  }

  /// The members of a part; nil when neither is there.
  /// - Throws: `DatasetError` when only one is.
  private static func pair(_ part: Part, _ archive: ZipArchive) throws(DatasetError) -> Pair? {
    let images = member(part.images, archive)
    let labels = member(part.labels, archive)
    if let images, let labels { return Pair(images: images, labels: labels) }
    guard let alone = images ?? labels else { return nil }
    let missing = (images == nil ? part.images : part.labels).prefix(3).joined(separator: " or ")
    throw DatasetError(
      code: .missing,
      message: "\(archive.path): holds \(alone.name.dropLast(4)) but not \(missing); save both")
  }

  /// The first member with one of the names, or with one of them in other letter case.
  private static func member(_ names: [String], _ archive: ZipArchive) -> ZipArchive.Member? {
    for name in names {
      if let member = archive.members.first(where: { $0.name == name + ".npy" }) { return member }
    }
    for name in names {
      let name = name.lowercased() + ".npy"
      if let member = archive.members.first(where: { $0.name.lowercased() == name }) { return member }
    }
    return nil
  }

  private static func unrecognised(_ archive: ZipArchive) -> DatasetError {
    let names = archive.members.prefix(8).map(\.name).joined(separator: ", ")
    let first = archive.members.first?.name ?? ""
    let advice =
      first == "arr_0.npy"
      ? "; name the arrays: np.savez(path, images=x, labels=y)"
      : first.contains(".npy") || first.isEmpty ? "" : "; a zip file of images is unpacked first"
    return DatasetError(
      code: .unrecognisedFolder,
      message:
        "\(archive.path): holds \(names.isEmpty ? "nothing" : names); it must hold arrays x_train, y_train, "
        + "x_test, y_test, or train_images, train_labels, …, or images, labels\(advice)")
  }

  /// Checks two arrays against each other, then reads them.
  private static func content(
    images: NPYArray, labels: NPYArray, budget: MemoryBudget
  ) throws(DatasetError) -> PartContent {
    if images.shape.count < 3, labels.shape.count >= 3 {
      throw DatasetError(
        code: .wrongShape,
        message:
          "\(images.name) has shape \(images.shape) and \(labels.name) \(labels.shape): images come first, then labels; "
          + "change their order")
    }
    if let refusal = try ArrayAdvice.images(images) { throw refusal }
    if let refusal = try ArrayAdvice.labels(labels) { throw refusal }
    guard labels.shape[0] == images.shape[0] else {
      throw DatasetError(
        code: .countMismatch,
        message:
          "\(images.name) has \(images.shape[0]) images but \(labels.name) has \(labels.shape[0]) labels; use two "
          + "arrays that belong together")
    }
    let layout = ArrayLayout(images.shape)
    try layout.check(images.name, "its shape \(images.shape)")
    let values = try labels.labels()
    return PartContent(
      shape: layout.shape, pixels: try images.pixels(layout, budget: budget), values: values,
      notes: layout.note(images.name).map { [$0] } ?? [])
  }
}
