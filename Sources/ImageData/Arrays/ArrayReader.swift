// From files of arrays to labelled images: which parts are read, which classes they have, and a test part where there
// is none.

import Plumbing

/// Reads the images of a data set of arrays: IDX, .npy, .npz, CIFAR.
struct ArrayReader {
  let location: DatasetLocation
  /// The data set as it was written.
  let spec: String
  let options: FolderOptions
  let threads: Int
  let budget: MemoryBudget
  /// What a person should know, in order.
  private(set) var notes: [String] = []
  /// What a person must know even where little is said.
  private(set) var warnings: [String] = []
  /// Whether images that a model learned from may be among those to test it with.
  private(set) var mayHoldLearned = false
  /// The set that a test part was drawn from.
  private(set) var record: FolderRecord?

  init(
    _ location: DatasetLocation, spec: String, options: FolderOptions, threads: Int, budget: MemoryBudget
  ) {
    (self.location, self.spec, self.options) = (location, spec, options)
    (self.threads, self.budget) = (threads, budget)
    (notes, warnings) = (location.notes, location.warnings)
  }

  /// Reads some parts; a part that is not there or not asked for is nil.
  mutating func read(
    _ parts: DatasetParts
  ) throws(DatasetError) -> (train: LabelledImages?, validation: LabelledImages?, test: LabelledImages?) {
    let found = try contents(parts)
    let all = [found.train, found.validation, found.test].compactMap { $0 }
    notes += all.flatMap(\.notes)
    for (part, name) in [(found.validation, "validation"), (found.test, "test")] {
      guard let train = found.train, let part, part.shape != train.shape else { continue }
      throw DatasetError(
        code: .wrongShape,
        message: "\(spec): the training images are \(train.shape) but the \(name) images are \(part.shape); "
          + "use parts of one data set")
    }
    let numbering = try numbering(all)
    if let note = numbering.note { notes.append("\(location.name): \(note)") }
    func named(_ part: PartContent?) throws(DatasetError) -> LabelledImages? {
      guard let part else { return nil }
      let images = try LabelledImages(
        shape: part.shape, store: part.pixels, labels: numbering.labels(part.values),
        classNames: numbering.names)
      return hasNames ? images : images.numbered()
    }
    let images = (try named(found.train), try named(found.validation), try named(found.test))
    guard let whole = found.train, let ungrouped = images.0 else { return images }
    let train = try groupedToLearnFrom(ungrouped)
    if found.hasTest { return (train, images.1, images.2) }
    let halves = try divide(whole, train)
    return (
      parts.contains(.train) ? halves.train : nil, images.1, parts.contains(.test) ? halves.test : nil
    )
  }

  /// What the record of a set of arrays says before its digest, as folders have records too.
  private static let kind = "arrays "

  /// Whether classes have names of their own.
  private var hasNames: Bool { location.classNames != nil || location.classNamesFile != nil }

  private func contents(_ parts: DatasetParts) throws(DatasetError) -> NPYReader.Parts {
    if let archive = location.archive {
      return try NPYReader.read(archive: archive, parts: parts, budget: budget)
    }
    func read(_ files: DatasetLocation.Files?) throws(DatasetError) -> PartContent? {
      guard let files else { return nil }
      return try PartContent(files, threads: threads, budget: budget)
    }
    let isLearning = parts.contains(.train) || location.isWhole
    return NPYReader.Parts(
      train: try isLearning ? read(location.train) : nil, validation: nil,
      test: try parts.contains(.test) ? read(location.test) : nil, hasTest: !location.isWhole)
  }

  /// The names that the data set itself or a file beside it gives the classes.
  private func classNames() throws(DatasetError) -> [String]? {
    guard let path = location.classNamesFile else { return location.classNames }
    return try ClassNameFile.read(path)
  }

  /// The classes of all parts that were read.
  private func numbering(_ parts: [PartContent]) throws(DatasetError) -> ClassNumbering {
    let values = parts.map(\.values)
    guard let names = try classNames() else {
      return try ClassNumbering(values, least: parts.map(\.classes).max() ?? 0, name: spec)
    }
    let classes = max(parts.map(\.classes).max() ?? 0, (values.compactMap { $0.max() }.max() ?? -1) + 1)
    guard names.count >= classes else {
      throw DatasetError(
        code: .countMismatch,
        message: "\(location.classNamesFile ?? location.name): names \(names.count) classes, "
          + "but there are labels up to \(classes - 1); add the missing names, one per line")
    }
    return ClassNumbering(names: names)
  }

  /// The images to learn from with the groups that the options ask for, and what is to be said of these.
  private mutating func groupedToLearnFrom(_ images: LabelledImages) throws(DatasetError) -> LabelledImages {
    guard let rule = options.groupRule else { return images }
    let groups = try groups(by: rule, count: images.count)
    let said = groups.lines(location.name)
    notes.append(said.note)
    warnings += said.warnings
    return images.grouped(groups.groups)
  }

  /// Divides images that have no test part, as folders are divided.
  private mutating func divide(
    _ content: PartContent, _ images: LabelledImages
  ) throws(DatasetError) -> (train: LabelledImages, test: LabelledImages?) {
    let record = FolderRecord(
      testShare: options.learnedFrom?.testShare ?? options.testShare, files: content.values.count,
      names: Self.kind + hexadecimal(content.digest))
    if options.classNames != nil, options.learnedFrom?.names != record.names {
      if options.learnedFrom?.names.hasPrefix(Self.kind) ?? false {
        mayHoldLearned = true
        warnings.append(
          "\(spec) is not the set that the model was trained on, or it has changed: all its "
            + "\(images.count) images are used, including any training images")
      }
      return (images, images)
    }
    // Without a test part it is a set to learn from, whole, of which there is nothing to be found again.
    guard record.testShare > 0 else { return (images, nil) }
    var images = images
    if options.classNames != nil, let known = options.learnedGroups {
      images = images.grouped(try groups(of: known, count: images.count))
    }
    self.record = record
    // The classes of these images alone, so that other parts have no say in what is drawn.
    let labels = try ClassNumbering([content.values], least: 0, name: spec).labels(content.values)
    let halves = try drawPart(
      labels: labels, groups: images.groups?.keys, partsPerMillion: record.testShare, seed: options.seed,
      purpose: .test)
    guard !halves.held.isEmpty else { return (images, nil) }
    notes.append(
      "\(location.name) has no test images: \(halves.held.count) of its \(counted(images.count, "image"))"
        + (images.groups == nil ? "" : " in whole groups")
        + ", drawn by class with seed \(options.seed), are held out for testing")
    if images.groups != nil, options.classNames == nil {
      warnings += groupWarnings(
        of: halves.held, labels: images.labels, classNames: images.classNames,
        partsPerMillion: record.testShare, name: "test")
    }
    return (images.subset(halves.training), images.subset(halves.held))
  }
}
