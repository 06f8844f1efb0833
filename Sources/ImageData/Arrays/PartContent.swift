// One part of a data set as its files have it: the classes are numbers still.

import Plumbing

/// Images and the numbers of their classes.
struct PartContent {
  var shape: ImageShape
  var pixels: ByteStore
  /// The label of every image, as the file says it.
  var values: [Int]
  /// How many classes there are at least, by the format.
  var classes = 0
  /// What a person should know of how it was read.
  var notes: [String] = []

  /// A digest of the images and the numbers: what a part that is drawn from them is found again by.
  ///
  /// CRC-64 over width, height, channels, the number of images and every label, 8 bytes each, little-endian, and then
  /// the pixels.
  var digest: UInt64 {
    var head: [UInt8] = []
    head.reserveCapacity(8 * (4 + values.count))
    for number in [shape.width, shape.height, shape.channels, values.count] + values {
      for byte in 0..<8 { head.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
    }
    var crc = CRC64()
    crc.update(head.span)
    // A piece at a time, as the pixels may be in a file.
    for start in stride(from: 0, to: pixels.count, by: 1 << 20) {
      pixels.withSpan(start..<min(start + 1 << 20, pixels.count)) { crc.update($0) }
    }
    return crc.value
  }
}

extension PartContent {
  /// Reads a part from its files.
  init(_ files: DatasetLocation.Files, threads: Int, budget: MemoryBudget) throws(DatasetError) {
    switch files {
    case .idx(let images, let labels):
      self = try IDXReader.read(images: images, labels: labels, budget: budget)
    case .npy(let images, let labels):
      self = try NPYReader.read(images: images, labels: labels, budget: budget)
    case .cifar(let batches, let format):
      self = try CIFARReader.read(batches: batches, format: format, threads: threads, budget: budget)
    }
  }
}
