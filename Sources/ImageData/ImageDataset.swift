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
  /// Those of the warnings that are the same whichever part is read: files of a folder that are not read.
  package private(set) var leftOut: [String] = []
  /// Whether images that a model learned from may be among the test images: the part that its training kept for testing
  /// cannot be told from the rest.
  public private(set) var mayHoldLearned = false
  /// Whether it was made of image files in class folders.
  public private(set) var isOfImageFiles = false
  /// Sides of the image files that were read, upright; nil where there are none.
  package private(set) var widths: DataSurvey.Range?
  package private(set) var heights: DataSurvey.Range?
  /// The shorter sides of the image files that were read; empty where there are none.
  package private(set) var shorterSides: [Int] = []
  /// Image files that cannot be read.
  package private(set) var unreadable: [DataSurvey.Unreadable] = []
  /// The folder, or the arrays, that the test part was drawn from, where it was drawn from the images to learn from.
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
    let images = try joined(train, validation)
    let files = train.wholeFiles.flatMap { first in validation.wholeFiles.map { first.followed(by: $0) } }
    let all = (train.isNumbered ? images.numbered() : images).read(from: files)
    // No part is drawn from these any more; what is known of how the others were is kept.
    let groups = train.groups.map { groups in
      ImageGroups(
        keys: groups.keys + (validation.groups?.keys ?? [UInt64](repeating: 0, count: validation.count)),
        record: groups.record)
    }
    return (all.grouped(groups), Array(train.count..<all.count))
  }

  /// Pixels, or what is known of them, and labels of two parts, one behind the other.
  private func joined(
    _ train: LabelledImages, _ validation: LabelledImages
  ) throws(DatasetError) -> LabelledImages {
    let labels = train.labels + validation.labels
    func known(_ part: LabelledImages) -> DistantPixels? {
      part.elsewhere.map { pixels in
        let slots = (0..<part.count).map { part.slot(of: $0) }
        return DistantPixels(
          sums: slots.map { pixels.sums[$0] }, least: slots.map { pixels.least[$0] },
          most: slots.map { pixels.most[$0] })
      }
    }
    if let first = known(train), let second = known(validation) {
      return try LabelledImages(
        shape: train.shape, elsewhere: first.followed(by: second), labels: labels,
        classNames: train.classNames)
    }
    let size = train.shape.pixels
    var writer = try PixelWriter(budget: budget, expected: (train.count + validation.count) * size)
    for part in [train, validation] {
      for index in 0..<part.count {
        try part.withPixels(of: index) { pixels throws(DatasetError) in try writer.append(pixels) }
      }
    }
    return try LabelledImages(
      shape: train.shape, store: writer.finish(), labels: labels, classNames: train.classNames)
  }

  /// Reads a data set, see `DatasetLocator` for what `spec` may be.
  ///
  /// Only the parts asked for are read. Named data sets are looked for in the folders of the environment variable
  /// `TALLY_DATA_PATH` (separated by colons), then where the system's packages put them. Classes get the names of
  /// the data set, or those in `batches.meta.txt` (CIFAR-10) or `classes.txt` (IDX) beside the files, or else their
  /// numbers. A file of names is UTF-8 text, one name a line; class names are not empty, different from each other and free
  /// of control characters. Numbers from 0 on are all classes, up to the largest that is read; where fewer
  /// than half of them are used, only these are (see `LabelledImages.isNumbered`). A pair of files, and an archive
  /// without test images, are divided as a folder of images is: see `FolderOptions.testShare`.
  /// - Parameters:
  ///   - spec: the name, folder or files of a data set.
  ///   - parts: the parts to read.
  ///   - threads: how many files are decoded at once; the result does not depend on it.
  ///   - folder: choices for class folders of images; the seed and the share of a test part that has to be drawn, and
  ///     what is known of one that was, hold for arrays too.
  ///   - budget: memory that the pixels may take; a part that it does not suffice for is kept in a temporary file.
  /// - Throws: `DatasetError` for everything that is wrong with the name or the files.
  public static func open(
    _ spec: String, parts: DatasetParts = .all, threads: Int = 1, folder: FolderOptions = FolderOptions(),
    budget: MemoryBudget = .unlimited
  ) throws(DatasetError) -> ImageDataset {
    try open(
      spec, parts: parts, threads: threads, folder: folder, budget: budget, searchFolders: searchFolders)
  }

  /// Where named data sets are looked for.
  private static var searchFolders: [String] {
    // SAFETY: getenv's string is copied at once; nothing here changes the environment.
    let variable = unsafe getenv("TALLY_DATA_PATH").map { unsafe String(cString: $0) } ?? ""
    return variable.split(separator: ":").map(String.init) + [DatasetLocator.packageFolder]
  }

  /// The class folders that a data set consists of, and its name; nil for a set of another kind.
  static func classFolders(
    _ spec: String
  ) throws(DatasetError) -> (folders: ClassFolders, name: String)? {
    if ShardFolder.isThere(spec) { return nil }
    let location = try DatasetLocator.locate(spec, parts: .all, searchFolders: searchFolders)
    return location.folders.map { ($0, location.name) }
  }

  /// The same, with named data sets looked for in `searchFolders`.
  package static func open(
    _ spec: String, parts: DatasetParts = .all, threads: Int = 1, folder: FolderOptions = FolderOptions(),
    budget: MemoryBudget = .unlimited, searchFolders: [String]
  ) throws(DatasetError) -> ImageDataset {
    if ShardFolder.isThere(spec) { return try shards(spec, parts: parts, budget: budget) }
    let location = try DatasetLocator.locate(spec, parts: parts, searchFolders: searchFolders)
    if let folders = location.folders {
      return try ImageDataset(
        folders, name: location.name, parts: parts, threads: threads, options: folder, budget: budget)
    }
    return try ImageDataset(
      location, spec: spec, parts: parts, threads: threads, options: folder, budget: budget)
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

  /// Learns of the images to learn from of a data set that another process reads.
  /// - Parameters:
  ///   - path: the data set as it is written.
  ///   - table: the rows of Parquet files, in the form of a list's index; nil for class folders.
  ///   - reader: the other process.
  ///   - options: as for `open`.
  /// - Throws: `DatasetError` for everything that is wrong with the files.
  package static func distant(
    _ path: String, table: [UInt8]?, reader: any DistantImages, options: FolderOptions
  ) throws(DatasetError) -> ImageDataset {
    if let table {
      let list = try ImageList(index: table, path: path)
      let folders = try ClassFolders(list).read(by: reader, below: nil)
      return try ImageDataset(
        folders, name: list.name, parts: .train, threads: 1, options: options, budget: .unlimited)
    }
    var root = path
    while root.utf8.count > 1, root.hasSuffix("/") { root.removeLast() }
    let lister = DistantFolders(reader, root: root)
    let names = try lister.list(root)
    guard !DatasetLocator.isOfArrays(names),
      let folders = try ClassFolders(root, names: names, lister: lister)
    else {
      throw DatasetError(
        code: .unrecognisedFolder,
        message:
          "\(path): no class folders of \(FolderNames.readFormats) images and no Parquet files; for other "
          + "data leave out --engine")
    }
    return try ImageDataset(
      folders.read(by: reader, below: root), name: DatasetLocator.lastComponent(root), parts: .train,
      threads: 1, options: options, budget: .unlimited)
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
    (leftOut, mayHoldLearned) = (reader.leftOut, reader.mayHoldLearned)
    unreadable = reader.unreadable
    shorterSides = reader.sides.map { min($0.width, $0.height) }
    if !reader.sides.isEmpty {
      widths = DataSurvey.Range(reader.sides.map(\.width))
      heights = DataSurvey.Range(reader.sides.map(\.height))
    }
  }

  /// Reads arrays.
  private init(
    _ location: DatasetLocation, spec: String, parts: DatasetParts, threads: Int, options: FolderOptions,
    budget: MemoryBudget
  ) throws(DatasetError) {
    var reader = ArrayReader(location, spec: spec, options: options, threads: threads, budget: budget)
    let images = try reader.read(parts)
    self.init(
      name: location.name, train: images.train, test: images.test, validation: images.validation,
      budget: budget)
    (notes, warnings, record) = (reader.notes, reader.warnings, reader.record)
    mayHoldLearned = reader.mayHoldLearned
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
}
