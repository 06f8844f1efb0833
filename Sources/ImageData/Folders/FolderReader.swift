// From class folders to labelled images: which part, what size, decoding on all threads, what could not be read.

import Plumbing
import Synchronization

/// Reads the images of class folders.
struct FolderReader {
  /// Most bytes that all images of a data set take up.
  static let mostBytes = 1 << 32
  /// Bytes of the images that are decoded before they go where they are kept.
  private static let blockBytes = 1 << 24

  let folders: ClassFolders
  let options: FolderOptions
  let threads: Int
  let budget: MemoryBudget
  /// What a person should know, in order.
  private(set) var notes: [String] = []
  /// What a person must know even where little is said.
  private(set) var warnings: [String] = []
  /// The folder that a test part was drawn from.
  private(set) var record: FolderRecord?

  init(_ folders: ClassFolders, options: FolderOptions, threads: Int, budget: MemoryBudget) {
    self.budget = budget
    self.folders = folders
    self.options = options
    self.threads = threads
  }

  /// Reads some parts; a part that is not there or not asked for is nil.
  mutating func read(
    _ parts: DatasetParts
  ) throws(DatasetError) -> (train: LabelledImages?, validation: LabelledImages?, test: LabelledImages?) {
    var train = folders.train.map { Selection($0) }
    var test = folders.test.map { Selection($0) }
    let validation = folders.validation.map { Selection($0) }
    if folders.test == nil, let part = folders.train { (train, test) = split(part) }
    let classes = try classNames()
    let wanted = [
      parts.contains(.train) ? train : nil, parts.contains(.train) ? validation : nil,
      parts.contains(.test) ? test : nil,
    ]
    for part in Set(wanted.compactMap { $0?.part.path }) {
      let part = wanted.compactMap { $0?.part }.first { $0.path == part }
      if let said = part?.passedOver { notes.append(said) }
    }
    if folders.hasParts, !folders.passedOver.isEmpty {
      notes.append("skipped the folders \(folders.passedOver.prefix(5).joined(separator: ", "))")
    }
    let shape = try sizeOfImages(wanted.compactMap { $0 })
    var loaded: [Loaded?] = []
    for selection in wanted {
      loaded.append(
        try selection.map { selection throws(DatasetError) in
          try load(selection, classes: classes, width: shape.width, height: shape.height)
        })
    }
    let isColour = options.colour.map { $0 == .rgb } ?? loaded.contains { $0?.showsColour ?? false }
    if options.colour == nil, loaded.contains(where: { $0 != nil }) {
      notes.append(isColour ? "images in colour" : "all images are grey")
    }
    var images: [LabelledImages?] = []
    for part in loaded {
      images.append(
        try part.map { part throws(DatasetError) in
          try part.images(
            width: shape.width, height: shape.height, isColour: isColour, classNames: classes, budget: budget)
        })
    }
    return (images[0], images[1], images[2])
  }

  /// Some images of a part.
  private struct Selection {
    let part: ClassFolders.Part
    var files: [ClassFolders.Part.File]

    init(_ part: ClassFolders.Part) { self.init(part, files: part.files) }

    /// The images come in an order drawn once and for all, so that any run of them holds all classes.
    init(_ part: ClassFolders.Part, files: [ClassFolders.Part.File]) {
      self.part = part
      self.files = files
      var generator = SeededGenerator(seed: 0x666f_6c64)
      generator.shuffle(&self.files)
    }
  }

  /// Divides a folder without parts into a training and a test part.
  private mutating func split(_ part: ClassFolders.Part) -> (train: Selection, test: Selection?) {
    let record = FolderRecord(part, testShare: options.learnedFrom?.testShare ?? options.testShare)
    if options.classNames != nil, options.learnedFrom?.names != record.names {
      if options.learnedFrom != nil {
        warnings.append(
          "\(part.path) is not the folder that the model was trained on, or it has changed: all its "
            + "\(part.files.count) images are used, including any training images")
      }
      return (Selection(part), Selection(part))
    }
    self.record = record
    let halves = stratifiedSplit(
      labels: part.files.map { UInt16(truncatingIfNeeded: $0.label) }, partsPerMillion: record.testShare,
      seed: options.seed)
    let test = halves.validation
    guard !test.isEmpty else { return (Selection(part), nil) }
    notes.append(
      "\(part.path) has no test folder: \(test.count) of its \(part.files.count) images, drawn by class with seed "
        + "\(options.seed), are held out for testing")
    return (
      Selection(part, files: halves.training.map { part.files[$0] }),
      Selection(part, files: test.map { part.files[$0] })
    )
  }

  /// The classes that labels count in.
  private func classNames() throws(DatasetError) -> [String] {
    let parts = [folders.train, folders.validation, folders.test].compactMap { $0 }
    let names = options.classNames ?? (folders.train ?? parts.first)?.classes ?? []
    guard names.count <= Int(UInt16.max) else {
      throw DatasetError(
        code: .countMismatch,
        message:
          "\(parts.first?.path ?? ""): \(names.count) class folders, but at most \(UInt16.max) are possible")
    }
    return names
  }

  /// Width and height that all images are fitted to.
  private mutating func sizeOfImages(_ selections: [Selection]) throws(DatasetError) -> (
    width: Int, height: Int
  ) {
    if let width = options.width, let height = options.height { return (width, height) }
    let paths = selections.flatMap { selection in selection.files.map { selection.part.path($0) } }
    let sides = SharedBuffer<Int>(repeating: 0, count: paths.count)
    parallelFor(paths.count, threads: threads) { item, _ in
      // What cannot be read is reported when it is decoded.
      guard let size = try? ImageFile.size(paths[item]) else { return }
      sides.withMutableSpan(item..<item + 1) { $0[0] = min(size.width, size.height) }
    }
    let known = sides.array.filter { $0 > 0 }
    guard !known.isEmpty else { return (16, 16) }
    let side = FolderOptions.chosenSide(shorterSides: known)
    notes.append(
      "images are fitted to \(side)x\(side) pixels (shorter sides are \(known.min() ?? 0) to \(known.max() ?? 0))"
    )
    return (side, side)
  }

  /// Decodes images, in order; which thread does which makes no difference.
  private mutating func load(
    _ selection: Selection, classes: [String], width: Int, height: Int
  ) throws(DatasetError) -> Loaded {
    let part = selection.part
    var labels: [Int: UInt16] = [:]
    for (index, name) in part.classes.enumerated() {
      guard let label = classes.firstIndex(of: name) else {
        let known = classes.prefix(10).joined(separator: ", ") + (classes.count > 10 ? ", …" : "")
        throw DatasetError(
          code: .labelOutOfRange,
          message:
            "\(part.path)/\(name): \"\(name)\" is not one of the classes \(known); rename the folder or "
            + "move it away")
      }
      labels[index] = UInt16(label)
    }
    let count = selection.files.count
    guard count > 0 else {
      throw DatasetError(
        code: .empty, message: "\(part.path): holds no PNG, JPEG or WebP images in class folders")
    }
    let channels = options.colour == .grey ? 1 : 3
    let shape = ImageShape(width: width, height: height, channels: channels)
    guard shape.isValid, count <= Self.mostBytes / shape.pixels else {
      throw DatasetError(
        code: .tooLong,
        message:
          "\(part.path): \(count) images of \(shape) take more than the \(Self.mostBytes) bytes allowed; "
          + "choose a smaller size or fewer images")
    }
    var pixels = try PixelWriter(budget: budget, expected: count * shape.pixels)
    let states = SharedBuffer<UInt8>(repeating: 0, count: count)
    let failures = Mutex<[Int: DatasetError]>([:])
    let remarks = Mutex(DecodingNotes())
    let files = selection.files
    // Some images at a time, so that only these are in memory where the budget is small.
    let block = SharedBuffer<UInt8>(
      repeating: 0, count: min(count, max(4 * threads, Self.blockBytes / shape.pixels)) * shape.pixels)
    for first in stride(from: 0, to: count, by: block.count / shape.pixels) {
      let some = min(count - first, block.count / shape.pixels)
      parallelFor(some, threads: threads) { item, _ in
        do throws(DatasetError) {
          let read = try ImageFile.loadNoting(part.path(files[first + item]), fitting: shape)
          block.withMutableSpan(item * shape.pixels..<(item + 1) * shape.pixels) { out in
            for i in 0..<out.count { out[i] = read.image.pixels[i] }
          }
          states.withMutableSpan(first + item..<first + item + 1) { $0[0] = read.isGrey ? 1 : 2 }
          remarks.withLock { $0.add(read.notes, item: first + item) }
        } catch {
          failures.withLock { $0[first + item] = error }
        }
      }
      try block.withSpan(0..<some * shape.pixels) { block throws(DatasetError) in try pixels.append(block) }
    }
    try report(failures.withLock { $0 }, of: count, in: part.path)
    let said = remarks.withLock { $0 }.lines(of: count, in: part.path) { part.path(files[$0]) }
    warnings += said.serious
    notes += said.others
    let size = shape.pixels
    return Loaded(
      pixels: pixels.finish(), size: size, states: states.array,
      labels: files.map { labels[$0.label] ?? 0 }, channels: channels)
  }

  /// Says which images could not be read, or stops for them.
  private mutating func report(
    _ failures: [Int: DatasetError], of count: Int, in path: String
  ) throws(DatasetError) {
    guard !failures.isEmpty else { return }
    let described = failures.values.map(\.description).sorted()
    if options.isStrict || failures.count * 100 > count {
      let limit = options.isStrict ? "but all must be" : "more than one in a hundred"
      throw DatasetError(
        code: .damagedImage,
        message:
          "\(path): \(failures.count) of \(count) images cannot be read, \(limit); the first is \(described[0])"
      )
    }
    let shown = described.prefix(3).joined(separator: "; ") + (described.count > 3 ? "; …" : "")
    warnings.append("\(path): skipped \(failures.count) of \(count) images that cannot be read: \(shown)")
  }

  /// Images as they were decoded.
  private struct Loaded {
    /// `size` bytes an image.
    let pixels: ByteStore
    let size: Int
    /// 0 = not read, 1 = shows no colour, 2 = colour.
    let states: [UInt8]
    let labels: [UInt16]
    let channels: Int

    var showsColour: Bool { states.contains(2) }

    func images(
      width: Int, height: Int, isColour: Bool, classNames: [String], budget: MemoryBudget
    ) throws(DatasetError) -> LabelledImages {
      let target = ImageShape(width: width, height: height, channels: isColour ? 3 : 1)
      let read = states.indices.filter { states[$0] != 0 }
      guard read.count < states.count || channels != target.channels else {
        return try LabelledImages(shape: target, store: pixels, labels: labels, classNames: classNames)
      }
      var values = try PixelWriter(budget: budget, expected: read.count * target.pixels)
      for item in read {
        try pixels.withSpan(item * size..<(item + 1) * size) { image throws(DatasetError) in
          if channels == target.channels { return try values.append(image) }
          // Only where all images are grey: R = G = B everywhere.
          let grey = stride(from: 0, to: image.count, by: 3).map { image[$0] }
          try values.append(grey.span)
        }
      }
      return try LabelledImages(
        shape: target, store: values.finish(), labels: read.map { labels[$0] }, classNames: classNames)
    }
  }
}
