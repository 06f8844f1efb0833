// The images of a training as its options say, with a word to the screen on how they were read.

import Foundation
import ImageData
import Plumbing

/// All images of a training and which of them are for validation.
struct LearningImages {
  let name: String
  let images: LabelledImages
  /// Validation images, where the data set itself says so.
  let validation: [Int]?
  /// The folder or the arrays that a test part was drawn from.
  let folder: FolderRecord?
  /// All that was read.
  let dataset: ImageDataset

  /// - Parameters:
  ///   - python: reads Parquet files.
  ///   - isOfSite: whether they are one site's part of a set, which may have a single class.
  init(
    _ origin: RunOrigin, python: String?, threads: Int, budget: MemoryBudget, display: ProgressDisplay,
    isOfSite: Bool = false
  ) throws {
    try self.init(origin, budget: budget, display: display, isOfSite: isOfSite) {
      try TableImages(columns: origin.table, python: python).open(origin.data) {
        try ImageDataset.open(
          $0, parts: .train, threads: threads, folder: origin.folder ?? FolderOptions(seed: origin.seed),
          budget: budget)
      }
    }
  }

  /// The same with a data set opened by `open`.
  init(
    _ origin: RunOrigin, budget: MemoryBudget, display: ProgressDisplay, isOfSite: Bool = false,
    open: () throws -> ImageDataset
  ) throws {
    let begun = Date()
    let dataset = try open()
    let takesTestShare = dataset.isOfImageFiles || dataset.record != nil || origin.folder?.testShare == 0
    if !dataset.isOfImageFiles, let option = origin.imageOption, option != "--group",
      option != "--test" || !takesTestShare
    {
      throw UserError(
        description: "\(option) is for folders of images; leave it out for \(dataset.name)",
        code: 2)
    }
    if origin.folder?.groupRule != nil, dataset.validation != nil || origin.validation == 0,
      (dataset.record?.testShare ?? 0) == 0
    {
      throw UserError(
        description:
          "--group: no part of \(dataset.name) is drawn (it has its own, or --validation and --test are 0); leave it out",
        code: 2)
    }
    if dataset.validation != nil { display.note("using the validation images of \(dataset.name)") }
    if dataset.isOfImageFiles, let read = dataset.train.map({ $0.count + (dataset.validation?.count ?? 0) }) {
      let seconds = max(0.001, Date().timeIntervalSince(begun))
      display.note(
        "read \(counted(read, "image")), " + String(format: "%.0f per second", Double(read) / seconds))
    }
    for note in dataset.notes { display.note(note) }
    for warning in dataset.warnings { complain("warning: \(warning)") }
    (images, validation) = try dataset.learning(limit: origin.limit, budget: budget)
    let learned = try origin.limit.map { try dataset.requireTrain().prefix($0) } ?? dataset.requireTrain()
    if !isOfSite { try learned.validateForTraining() }
    for oddity in images.oddities() { complain("warning: \(dataset.name): \(oddity)") }
    (name, folder, self.dataset) = (dataset.name, dataset.record, dataset)
  }

  /// Warns of a validation part that was drawn by whole groups and is not as wanted.
  /// - Parameters:
  ///   - part: the indices of its images.
  ///   - all: the images as they are learned from, validation images among them.
  ///   - share: the fraction that was wanted, parts per million.
  func warnOfParts(_ part: [Int], of all: LabelledImages, share: Int) {
    guard images.groups != nil, validation == nil else { return }
    // Repeats of rare classes are not counted.
    let slots = Dictionary(
      all.labels.indices.map { (all.slot(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
    let distinct = slots.values.sorted()
    let places = Dictionary(zip(distinct, 0...), uniquingKeysWith: { first, _ in first })
    let lines = groupWarnings(
      of: part.compactMap { places[$0] }, labels: distinct.map { all.labels[$0] }, classNames: all.classNames,
      partsPerMillion: share, name: "validation")
    for line in lines { complain("warning: \(name): \(line)") }
  }
}

extension ImageDataset {
  /// What a training learns from: the first `limit` training images with the validation images that the data set itself
  /// sets aside behind them, and which these are.
  func learning(
    limit: Int?, budget: MemoryBudget = .unlimited
  ) throws -> (images: LabelledImages, validation: [Int]?) {
    try ImageDataset(
      name: name, train: limit.map { try requireTrain().prefix($0) } ?? train, test: nil,
      validation: validation, budget: budget
    ).requireLearning()
  }
}
