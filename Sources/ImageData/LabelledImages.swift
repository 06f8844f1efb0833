// Images with their classes. See ImageDataset for where they come from, ByteStore for where their bytes are.

public import Plumbing

/// N images of one shape with one class each.
///
/// The pixels lie in one store, H,W,C channels-last; copies and parts of this value share it.
public struct LabelledImages: Sendable {
  /// The shape of every image.
  public let shape: ImageShape
  /// The pixels of these images, and perhaps of others, `shape.pixels` bytes each.
  public let store: ByteStore
  /// Which image of the store each of these is; nil for the first `count` in order.
  private let slots: [UInt32]?
  /// The class of every image, an index into `classNames`.
  public let labels: [UInt16]
  /// The names of the classes.
  public let classNames: [String]
  /// Whether the classes have no names of their own: they are called by the numbers that label them.
  public let isNumbered: Bool
  /// Which of them belong together; nil where parts are drawn image by image.
  package private(set) var groups: ImageGroups?
  /// What is known of the images of the store where another process has them; nil where they are here.
  private(set) var elsewhere: DistantPixels?
  /// The file of every image of the store; nil where they are not from files of their own, or nobody knows.
  private var files: ImageFiles?

  /// Puts images together that are in memory: `labels.count * shape.pixels` values.
  /// - Throws: as for a store.
  public init(shape: ImageShape, pixels: [UInt8], labels: [UInt16], classNames: [String]) throws(DatasetError)
  {
    try self.init(shape: shape, store: ByteStore(pixels), labels: labels, classNames: classNames)
  }

  /// Puts images together.
  /// - Throws: `DatasetError` when the shape is out of limits, the arrays do not fit each other, a label has no class
  ///   name, or the class names are not text or not different from each other. No images at all is allowed.
  public init(shape: ImageShape, store: ByteStore, labels: [UInt16], classNames: [String])
    throws(DatasetError)
  {
    try Self.check(shape, labels, classNames)
    guard store.count == labels.count * shape.pixels else {
      throw DatasetError(
        code: .countMismatch,
        message:
          "\(labels.count) labels need \(labels.count * shape.pixels) pixel values of \(shape) images, "
          + "but there are \(store.count)")
    }
    self.init(shape: shape, store: store, slots: nil, labels: labels, classNames: classNames)
  }

  /// Puts images together that another process has: their pixels must not be asked for.
  /// - Throws: as for a store.
  /// - Precondition: something is known of every image.
  init(shape: ImageShape, elsewhere: DistantPixels, labels: [UInt16], classNames: [String])
    throws(DatasetError)
  {
    precondition(elsewhere.sums.count == labels.count, "every image has a checksum")
    try Self.check(shape, labels, classNames)
    self.init(
      shape: shape, store: ByteStore([]), slots: nil, labels: labels, classNames: classNames,
      elsewhere: elsewhere)
  }

  private static func check(
    _ shape: ImageShape, _ labels: [UInt16], _ classNames: [String]
  ) throws(DatasetError) {
    guard shape.isValid else {
      throw DatasetError(
        code: .wrongShape,
        message: "images of \(shape): each side and channel count must be at least 1 and within the limits")
    }
    guard labels.count <= UInt32.max else {
      throw DatasetError(code: .tooLong, message: "\(labels.count) images are more than \(UInt32.max)")
    }
    try ClassNames.check(classNames, of: "the class names")
    if let index = labels.firstIndex(where: { $0 >= classNames.count }) {
      throw DatasetError(
        code: .labelOutOfRange,
        message:
          "image \(index) has label \(labels[index]), but there are only \(classNames.count) class names")
    }
  }

  private init(
    shape: ImageShape, store: ByteStore, slots: [UInt32]?, labels: [UInt16], classNames: [String],
    isNumbered: Bool = false, groups: ImageGroups? = nil, files: ImageFiles? = nil,
    elsewhere: DistantPixels? = nil
  ) {
    self.elsewhere = elsewhere
    self.shape = shape
    self.store = store
    self.slots = slots
    self.labels = labels
    self.classNames = classNames
    self.isNumbered = isNumbered
    self.groups = groups
    self.files = files
  }

  /// The same images; their classes' names are only the numbers that label them.
  package func numbered() -> LabelledImages {
    LabelledImages(
      shape: shape, store: store, slots: slots, labels: labels, classNames: classNames, isNumbered: true,
      groups: groups, files: files, elsewhere: elsewhere)
  }

  /// The same images, of which parts are drawn by whole groups.
  /// - Precondition: the groups are those of these images.
  package func grouped(_ groups: ImageGroups?) -> LabelledImages {
    precondition(groups.map { $0.keys.count == count } ?? true, "every image has a group")
    var copy = self
    copy.groups = groups
    return copy
  }

  /// The same images, of which it is known which files they were read from.
  /// - Precondition: there is a file for every image of the store.
  func read(from files: ImageFiles?) -> LabelledImages {
    var copy = self
    copy.files = files
    return copy
  }

  /// The files of all of these images, in their order.
  var wholeFiles: ImageFiles? {
    files.map { files in slots.map { files.subset($0.map { Int($0) }) } ?? files.subset(Array(0..<count)) }
  }

  /// The file that an image was read from, as `FileName` gives it; nil where images are not files of their own.
  /// - Precondition: the index is in 0 ..< count.
  public func path(of index: Int) -> String? { files?[slot(of: index)] }

  /// Where another process finds the images of the store, see `ImageFiles.eachDistantRun`.
  func eachDistantRun(
    _ wave: Int, _ body: ([Int], DistantPlaces) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    try files?.eachDistantRun(wave, body)
  }

  /// The same images with other labels.
  /// - Precondition: there is a label for every image, and a name for every label.
  func relabelled(_ labels: [UInt16], classNames: [String]) -> LabelledImages {
    LabelledImages(
      shape: shape, store: store, slots: slots, labels: labels, classNames: classNames, groups: groups,
      files: files, elsewhere: elsewhere)
  }

  /// Images of a larger set that keep the indices they have there; the others are not there and must not be asked for.
  ///
  /// Every image of the whole set takes 6 bytes.
  /// - Parameters:
  ///   - labels: of the images in the store, in its order.
  ///   - indices: of the images in the store, in its order.
  ///   - total: images of the whole set.
  /// - Precondition: store, labels and indices fit each other, and every index is in 0 ..< total.
  package init(
    shape: ImageShape, store: ByteStore, labels: [UInt16], classNames: [String], at indices: [Int],
    of total: Int
  ) {
    precondition(labels.count == indices.count && store.count == labels.count * shape.pixels)
    var all = [UInt16](repeating: 0, count: total)
    var slots = [UInt32](repeating: 0, count: total)
    for (slot, index) in indices.enumerated() {
      all[index] = labels[slot]
      slots[index] = UInt32(slot)
    }
    self.init(shape: shape, store: store, slots: slots, labels: all, classNames: classNames)
  }

  /// The number of images.
  public var count: Int { labels.count }

  /// Which image of the store an image is: equal for repeats of one image.
  /// - Precondition: the index is in 0 ..< count.
  public func slot(of index: Int) -> Int {
    precondition(index < count, "no such image")
    return slots.map { Int($0[index]) } ?? index
  }

  /// Calls `body` with the pixels of an image, `shape.pixels` values; any number of threads may do so at once.
  /// - Precondition: the index is in 0 ..< count, and the images are here.
  public func withPixels<R, E: Error>(
    of index: Int, _ body: (Span<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    let start = slot(of: index) * shape.pixels
    return try store.withSpan(start..<start + shape.pixels, body)
  }

  /// The pixels of an image, `shape.pixels` values.
  /// - Precondition: the index is in 0 ..< count.
  public func pixels(of index: Int) -> [UInt8] {
    withPixels(of: index) { pixels in
      [UInt8](capacity: pixels.count) { output in
        for i in 0..<pixels.count { output.append(pixels[i]) }
      }
    }
  }

  /// The pixels of all images in order, `count * shape.pixels` values: a copy unless the store holds just these, in
  /// memory.
  public var pixels: [UInt8] {
    guard slots == nil else { return (0..<count).flatMap { pixels(of: $0) } }
    return count * shape.pixels == store.count ? store.bytes : Array(store.bytes.prefix(count * shape.pixels))
  }

  /// The images at `indices`, in that order, sharing the pixels; an index may occur more than once.
  /// - Precondition: every index is in 0 ..< count.
  public func subset(_ indices: [Int]) -> LabelledImages {
    LabelledImages(
      shape: shape, store: store, slots: indices.map { UInt32(slot(of: $0)) },
      labels: indices.map { labels[$0] }, classNames: classNames, isNumbered: isNumbered,
      groups: groups?.subset(indices), files: files, elsewhere: elsewhere)
  }

  /// The first `n` images, or all when there are fewer, sharing the pixels.
  /// - Precondition: n is not negative.
  public func prefix(_ n: Int) -> LabelledImages {
    n >= count
      ? self
      : LabelledImages(
        shape: shape, store: store, slots: slots.map { Array($0[..<n]) }, labels: Array(labels[..<n]),
        classNames: classNames, isNumbered: isNumbered, groups: groups?.subset(Array(0..<n)), files: files,
        elsewhere: elsewhere)
  }

  /// Up to `count` of the images, evenly spread.
  public func spread(_ count: Int) -> LabelledImages {
    self.count <= count ? self : subset((0..<count).map { $0 * self.count / count })
  }

  /// The number of images of every class.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classNames.count)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }

  /// A checksum of everything that a result can depend on: the same images in the same order give the same digest.
  ///
  /// CRC-64 over, in this order: width, height, channels; the number of class names, then for each its length in
  /// bytes and its UTF-8 bytes; the number of images; the labels, 2 bytes each; the pixels. Numbers are 8 bytes.
  /// All little-endian.
  /// - Complexity: reads every pixel once.
  public var digest: UInt64 {
    var head: [UInt8] = []
    func append(_ number: Int) {
      for byte in 0..<8 { head.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
    }
    append(shape.width)
    append(shape.height)
    append(shape.channels)
    append(classNames.count)
    for name in classNames {
      append(name.utf8.count)
      head.append(contentsOf: name.utf8)
    }
    append(count)
    for label in labels {
      head.append(UInt8(truncatingIfNeeded: label))
      head.append(UInt8(truncatingIfNeeded: label >> 8))
    }
    var crc = CRC64()
    crc.update(head.span)
    if let elsewhere {
      let join = CRC64Join(bytes: shape.pixels)
      return (0..<count).reduce(crc.value) { join.joined($0, elsewhere.sums[slot(of: $1)]) }
    }
    for index in 0..<count { withPixels(of: index) { crc.update($0) } }
    return crc.value
  }

  /// Checks that the images can be trained on.
  /// - Throws: `DatasetError` `empty` when there are none, `singleClass` when all are of one class.
  public func validateForTraining() throws(DatasetError) {
    guard let first = labels.first else {
      throw DatasetError(
        code: .empty, message: "there are no training images; choose a larger part of the data")
    }
    guard labels.contains(where: { $0 != first }) else {
      throw DatasetError(
        code: .singleClass,
        message:
          "all \(count) images are of class \"\(classNames[Int(first)])\"; training needs at least two classes"
      )
    }
  }
}
