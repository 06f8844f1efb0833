// Patches taken from a map one by one, side by side in memory, and their distances to a bank's filters.
// Which positions are taken is samplePositions' matter; whole maps go through LayerPass.

import BinaryNetworks
import BitKernels
import Plumbing

/// Memory for up to 64 drawn patches and their distances; one per thread.
final class PatchSample {
  /// Patches that are taken at a time.
  static let size = 64

  private let bank: FilterBank
  /// Words of a patch, those of all groups.
  private let words: Int
  private let patches: SharedBuffer<UInt64>
  private let distances: SharedBuffer<UInt16>

  /// Memory for patches of a bank's window.
  init(bank: FilterBank) {
    self.bank = bank
    words = bank.window * bank.window * bank.input.words
    patches = SharedBuffer(repeating: 0, count: Self.size * words)
    distances = SharedBuffer(repeating: 0, count: Self.size * bank.stride)
  }

  /// Calls `body` with the patches at `positions`, `size` of them at a time, and their distances, patches × stride.
  func forEachPart(
    _ positions: [Int], of map: PaddedMap,
    _ body: (_ patches: Span<UInt64>, _ view: PatchView, _ distances: Span<UInt16>) -> Void
  ) {
    let (bank, length) = (bank, words)
    for from in stride(from: 0, to: positions.count, by: Self.size) {
      let part = from..<min(from + Self.size, positions.count)
      let view = PatchView(list: part.count, words: length, stride: length)
      patches.withMutableSpan(0..<part.count * length) { out in
        for i in part { map.copyPatch(at: positions[i], to: &out, offset: (i - from) * length) }
      }
      patches.withSpan(0..<part.count * length) { patches in
        distances.withMutableSpan(0..<part.count * bank.stride) { out in
          bank.distances(patches, view, into: &out)
        }
        distances.withSpan(0..<part.count * bank.stride) { body(patches, view, $0) }
      }
    }
  }
}
