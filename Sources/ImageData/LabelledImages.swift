// Images with their classes, in memory. Where they come from is ImageDataset's matter.

import BitTensors

/// N images of one shape with one class each.
///
/// The pixels lie in one array, N,H,W,C channels-last; copies of this value share it.
public struct LabelledImages: Sendable {
  /// The shape of every image.
  public let shape: ImageShape
  /// All pixel values: `count * shape.pixels` bytes.
  public let pixels: [UInt8]
  /// The class of every image, an index into `classNames`.
  public let labels: [UInt16]
  /// The names of the classes.
  public let classNames: [String]

  /// Puts images together.
  /// - Throws: `DatasetError` when the shape is out of limits, the arrays do not fit each other, or a label has no
  ///   class name. No images at all is allowed.
  public init(shape: ImageShape, pixels: [UInt8], labels: [UInt16], classNames: [String]) throws(DatasetError)
  {
    guard shape.isValid else {
      throw DatasetError(
        code: .wrongShape,
        message: "images of \(shape): each side and channel count must be at least 1 and within the limits")
    }
    guard pixels.count == labels.count * shape.pixels else {
      throw DatasetError(
        code: .countMismatch,
        message:
          "\(labels.count) labels need \(labels.count * shape.pixels) pixel values of \(shape) images, "
          + "but there are \(pixels.count)")
    }
    if let index = labels.firstIndex(where: { $0 >= classNames.count }) {
      throw DatasetError(
        code: .labelOutOfRange,
        message:
          "image \(index) has label \(labels[index]), but there are only \(classNames.count) class names")
    }
    self.init(uncheckedShape: shape, pixels: pixels, labels: labels, classNames: classNames)
  }

  private init(uncheckedShape shape: ImageShape, pixels: [UInt8], labels: [UInt16], classNames: [String]) {
    self.shape = shape
    self.pixels = pixels
    self.labels = labels
    self.classNames = classNames
  }

  /// The number of images.
  public var count: Int { labels.count }

  /// Where the pixels of one image lie in `pixels`.
  public func pixelRange(_ index: Int) -> Range<Int> { index * shape.pixels..<(index + 1) * shape.pixels }

  /// The images at `indices`, in that order; an index may occur more than once.
  /// - Precondition: every index is in 0 ..< count.
  public func subset(_ indices: [Int]) -> LabelledImages {
    var chosen: [UInt8] = []
    chosen.reserveCapacity(indices.count * shape.pixels)
    for index in indices { chosen.append(contentsOf: pixels[pixelRange(index)]) }
    return LabelledImages(
      uncheckedShape: shape, pixels: chosen, labels: indices.map { labels[$0] }, classNames: classNames)
  }

  /// The first `n` images, or all when there are fewer.
  /// - Precondition: n is not negative.
  public func prefix(_ n: Int) -> LabelledImages {
    n >= count
      ? self
      : LabelledImages(
        uncheckedShape: shape, pixels: Array(pixels[..<(n * shape.pixels)]), labels: Array(labels[..<n]),
        classNames: classNames)
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
    crc.update(pixels.span)
    return crc.value
  }

  /// Checks that something can be learned from the images.
  /// - Throws: `DatasetError` `empty` when there are none, `singleClass` when all are of one class.
  public func validateForTraining() throws(DatasetError) {
    guard let first = labels.first else {
      throw DatasetError(
        code: .empty, message: "there are no images to train on; choose a larger part of the data")
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
