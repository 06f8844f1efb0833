// Data sets of a few dozen images that can be learned, written as the files users have; and a plan that is quick.

import Foundation
import Plumbing
import _TestSupport

/// Seeded images of stripes whose direction is the class, in noise.
struct TinyData {
  var count = 96
  var width = 16
  var height = 16
  var channels = 1
  var classes = 3
  var seed: UInt64 = 1

  /// The label of every image: the classes in turn.
  var labels: [UInt8] { (0..<count).map { UInt8($0 % classes) } }

  /// The pixels, channels last.
  var pixels: [UInt8] {
    let directions = [(1, 0), (0, 1), (1, 1), (1, 2), (2, 1), (3, 1), (1, 3), (2, 2), (3, 2), (2, 3)]
    var generator = SeededGenerator(seed: seed)
    var pixels: [UInt8] = []
    for i in 0..<count {
      let (dx, dy) = directions[i % classes % directions.count]
      let phase = generator.below(6)
      for y in 0..<height {
        for x in 0..<width {
          let isLight = (x * dx + y * dy + phase) / 3 % 2 == 0
          for c in 0..<channels { pixels.append(UInt8((isLight ? 110 : 60) + 15 * c + generator.below(90))) }
        }
      }
    }
    return pixels
  }

  /// An IDX file of images.
  var imageFile: [UInt8] {
    Self.idx(channels == 1 ? [count, height, width] : [count, height, width, channels], pixels)
  }

  /// An IDX file of labels.
  var labelFile: [UInt8] { Self.idx([count], labels) }

  /// A CIFAR-10 batch; the images must be 32×32×3.
  var batchFile: [UInt8] {
    let (pixels, size) = (pixels, width * height)
    var bytes: [UInt8] = []
    for (i, label) in labels.enumerated() {
      bytes.append(label)
      for c in 0..<3 { bytes += (0..<size).map { (p: Int) -> UInt8 in pixels[(i * size + p) * 3 + c] } }
    }
    return bytes
  }

  /// An IDX file.
  static func idx(_ sizes: [Int], _ content: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(sizes.count)]
      + sizes.flatMap { size in (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } } + content
  }
}

/// A folder with a data set, a plan file and room for runs.
struct Bench {
  let folder: TemporaryFolder
  var data: String { folder.path("data") }
  var plan: String { folder.path("plan.json") }

  /// Writes a data set with train and test images.
  init(_ set: TinyData = TinyData()) throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path("data"), withIntermediateDirectories: true)
    try folder.write(set.imageFile, to: "data/train-images-idx3-ubyte")
    try folder.write(set.labelFile, to: "data/train-labels-idx1-ubyte")
    var test = set
    test.seed = set.seed + 1
    test.count = 30
    try folder.write(test.imageFile, to: "data/t10k-images-idx3-ubyte")
    try folder.write(test.labelFile, to: "data/t10k-labels-idx1-ubyte")
    try folder.write(Array(Self.planText.utf8), to: "plan.json")
  }

  /// The path of a shell script to be started in Python's place.
  func python(_ script: String) throws -> String {
    try folder.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "python")
    let path = folder.path("python")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  /// Two small layers.
  static let planText = """
    {
      "name": "tiny",
      "encoder": {
        "grey": [{"source": "mean", "window": 0, "levels": 4}, {"source": "mean", "window": 3, "levels": 4}],
        "colour": [{"source": "channels", "window": 3, "levels": 2}, {"source": "opponents", "window": 0, "levels": 2}],
        "pyramid": true
      },
      "augmentation": {"shift": 1, "flip": false},
      "mergesPerPass": 2,
      "layers": [
        {"filters": 12, "reduction": "or", "thresholds": ["quantile 0.1", "quantile 0.35 for next"],
         "cluster": {"rounds": 3, "patchesPerImage": 16}, "refine": {"passes": 2, "batch": 32, "maskLevel": 0.2}},
        {"filters": 10, "thresholds": ["quantile 0.1"],
         "cluster": {"rounds": 3, "patchesPerImage": 16}, "refine": {"passes": 2, "batch": 32}}
      ]
    }
    """

  /// Arguments that train into `out` quietly, whatever is there.
  func training(_ out: String, _ settings: [String] = [], threads: Int = 1, seed: Int = 1) -> [String] {
    ["train", "--data", data, "--plan", plan, "--out", folder.path(out), "--threads", "\(threads)"]
      + ["--seed", "\(seed)", "--quiet", "--force"] + settings.flatMap { ["--set", $0] }
  }

  /// The content of a file.
  func bytes(_ name: String) throws -> [UInt8] { try readFile(folder.path(name), limit: 1 << 28) }

  /// Whether there is something under a name.
  func has(_ name: String) -> Bool { FileKind(path: folder.path(name)) != .missing }

  /// Names of all files below a folder.
  func files(_ name: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder.path(name))?.allObjects as? [String] ?? []).sorted()
  }
}
