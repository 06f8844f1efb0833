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
  var notes: [String] = []
  /// What a person must know even where little is said.
  var warnings: [String] = []
  /// Those of them that say what of a folder is not read: the same for every command that reads it.
  private(set) var leftOut: [String] = []
  /// Whether images that a model learned from may be among those to test it with.
  var mayHoldLearned = false
  /// The folder that a test part was drawn from.
  var record: FolderRecord?
  /// Sides of the images that were read, upright, and files that cannot be read.
  private(set) var sides: [(width: Int, height: Int)] = []
  private(set) var unreadable: [DataSurvey.Unreadable] = []

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
    let wanted = try select(parts)
    let classes = try classNames()
    let shape = try sizeOfImages(wanted.compactMap { $0 })
    var loaded: [Loaded?] = []
    for selection in wanted {
      loaded.append(
        try selection.map { selection throws(DatasetError) in
          try load(
            selection, classes: classes, isLearnedFrom: selection.part.path == folders.train?.path,
            width: shape.width, height: shape.height)
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

  /// The images of the training, the validation and the test part; nil for one that is not there or not asked for.
  mutating func select(_ parts: DatasetParts) throws(DatasetError) -> [Selection?] {
    let groups = try groupsToLearnFrom()?.groups
    var train = folders.train.map { Selection($0, groups: groups) }
    var test = folders.test.map { Selection($0) }
    let validation = folders.validation.map { Selection($0) }
    if folders.test == nil, let part = folders.train {
      (train, test) = try split(part, groups, wanted: parts)
    }
    let wanted = [
      parts.contains(.train) ? train : nil, parts.contains(.train) ? validation : nil,
      parts.contains(.test) ? test : nil,
    ]
    try sayWhatIsLeftOut(of: wanted.compactMap { $0?.part })
    return wanted
  }

  /// Says what of some parts is not read, or stops where that is all there is of a class.
  private mutating func sayWhatIsLeftOut(of parts: [ClassFolders.Part]) throws(DatasetError) {
    var seen: Set<String> = []
    for part in parts where seen.insert(part.path).inserted {
      if let error = part.leftOut.lostClassesError(at: part.path) { throw error }
      if let note = part.leftOut.note(at: part.path) { notes.append(note) }
      leftOut += part.leftOut.warnings(at: part.path)
    }
    if let note = folders.note { notes.append(note) }
    leftOut += folders.warnings
    warnings += leftOut
  }

  /// The classes that labels count in.
  private func classNames() throws(DatasetError) -> [String] {
    let parts = [folders.train, folders.validation, folders.test].compactMap { $0 }
    let names = options.classNames ?? (folders.train ?? parts.first)?.classes ?? []
    try ClassNames.check(
      names, of: options.classNames == nil ? parts.first?.path ?? "" : "the model's classes")
    return names
  }

  /// Width and height that all images are fitted to.
  private mutating func sizeOfImages(_ selections: [Selection]) throws(DatasetError) -> (
    width: Int, height: Int
  ) {
    if let width = options.width, let height = options.height { return (width, height) }
    var known: [Int] = []
    for selection in selections { known += try shorterSides(of: selection) }
    guard !known.isEmpty else { return (16, 16) }
    let side = FolderOptions.chosenSide(shorterSides: known)
    notes.append(
      "images are fitted to \(side)x\(side) pixels (shorter sides are \(known.min() ?? 0) to \(known.max() ?? 0))"
    )
    return (side, side)
  }

  /// The shorter sides of images by their headers. What cannot be read is left out: it is reported when it is decoded.
  private func shorterSides(of selection: Selection) throws(DatasetError) -> [Int] {
    let (part, files) = (selection.part, selection.files)
    if let distant = part.distant {
      let looks = try distant.looks(at: part)
      if files.count == part.files.count { return looks.map(\.shorterSide).filter { $0 > 0 } }
      var places = [UInt32](repeating: 0, count: (part.files.map(\.row).max() ?? 0) + 1)
      for (place, file) in part.files.enumerated() { places[file.row] = UInt32(place) }
      return files.map { looks[Int(places[$0.row])].shorterSide }.filter { $0 > 0 }
    }
    let sides = SharedBuffer<Int>(repeating: 0, count: files.count)
    parallelFor(files.count, threads: threads) { item, _ in
      guard let size = try? part.size(files[item]) else { return }
      sides.withMutableSpan(item..<item + 1) { $0[0] = min(size.width, size.height) }
    }
    return sides.array.filter { $0 > 0 }
  }

  /// Decodes images, in order; which thread does which makes no difference.
  private mutating func load(
    _ selection: Selection, classes: [String], isLearnedFrom: Bool, width: Int, height: Int
  ) throws(DatasetError) -> Loaded {
    let part = selection.part
    let labels = try self.labels(of: selection, among: classes)
    let count = selection.files.count
    let channels = options.colour == .grey ? 1 : 3
    let shape = ImageShape(width: width, height: height, channels: channels)
    if part.distant != nil {
      return try loadDistant(selection, labels: labels, shape: shape, isLearnedFrom: isLearnedFrom)
    }
    guard shape.isValid, count <= Self.mostBytes / shape.pixels else {
      throw DatasetError(
        code: .tooLong,
        message:
          "\(part.path): \(count) images of \(shape) take more than the \(Self.mostBytes) bytes allowed; "
          + "choose a smaller size or fewer images")
    }
    var pixels = try PixelWriter(budget: budget, expected: count * shape.pixels)
    let states = SharedBuffer<UInt8>(repeating: 0, count: count)
    let sizes = SharedBuffer<(width: Int32, height: Int32)>(repeating: (0, 0), count: count)
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
          let file = files[first + item]
          let read = try ImageDecoder.decodeNoting(part.read(file), path: part.path(file), fitting: shape)
          block.withMutableSpan(item * shape.pixels..<(item + 1) * shape.pixels) { out in
            for i in 0..<out.count { out[i] = read.image.pixels[i] }
          }
          states.withMutableSpan(first + item..<first + item + 1) { $0[0] = read.isGrey ? 1 : 2 }
          sizes.withMutableSpan(first + item..<first + item + 1) {
            $0[0] = (Int32(read.width), Int32(read.height))
          }
          remarks.withLock { $0.add(read.notes, item: first + item) }
        } catch {
          failures.withLock { $0[first + item] = error }
        }
      }
      try block.withSpan(0..<some * shape.pixels) { block throws(DatasetError) in try pixels.append(block) }
    }
    try report(failures.withLock { $0 }, in: selection, isLearnedFrom: isLearnedFrom)
    tell(remarks.withLock { $0 }, of: files.count, in: part.path) { part.path(files[$0]) }
    sides += sizes.array.filter { $0.width > 0 }.map { (Int($0.width), Int($0.height)) }
    unreadable += failures.withLock { $0 }.sorted { $0.key < $1.key }.map {
      DataSurvey.Unreadable(path: part.path(files[$0.key]), reason: $0.value.description)
    }
    return Loaded(
      content: .here(pixels.finish()), size: shape.pixels, states: states.array,
      labels: files.map { labels[$0.label] }, files: ImageFiles(part, files), groups: selection.groups,
      channels: channels)
  }

  /// Learns of images that another process decodes.
  private mutating func loadDistant(
    _ selection: Selection, labels: [UInt16], shape: ImageShape, isLearnedFrom: Bool
  ) throws(DatasetError) -> Loaded {
    let (part, files) = (selection.part, selection.files)
    var states = [UInt8](repeating: 0, count: files.count)
    var found = DistantPixels(
      sums: [UInt64](repeating: 0, count: files.count), least: states, most: states)
    var greySums = shape.channels == 3 ? found.sums : []
    var failures: [Int: DatasetError] = [:]
    var remarks = DecodingNotes()
    try part.distant?.fit(files, of: part, to: shape) { item, look in
      failures[item] = look.error(naming: part.path(files[item]))
      states[item] = look.error != nil ? 0 : look.isGrey ? 1 : 2
      (found.sums[item], found.least[item], found.most[item]) = (look.sum, look.least, look.most)
      // Of use only as long as all images are grey.
      if states[item] == 2 { greySums = [] }
      if !greySums.isEmpty { greySums[item] = look.greySum }
      remarks.add(look.notes, item: item)
    }
    try report(failures, in: selection, isLearnedFrom: isLearnedFrom)
    tell(remarks, of: files.count, in: part.path) { part.path(files[$0]) }
    return Loaded(
      content: .elsewhere(found, greySums: greySums), size: shape.pixels, states: states,
      labels: files.map { labels[$0.label] }, files: ImageFiles(part, files), groups: selection.groups,
      channels: shape.channels)
  }

  /// Says which images were read though something is the matter with them.
  mutating func tell(_ remarks: DecodingNotes, of count: Int, in path: String, name: (Int) -> String) {
    let said = remarks.lines(of: count, in: path, name: name)
    warnings += said.serious
    notes += said.others
  }

  /// The labels of a part's classes, which all must be among those of the data set or model.
  /// - Throws: `DatasetError` where they are not, and where there are no images.
  private func labels(
    of selection: Selection, among classes: [String]
  ) throws(DatasetError) -> [UInt16] {
    let part = selection.part
    let places = Dictionary(zip(classes, 0...), uniquingKeysWith: { first, _ in first })
    var labels: [UInt16] = []
    for name in part.classes {
      guard let label = places[name] else {
        let known = classes.prefix(10).joined(separator: ", ") + (classes.count > 10 ? ", …" : "")
        throw DatasetError(
          code: .labelOutOfRange,
          message:
            "\(part.path)/\(name): \"\(name)\" is not one of the classes \(known); rename the folder or "
            + "move it away")
      }
      labels.append(UInt16(label))
    }
    guard !selection.files.isEmpty else {
      throw DatasetError(
        code: .empty, message: "\(part.path): holds no \(FolderNames.readFormats) images in class folders")
    }
    return labels
  }

  /// Says which images could not be read, or stops for them: for a second one and more than one in a hundred, where
  /// none is left, and where a class to learn has none left.
  private mutating func report(
    _ failures: [Int: DatasetError], in selection: Selection, isLearnedFrom: Bool
  ) throws(DatasetError) {
    guard !failures.isEmpty else { return }
    let (path, count) = (selection.part.path, selection.files.count)
    let described = failures.values.map(\.description).sorted()
    func refuse(_ limit: String) -> DatasetError {
      DatasetError(
        code: .damagedImage,
        message:
          "\(path): \(failures.count) of \(count) images cannot be read, \(limit); the first is \(described[0])"
      )
    }
    if options.isStrict { throw refuse("but all must be") }
    guard failures.count < count else { throw refuse("which leaves none") }
    guard failures.count <= max(1, count / 100) else {
      throw refuse(count < 100 ? "more than one" : "more than one in a hundred")
    }
    var left = [Int](repeating: 0, count: selection.part.classes.count)
    for (item, file) in selection.files.enumerated() where failures[item] == nil { left[file.label] += 1 }
    if isLearnedFrom,
      let lost = failures.keys.map({ selection.files[$0].label }).sorted().first(where: { left[$0] == 0 })
    {
      throw refuse("which leaves none of the class \"\(selection.part.classes[lost])\"")
    }
    let shown = described.prefix(3).joined(separator: "; ") + (described.count > 3 ? "; …" : "")
    warnings.append("\(path): skipped \(failures.count) of \(count) images that cannot be read: \(shown)")
  }

  /// Images as they were decoded.
  private struct Loaded {
    /// Their pixels, or what is known of them; the latter in grey, too, if all of them show no colour.
    enum Content {
      case here(ByteStore)
      case elsewhere(DistantPixels, greySums: [UInt64])
    }
    let content: Content
    /// Bytes of an image's pixels.
    let size: Int
    /// 0 = not read, 1 = shows no colour, 2 = colour.
    let states: [UInt8]
    let labels: [UInt16]
    let files: ImageFiles
    let groups: ImageGroups?
    let channels: Int

    var showsColour: Bool { states.contains(2) }

    func images(
      width: Int, height: Int, isColour: Bool, classNames: [String], budget: MemoryBudget
    ) throws(DatasetError) -> LabelledImages {
      let target = ImageShape(width: width, height: height, channels: isColour ? 3 : 1)
      let read = states.indices.filter { states[$0] != 0 }
      let pixels: ByteStore
      switch content {
      case .here(let store): pixels = store
      case .elsewhere(let found, let greySums):
        let sums = channels == target.channels ? found.sums : greySums
        let kept = DistantPixels(
          sums: read.map { sums[$0] }, least: read.map { found.least[$0] }, most: read.map { found.most[$0] })
        return try LabelledImages(
          shape: target, elsewhere: kept, labels: read.map { labels[$0] }, classNames: classNames
        ).grouped(groups?.subset(read)).read(from: files.subset(read))
      }
      guard read.count < states.count || channels != target.channels else {
        return try LabelledImages(shape: target, store: pixels, labels: labels, classNames: classNames)
          .grouped(groups).read(from: files)
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
        shape: target, store: values.finish(), labels: read.map { labels[$0] }, classNames: classNames
      ).grouped(groups?.subset(read)).read(from: files.subset(read))
    }
  }
}
