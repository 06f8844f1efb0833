// What processes say to each other when shards are made where the images are.

import Plumbing

/// Conversations about images that lie elsewhere.
enum DistantSeeds {
  /// Questions to a worker: files to look at and to fit, a shard to check.
  static func worker(shard: [UInt8]) -> [UInt8] {
    var images = ByteWriter()
    let files = ImageSeeds.pngs().prefix(2) + [[]]
    images.append(0, bytes: 1)
    images.append(UInt64(files.count), bytes: 4)
    for file in files { images.append(UInt64(file.count), bytes: 8) }
    for file in files { images.append(file) }
    var shape = ByteWriter()
    for side in [5, 4, 3] { shape.append(UInt64(side), bytes: 4) }
    return WireTargets.encoded([
      (21, images.bytes), (24, [0] + shape.bytes + images.bytes), (31, Array(shard.dropLast(8))),
    ])
  }

  /// Answers of a driver with a table of eight images, to the end.
  static func table() -> [UInt8] {
    var index = ByteWriter()
    for row in 0..<8 {
      for (value, width) in [(0, 8), (row % 2, 4), (0, 1), (0, 2)] {
        index.append(UInt64(value), bytes: width)
      }
    }
    let about = Array(#"{"name":"table","classes":["a","b"]}"#.utf8)
    index.append(about)
    index.append(8, bytes: 8)
    index.append(UInt64(about.count), bytes: 8)
    return WireTargets.encoded([(15, [1] + index.bytes)] + answers(looked: 8, fitted: 7))
  }

  /// The same with two class folders of four images.
  static func folder() -> [UInt8] {
    func listed(_ kind: UInt8, _ names: [String]) -> [UInt8] {
      names.flatMap { [kind, UInt8($0.utf8.count), 0] + Array($0.utf8) }
    }
    let images = listed(0, (0..<4).map { "\($0).png" })
    return WireTargets.encoded(
      [(15, [0]), (17, listed(1, ["a", "b"])), (17, images), (17, images)] + answers(looked: 8, fitted: 7))
  }

  /// Looks at images, shards and a manifest: of seven images to learn from one is for validation.
  private static func answers(looked: Int, fitted: Int) -> [(UInt8, [UInt8])] {
    var (looks, fits, written) = (ByteWriter(), ByteWriter(), ByteWriter())
    for number in 0..<looked {
      for (value, width) in [(100, 8), (number, 8), (16, 4)] { looks.append(UInt64(value), bytes: width) }
    }
    // Checksums of 0, so that those of shards are.
    for _ in 0..<fitted {
      for (value, width) in [(1, 1), (3, 1), (9, 1), (0, 8), (0, 8), (5, 4)] {
        fits.append(UInt64(value), bytes: width)
      }
      fits.append(Array("!note".utf8))
    }
    for (value, width) in [(2000, 8), (1, 8), (0, 8), (6, 4), (1, 4)] {
      written.append(UInt64(value), bytes: width)
    }
    return [(22, looks.bytes), (25, fits.bytes), (3, []), (3, []), (30, written.bytes), (3, [])]
  }
}
