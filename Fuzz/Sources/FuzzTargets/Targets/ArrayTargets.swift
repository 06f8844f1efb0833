// Data sets in arrays: IDX, CIFAR-10, NumPy, plain and compressed, and the names of their classes.
// Two files are one input: the length of the first in two bytes, the first, the second.

import ImageData
import Plumbing

/// Reads arrays as images and labels.
enum ArrayTargets {
  static func idx(_ bytes: [UInt8]) throws {
    let sandbox = Sandbox("idx")
    let (labels, images) = two(bytes)
    try open(sandbox.write(images, to: "images") + "," + sandbox.write(labels, to: "labels"))
  }

  static func cifar(_ bytes: [UInt8]) throws {
    let sandbox = Sandbox("cifar")
    try sandbox.write(bytes, to: "test_batch.bin")
    try open(sandbox.path, parts: .test)
  }

  /// The names of the classes of four images with labels 0 to 3.
  static func classes(_ bytes: [UInt8]) throws {
    let sandbox = Sandbox("classes")
    try sandbox.write(ArraySeeds.fourImages, to: "train-images-idx3-ubyte")
    try sandbox.write(ArraySeeds.fourLabels, to: "train-labels-idx1-ubyte")
    try sandbox.write(bytes, to: "classes.txt")
    try open(sandbox.path, parts: .train)
  }

  static func npy(_ bytes: [UInt8]) throws {
    let sandbox = Sandbox("npy")
    let (labels, images) = two(bytes)
    let labelFile = try sandbox.write(labels, to: "y.npy")
    // Labels may be groups, too.
    let four = try [
      sandbox.write(ArraySeeds.fourImages, to: "images"), sandbox.write(ArraySeeds.fourLabels, to: "labels"),
    ].joined(separator: ",")
    _ = try? ImageDataset.open(four, folder: FolderOptions(testShare: 500_000, groupRule: labelFile))
    try open(sandbox.write(images, to: "x.npy") + "," + labelFile)
  }

  static func npz(_ bytes: [UInt8]) throws {
    let sandbox = Sandbox("npz")
    try open(sandbox.write(ZipChecksums.mended(bytes), to: "a.npz"))
  }

  /// Four images in IDX form, compressed.
  static func compressed(_ bytes: [UInt8], ending: String) throws {
    let sandbox = Sandbox(ending)
    let images = try sandbox.write(ending == "xz" ? Checksums.xz(bytes) : bytes, to: "images.\(ending)")
    try open(images + "," + sandbox.write(ArraySeeds.fourLabels, to: "labels"))
  }

  private static func open(_ spec: String, parts: DatasetParts = .all) throws {
    let dataset = try ImageDataset.open(spec, parts: parts, budget: MemoryBudget(bytes: 1 << 24))
    for images in [dataset.train, dataset.test, dataset.validation].compactMap({ $0 }) {
      law("pixels fit the images") { images.store.count >= images.count * images.shape.pixels }
      law("a label has a name") { images.labels.allSatisfy { $0 < images.classNames.count } }
      guard images.store.count <= 1 << 20 else { continue }
      _ = images.digest
      if images.count > 0 { _ = images.pixels(of: images.count - 1) }
    }
    if parts.contains(.train) { _ = try dataset.requireLearning() }
  }

  private static func two(_ bytes: [UInt8]) -> ([UInt8], [UInt8]) {
    guard bytes.count >= 2 else { return ([], bytes) }
    let length = min(Int(bytes[0]) | Int(bytes[1]) << 8, bytes.count - 2)
    return (Array(bytes[2..<2 + length]), Array(bytes[(2 + length)...]))
  }
}
