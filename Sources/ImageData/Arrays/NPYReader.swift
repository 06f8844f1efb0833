// Images and labels out of NumPy's files: a pair of .npy files, or the arrays of one .npz archive.

import Plumbing

/// Reads NumPy arrays as images and labels.
enum NPYReader {
  /// Images and labels that belong together.
  struct Content {
    let shape: ImageShape
    let pixels: ByteStore
    let labels: [UInt16]
  }

  /// Most bytes of a file.
  private static let mostBytes = 1 << 33

  /// Names of the arrays of a part, images before labels; the first that is there counts.
  private static let trainNames = [["x_train", "train_images", "X_train"], ["y_train", "train_labels"]]
  private static let testNames = [["x_test", "test_images", "X_test"], ["y_test", "test_labels"]]
  private static let validationNames = [
    ["x_val", "val_images", "x_valid", "X_val"], ["y_val", "val_labels", "y_valid"],
  ]
  private static let plainNames = [["images", "x", "X"], ["labels", "y"]]

  /// A pair of .npy files, plain or compressed.
  static func read(images: String, labels: String, budget: MemoryBudget) throws(DatasetError) -> Content {
    try content(
      images: try NPYArray(try file(images), name: images), imagesName: images,
      labels: try NPYArray(try file(labels), name: labels), labelsName: labels, budget: budget)
  }

  /// The parts of an archive; one that has only images and labels is its train and test part alike.
  static func read(
    archive path: String, parts: DatasetParts, budget: MemoryBudget
  ) throws(DatasetError) -> (train: Content?, validation: Content?, test: Content?) {
    let bytes: [UInt8]
    do { bytes = try readFile(path, limit: mostBytes) } catch { throw DatasetError(error, path: path) }
    return try read(try ZipArchive(bytes, path: path), parts: parts, budget: budget)
  }

  private static func file(_ path: String) throws(DatasetError) -> [UInt8] {
    let file = try DecodedFile(path: path)
    let bytes = try file.read(upTo: mostBytes)
    try file.expectEnd()
    return bytes
  }

  private static func read(
    _ archive: ZipArchive, parts: DatasetParts, budget: MemoryBudget
  ) throws(DatasetError) -> (train: Content?, validation: Content?, test: Content?) {
    let (hasTrain, hasTest) = (try has(trainNames, archive), try has(testNames, archive))
    let isPlain = !hasTrain && !hasTest
    let train = isPlain ? plainNames : trainNames
    let test = isPlain ? plainNames : testNames
    let hasPlain = try has(plainNames, archive)
    guard !isPlain || hasPlain else {
      let names = archive.members.prefix(8).map(\.name).joined(separator: ", ")
      throw DatasetError(
        code: .unrecognisedFolder,
        message:
          "\(archive.path): holds \(names.isEmpty ? "nothing" : names); it must hold arrays x_train, y_train, "
          + "x_test, y_test, or train_images, train_labels, …, or images, labels")
    }
    let learning = try parts.contains(.train) ? part(train, archive, budget) : nil
    return (
      learning, try parts.contains(.train) ? part(validationNames, archive, budget) : nil,
      try !parts.contains(.test) ? nil : isPlain && learning != nil ? learning : part(test, archive, budget)
    )
  }

  private static func member(_ names: [String], _ archive: ZipArchive) -> ZipArchive.Member? {
    for name in names {
      if let member = archive.members.first(where: { $0.name == name + ".npy" }) { return member }
    }
    return nil
  }

  /// Whether both arrays of a part are there.
  /// - Throws: `DatasetError` when only one is.
  private static func has(_ names: [[String]], _ archive: ZipArchive) throws(DatasetError) -> Bool {
    let found = names.map { member($0, archive) != nil }
    if found[0] != found[1] {
      let (there, missing) = found[0] ? (names[0], names[1]) : (names[1], names[0])
      throw DatasetError(
        code: .missing,
        message: "\(archive.path): holds \(there[0]) but not \(missing.joined(separator: " or ")); save both")
    }
    return found[0]
  }

  private static func part(
    _ names: [[String]], _ archive: ZipArchive, _ budget: MemoryBudget
  ) throws(DatasetError) -> Content? {
    guard try has(names, archive), let images = member(names[0], archive),
      let labels = member(names[1], archive)
    else { return nil }
    func array(_ member: ZipArchive.Member) throws(DatasetError) -> (NPYArray, String) {
      let name = "\(archive.path): \(member.name)"
      return (try NPYArray(try archive.content(member), name: name), name)
    }
    let (imageArray, imagesName) = try array(images)
    let (labelArray, labelsName) = try array(labels)
    return try content(
      images: imageArray, imagesName: imagesName, labels: labelArray, labelsName: labelsName, budget: budget)
  }

  /// Checks two arrays against each other.
  private static func content(
    images: NPYArray, imagesName: String, labels: NPYArray, labelsName: String, budget: MemoryBudget
  ) throws(DatasetError) -> Content {
    let sizes = images.shape
    guard images.width == 1, !images.isSigned, (3...4).contains(sizes.count) else {
      throw DatasetError(
        code: .wrongShape,
        message:
          "\(imagesName): \(images.isSigned ? "int" : "uint")\(8 * images.width) of shape \(sizes); images are uint8, "
          + "N x H x W or N x H x W x C")
    }
    let isColumn = labels.shape.count == 2 && labels.shape[1] == 1
    guard labels.shape.count == 1 || isColumn else {
      throw DatasetError(
        code: .wrongShape, message: "\(labelsName): shape \(labels.shape); labels are integers, N or N x 1")
    }
    guard labels.shape[0] == sizes[0] else {
      throw DatasetError(
        code: .countMismatch,
        message:
          "\(imagesName) has \(sizes[0]) images but \(labelsName) has \(labels.shape[0]) labels; use two "
          + "arrays that belong together")
    }
    guard sizes[0] > 0 else { throw DatasetError(code: .empty, message: "\(imagesName): holds no images") }
    let shape = ImageShape(width: sizes[2], height: sizes[1], channels: sizes.count == 4 ? sizes[3] : 1)
    guard shape.isValid else {
      throw DatasetError(
        code: .wrongShape,
        message:
          "\(imagesName): images of \(shape), which is empty or beyond \(ImageShape.largestSide) a side, "
          + "\(ImageShape.mostChannels) channels, \(ImageShape.mostValues) values")
    }
    var found: [UInt16] = []
    found.reserveCapacity(labels.count)
    for index in 0..<labels.count {
      guard let label = labels.label(index) else {
        throw DatasetError(
          code: .labelOutOfRange,
          message:
            "\(labelsName): label \(index) is below 0 or above \(UInt16.max - 1); number the classes from 0")
      }
      found.append(label)
    }
    var pixels = try PixelWriter(budget: budget, expected: images.content.count)
    try pixels.append(images.content.span)
    return Content(shape: shape, pixels: pixels.finish(), labels: found)
  }
}
