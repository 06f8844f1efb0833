// Opening a data set: its files read into memory, classes named. See DatasetLocator for finding the files.

public import Plumbing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A data set: images to learn from and images to measure with, either of which may be absent.
public struct ImageDataset: Sendable {
  /// What it is called: a known name, or the last part of its path.
  public let name: String
  /// The images to learn from; nil when absent or not asked for.
  public let train: LabelledImages?
  /// The images to measure with; nil when absent or not asked for.
  public let test: LabelledImages?
  /// The validation images that the data set itself sets aside; nil when it does not, or train was not asked
  /// for.
  public let validation: LabelledImages?
  /// What a person should know of how the images were read, a line each: sizes, what was skipped, parts drawn.
  public private(set) var notes: [String] = []
  /// What a person must know, a line each: images left out, parts that are not what they seem.
  public private(set) var warnings: [String] = []
  /// Whether it was made of image files in class folders.
  public private(set) var isOfImageFiles = false
  /// The folder that the test part was drawn from, where it was drawn from the images to learn from.
  public private(set) var record: FolderRecord?
  /// Memory for what is put together from the parts.
  private let budget: MemoryBudget

  /// Creates a data set from parts.
  public init(
    name: String, train: LabelledImages?, test: LabelledImages?, validation: LabelledImages? = nil,
    budget: MemoryBudget = .unlimited
  ) {
    self.budget = budget
    self.name = name
    self.train = train
    self.test = test
    self.validation = validation
  }

  /// The images to learn from with those of the validation part behind them, and which these are; nil where the data
  /// set sets none aside.
  /// - Throws: `DatasetError` `missing` when there is no train part.
  public func requireLearning() throws(DatasetError) -> (images: LabelledImages, validation: [Int]?) {
    let train = try requireTrain()
    guard let validation else { return (train, nil) }
    let size = train.shape.pixels
    var writer = try PixelWriter(budget: budget, expected: (train.count + validation.count) * size)
    for part in [train, validation] {
      for index in 0..<part.count {
        try part.withPixels(of: index) { pixels throws(DatasetError) in try writer.append(pixels) }
      }
    }
    let all = try LabelledImages(
      shape: train.shape, store: writer.finish(), labels: train.labels + validation.labels,
      classNames: train.classNames)
    return (all, Array(train.count..<all.count))
  }

  /// Reads a data set, see `DatasetLocator` for what `spec` may be.
  ///
  /// Only the parts asked for are read. Named data sets are looked for in the folders of the environment variable
  /// `TALLY_DATA_PATH` (separated by colons), then where the system's packages put them. Classes get the names of
  /// the data set, or those in `batches.meta.txt` (CIFAR-10) or `classes.txt` (IDX) beside the files, or else their
  /// numbers; without names there are as many classes as the largest label read says. A file of names is UTF-8 text, one
  /// name a line; class names are not empty, different from each other and free of control characters.
  /// - Parameters:
  ///   - spec: the name, folder or files of a data set.
  ///   - parts: the parts to read.
  ///   - threads: how many files are decoded at once; the result does not depend on it.
  ///   - folder: choices for class folders of images.
  ///   - budget: memory that the pixels may take; a part that it does not suffice for is kept in a temporary file.
  /// - Throws: `DatasetError` for everything that is wrong with the name or the files.
  public static func open(
    _ spec: String, parts: DatasetParts = .all, threads: Int = 1, folder: FolderOptions = FolderOptions(),
    budget: MemoryBudget = .unlimited
  ) throws(DatasetError) -> ImageDataset {
    // SAFETY: getenv's string is copied at once; nothing here changes the environment.
    let variable = unsafe getenv("TALLY_DATA_PATH").map { unsafe String(cString: $0) } ?? ""
    let folders = variable.split(separator: ":").map(String.init) + [DatasetLocator.packageFolder]
    return try open(
      spec, parts: parts, threads: threads, folder: folder, budget: budget, searchFolders: folders)
  }

  /// The same, with named data sets looked for in `searchFolders`.
  package static func open(
    _ spec: String, parts: DatasetParts = .all, threads: Int = 1, folder: FolderOptions = FolderOptions(),
    budget: MemoryBudget = .unlimited, searchFolders: [String]
  ) throws(DatasetError) -> ImageDataset {
    if ShardFolder.isThere(spec) { return try shards(spec, parts: parts, budget: budget) }
    let location = try DatasetLocator.locate(spec, parts: parts, searchFolders: searchFolders)
    if let archive = location.archive {
      let content = try NPYReader.read(archive: archive, parts: parts, budget: budget)
      return try assemble(
        location, spec, train: content.train.map(PartContent.init), test: content.test.map(PartContent.init),
        validation: content.validation.map(PartContent.init), budget: budget)
    }
    if let folders = location.folders {
      return try ImageDataset(
        folders, name: location.name, parts: parts, threads: threads, options: folder, budget: budget)
    }
    let trainFiles = parts.contains(.train) ? location.train : nil
    let testFiles = parts.contains(.test) ? location.test : nil
    let train = try trainFiles.map { files throws(DatasetError) in
      try PartContent(files, threads: threads, budget: budget)
    }
    let test =
      testFiles == trainFiles
      ? train
      : try testFiles.map { files throws(DatasetError) in
        try PartContent(files, threads: threads, budget: budget)
      }
    return try assemble(location, spec, train: train, test: test, validation: nil, budget: budget)
  }

  /// A folder of shards, whose validation part is set aside.
  private static func shards(
    _ path: String, parts: DatasetParts, budget: MemoryBudget
  ) throws(DatasetError) -> ImageDataset {
    let folder = try ShardFolder(path)
    let manifest = folder.manifest
    let images = parts.contains(.train) ? try folder.images(budget: budget) : nil
    return ImageDataset(
      name: manifest.name, train: images?.subset(manifest.training), test: nil,
      validation: manifest.validation.isEmpty ? nil : images?.subset(manifest.validation), budget: budget)
  }

  /// Parts that were read, checked against each other and with names for their classes.
  private static func assemble(
    _ location: DatasetLocation, _ spec: String, train: PartContent?, test: PartContent?,
    validation: PartContent?, budget: MemoryBudget
  ) throws(DatasetError) -> ImageDataset {
    if let train, let other = [test, validation].compactMap({ $0 }).first(where: { $0.shape != train.shape })
    {
      throw DatasetError(
        code: .wrongShape,
        message: "\(spec): the training images are \(train.shape) but the test images are \(other.shape); "
          + "use parts of one data set")
    }
    let classes = max(train?.classes ?? 0, test?.classes ?? 0, validation?.classes ?? 0)
    let names = try classNames(location, classes: classes)
    return ImageDataset(
      name: location.name,
      train: try train.map { content throws(DatasetError) in try content.named(names) },
      test: try test.map { content throws(DatasetError) in try content.named(names) },
      validation: try validation.map { content throws(DatasetError) in try content.named(names) },
      budget: budget)
  }

  /// Reads class folders.
  private init(
    _ folders: ClassFolders, name: String, parts: DatasetParts, threads: Int, options: FolderOptions,
    budget: MemoryBudget
  ) throws(DatasetError) {
    var reader = FolderReader(folders, options: options, threads: threads, budget: budget)
    let images = try reader.read(parts)
    self.init(
      name: name, train: images.train, test: images.test, validation: images.validation, budget: budget)
    (notes, warnings, record, isOfImageFiles) = (reader.notes, reader.warnings, reader.record, true)
  }

  /// The train part.
  /// - Throws: `DatasetError` `missing` when the data set has none.
  public func requireTrain() throws(DatasetError) -> LabelledImages {
    if let train { return train }
    throw DatasetError(
      code: .missing, message: "the data set \(name) has no training images; add their files")
  }

  /// The test part.
  /// - Throws: `DatasetError` `missing` when the data set has none.
  public func requireTest() throws(DatasetError) -> LabelledImages {
    if let test { return test }
    throw DatasetError(code: .missing, message: "the data set \(name) has no test images; add their files")
  }

  /// The names of at least `classes` classes.
  private static func classNames(_ location: DatasetLocation, classes: Int) throws(DatasetError) -> [String] {
    var names = location.classNames
    if let path = location.classNamesFile {
      names = try ClassNameFile.read(path)
    }
    guard let names else { return (0..<classes).map { "\($0)" } }
    guard names.count >= classes else {
      throw DatasetError(
        code: .countMismatch,
        message: "\(location.classNamesFile ?? location.name): names \(names.count) classes, "
          + "but there are labels up to \(classes - 1); add the missing names, one per line")
    }
    return names
  }
}

/// One part as read from its files, before the classes have names.
private struct PartContent {
  var shape: ImageShape
  var pixels: ByteStore
  var labels: [UInt16]
  /// How many classes there are at least.
  var classes = 0

  init(_ content: NPYReader.Content) {
    (shape, pixels, labels) = (content.shape, content.pixels, content.labels)
    classes = Int(labels.max() ?? 0) + 1
  }

  init(_ files: DatasetLocation.Files, threads: Int, budget: MemoryBudget) throws(DatasetError) {
    switch files {
    case .idx(let images, let labelsPath):
      let (shape, pixels, labels) = try IDXReader.read(images: images, labels: labelsPath, budget: budget)
      self.shape = shape
      self.pixels = pixels
      self.labels = labels.map(UInt16.init)
      classes = Int(labels.max() ?? 0) + 1
    case .npy(let images, let labels):
      self = PartContent(try NPYReader.read(images: images, labels: labels, budget: budget))
    case .cifar(let batches):
      shape = CIFARReader.shape
      classes = CIFARReader.classes
      (pixels, labels) = try CIFARReader.read(batches: batches, threads: threads, budget: budget)
    }
  }

  func named(_ names: [String]) throws(DatasetError) -> LabelledImages {
    try LabelledImages(shape: shape, store: pixels, labels: labels, classNames: names)
  }
}
