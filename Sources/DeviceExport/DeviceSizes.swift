// What an exported program takes of a device, counted from its tables.

import BinaryNetworks
import ImageEncoding

/// Bytes of flash and RAM by part.
public struct DeviceSizes: Hashable, Sendable, Codable {
  /// A part and its bytes.
  public struct Part: Hashable, Sendable, Codable {
    /// What it holds, in words.
    public let name: String
    /// Bytes.
    public let bytes: Int
  }

  /// Tables, which stay in flash; the program's code, 6 to 8 kB, comes on top.
  public let tables: [Part]
  /// The arena's parts, for whole images.
  public let arena: [Part]
  /// Bytes of the arena for whole images.
  public let arenaBytes: Int
  /// Bytes of the arena for images that come row by row.
  public let rowsArenaBytes: Int
  /// XOR-popcounts of 32-bit words an image, in one look.
  public let words: Int
  /// Products of the encoder and the heads, in one look.
  public let multiplyAdds: Int

  /// Bytes of all tables.
  public var tableBytes: Int { tables.reduce(0) { $0 + $1.bytes } }

  init(_ program: ProgramTables) {
    var tables: [Part] = []
    var encoding = EncodingTables()
    for (index, layer) in program.layers.enumerated() {
      func add(_ what: String, _ bytes: Int) {
        if bytes > 0 { tables.append(Part(name: "layer \(index + 1): \(what)", bytes: bytes)) }
      }
      let signals = layer.parts.joined().map(\.numbers).filter { encoding.add($0, of: "") }
      add("factors of the encoder", signals.reduce(0) { $0 + 2 * ExportedLayer.factors($1).count })
      add("thresholds of the encoder", signals.reduce(0) { $0 + 4 * $1.thresholds.count * $1.levels })
      add("filters", 4 * layer.filters.count)
      add("masks", 4 * (layer.masks?.count ?? 0))
      add("thresholds", 2 * layer.thresholds.count)
      add("mean distances", 2 * layer.balance.count + 4 * layer.balanceBase.count)
      add("weights", program.weights.bytes(index))
      add("steps of the weights", program.weights.hasSteps ? 2 * program.weights.steps[index].count : 0)
      add("biases", 8 * (layer.layer.head?.bias.count ?? 0))
    }
    self.tables = tables
    arena = program.arena.parts.compactMap { part in
      part.bytes == 0 || part.offset + part.bytes > program.arena.bytes
        ? nil : Part(name: part.purpose, bytes: part.bytes)
    }
    arenaBytes = program.arena.bytes
    rowsArenaBytes = program.arena.rowsBytes
    words = program.layers.reduce(0) { $0 + $1.positions * $1.layer.bank.count * $1.patchWords }
    multiplyAdds = program.model.network.work.multiplyAdds
  }
}
