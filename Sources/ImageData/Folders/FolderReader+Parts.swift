// Which files of class folders are a part: all of a folder's, or the halves of a folder that a test part is drawn from.

import Plumbing

extension FolderReader {
  /// Some images of a part.
  struct Selection {
    let part: ClassFolders.Part
    var files: [ClassFolders.Part.File]

    /// The groups of `files`, where parts are drawn by them.
    let groups: ImageGroups?

    /// All images of a part.
    init(_ part: ClassFolders.Part, groups: ImageGroups? = nil) {
      self.init(part, files: Array(part.files.indices), groups: groups)
    }

    /// The images come in an order drawn once and for all, so that any run of them holds all classes.
    /// - Parameters:
    ///   - files: indices of the part's files.
    ///   - groups: of all files of the part.
    init(_ part: ClassFolders.Part, files: [Int], groups: ImageGroups?) {
      self.part = part
      var order = files
      var generator = SeededGenerator(seed: 0x666f_6c64)
      generator.shuffle(&order)
      self.files = order.map { part.files[$0] }
      self.groups = groups?.subset(order)
    }
  }

  /// Divides images without a test part of their own into a training and a test part.
  /// - Parameters:
  ///   - groups: of the part's files, where a training asks for them; those that a model learned with are made here.
  ///   - wanted: the parts that are read.
  mutating func split(
    _ part: ClassFolders.Part, _ groups: ImageGroups?, wanted: DatasetParts
  ) throws(DatasetError) -> (train: Selection, test: Selection?) {
    let whole = (Selection(part, groups: groups), Selection(part))
    let learned = options.learnedFrom
    let share = learned?.testShare ?? options.testShare
    let isForModel = options.classNames != nil
    if isForModel, learned?.files != part.files.count || !(0...FolderOptions.mostTestShare).contains(share) {
      warnOfWholeUse(part, wanted, isSameByName: false)
      return whole
    }
    var groups = groups
    if isForModel, let known = options.learnedGroups {
      groups = try known.rule.map { rule throws(DatasetError) in try self.groups(of: part, by: rule).groups }
      guard groups?.record == known else {
        warnOfWholeUse(part, wanted, isSameByName: false)
        return whole
      }
    }
    let halves = try drawPart(
      labels: part.files.map { UInt16(truncatingIfNeeded: $0.label) }, groups: groups?.keys,
      partsPerMillion: share, seed: options.seed, purpose: .test)
    var record = FolderRecord(part, testShare: share)
    if learned == nil || learned?.content != nil {
      try record.addContent(of: part, heldOut: halves.held, threads: threads)
    }
    if isForModel, let learned, !record.isSame(learned) {
      warnOfWholeUse(part, wanted, isSameByName: learned.names == record.names)
      return whole
    }
    self.record = record
    let test = halves.held
    guard !test.isEmpty else { return (Selection(part, groups: groups), nil) }
    notes.append(
      "\(part.path) has no test folder: \(test.count) of its \(counted(part.files.count, "image"))"
        + (groups == nil ? "" : " in whole groups") + ", drawn by class with seed "
        + "\(options.seed), \(test.count == 1 ? "is" : "are") held out for testing")
    if groups != nil, !isForModel {
      warnings += groupWarnings(
        of: test, labels: part.files.map { UInt16(truncatingIfNeeded: $0.label) }, classNames: part.classes,
        partsPerMillion: share, name: "test")
    }
    return (
      Selection(part, files: halves.training, groups: groups), Selection(part, files: test, groups: groups)
    )
  }

  /// Says so where a model's test part cannot be found again, so that all images are used.
  private mutating func warnOfWholeUse(
    _ part: ClassFolders.Part, _ wanted: DatasetParts, isSameByName: Bool
  ) {
    let use = "all its \(part.files.count) images are used, including any training images"
    if options.learnedFrom != nil {
      warnings.append(
        isSameByName
          ? "\(part.path) has the file names of the folder that the model was trained on, but other pictures: \(use)"
          : "\(part.path) is not the folder that the model was trained on, or it has changed: \(use)"
      )
    } else if folders.hasParts && wanted.contains(.test) {
      // A folder of nothing but classes may be a test part; one called train is none.
      warnings.append("there is no test folder beside \(part.path): \(use)")
    } else {
      return
    }
    mayHoldLearned = true
  }
}
