// Where everything lies in the memory that a caller lends: known before any image is seen.

import BinaryNetworks
import ImageEncoding
import Plumbing

/// A part of the arena.
struct ArenaPart {
  /// What it is called in the program's macros.
  let name: String
  /// What it holds, in words.
  let purpose: String
  let bytes: Int
  let offset: Int
}

/// The parts of an arena, each from a multiple of 8 bytes on.
struct ArenaLayout {
  private(set) var parts: [ArenaPart] = []
  /// Bytes that classifying a whole image takes.
  private(set) var bytes = 0
  /// Bytes that classifying an image that comes row by row takes.
  private(set) var rowsBytes = 0

  init(_ layers: [ExportedLayer], sliced: SlicedLayer?, network: Network, pyramid: ImageShape?) {
    func most(_ size: (ExportedLayer) -> Int) -> Int { layers.map(size).max() ?? 0 }
    // Layers that look at the image have the first map, those behind them the two by turns.
    var maps = [0, 0]
    var turn = 0
    for layer in layers {
      turn = layer.input.isImage ? 0 : 1 - turn
      maps[turn] = max(maps[turn], 4 * layer.mapWords)
    }
    let classes = network.classNames.count
    add("ROWS", "how many rows have come", 4)
    add("SUM", "scores", 8 * classes)
    add("OTHER_SUM", "scores of the mirrored look", network.mirrors ? 8 * classes : 0)
    add("SCORES", "scores of a layer", 8 * classes)
    add("VALUES", "values of two windows", 4 * most(\.windowValues))
    add("RAISE", "mean distances of all positions", 2 * most { $0.isSliced ? 0 : $0.positions })
    add("GATHERED", "patches of a row", most { $0.gathers ? 4 * $0.input.width * $0.patchWords : 0 })
    add("DISTANCES", "distances of a row", 2 * most { $0.isSliced ? 0 : $0.input.width })
    add("SUMS", "sums of filters by square", 4 * most { $0.block * $0.counted * $0.squares })
    add("COUNTS", "counts of a filter by cell", 4 * most { $0.layer.head?.cells ?? 0 })
    if let sliced {
      add(
        "BALANCE", "what four bits add to mean distances",
        most { $0.isSliced && $0.layer.bank.isCentred ? 512 * sliced.words : 0 })
      add(
        "PLANES", "bits of a group, by position",
        4 * sliced.planes * most { $0.isSliced ? $0.input.height * (($0.input.width + 31) / 32) : 0 })
      add("LIST", "bits of a filter", 2 * most { $0.isSliced ? $0.bits + 3 : 0 })
    }
    add("POOL", "features that are halved", most { $0.block * $0.handed * (($0.input.width + 1) / 2) })
    add("PYRAMID", "the image, halved", pyramid?.pixels ?? 0)
    add("MAP", "bits in front of a layer", maps[0])
    add("OTHER_MAP", "bits in front of the next layer", maps[1])
    let before = bytes
    add("IMAGE", network.mirrors ? "the image, mirrored" : "rows that have come", network.shape.pixels)
    rowsBytes = bytes
    if !network.mirrors { bytes = before }
  }

  private mutating func add(_ name: String, _ purpose: String, _ bytes: Int) {
    parts.append(ArenaPart(name: name, purpose: purpose, bytes: bytes, offset: self.bytes))
    self.bytes += (bytes + 7) / 8 * 8
  }
}

extension ExportedLayer {
  /// Numbers of the largest window of the signals that enter, made even; 0 without one.
  var windowValues: Int {
    parts.joined().map { signal in
      switch signal.numbers.arithmetic {
      case .weighted: 0
      case .filtered, .contrasted: (signal.numbers.factors.first?.count ?? 0) / 2 * 2 + 2
      }
    }.max() ?? 0
  }
}
