// Bits in front of the layer being learned, kept from one round to the next while memory allows.

package import ImageData
package import Plumbing
import Synchronization

/// The inputs of one layer for images as they are, so that frozen layers need not run on them again.
///
/// Which images have room is a matter of chance; what is learned never depends on it.
package final class LayerInputCache: Sendable {
  /// The images that it serves.
  private let store: ByteStore
  private let budget: MemoryBudget
  private let state: Mutex<State>

  private struct State {
    /// Per image of the store: `none`, `inWork`, or where its words are.
    var places: [UInt32]
    /// Words of an image; known from the first on.
    var words = 0
    /// Memory for `perChunk` images each.
    var chunks: [SharedBuffer<UInt64>] = []
    /// Images that have a place.
    var used = 0
    var isFull = false
  }

  private static let none = UInt32.max
  private static let inWork = UInt32.max - 1
  private static let perChunk = 64

  /// An empty cache for all images that share a store.
  package init(for images: LabelledImages, budget: MemoryBudget) {
    store = images.store
    self.budget = budget
    state = Mutex(State(places: Array(repeating: Self.none, count: images.store.count / images.shape.pixels)))
  }

  deinit { budget.give(back: state.withLock { $0.chunks.reduce(0) { $0 + 8 * $1.count } }) }

  /// How many images are kept.
  package var count: Int { state.withLock { $0.used } }

  /// Reads an image's words into `out`.
  /// - Returns: whether they were kept.
  func read(_ images: LabelledImages, _ index: Int, into out: inout [UInt64]) -> Bool {
    guard images.store === store else { return false }
    let slot = images.slot(of: index)
    let found: (chunk: SharedBuffer<UInt64>, start: Int)? = state.withLock { state in
      let place = state.places[slot]
      guard place < Self.inWork else { return nil }
      let (chunk, row) = Int(place).quotientAndRemainder(dividingBy: Self.perChunk)
      return (state.chunks[chunk], row * state.words)
    }
    guard let found else { return false }
    var target = out.mutableSpan
    found.chunk.withSpan(found.start..<found.start + target.count) { words in
      for j in 0..<words.count { target[j] = words[j] }
    }
    return true
  }

  /// Keeps an image's words if there is room and nobody does so already.
  func keep(_ words: [UInt64], of images: LabelledImages, _ index: Int) {
    guard images.store === store else { return }
    let slot = images.slot(of: index)
    let place: (chunk: SharedBuffer<UInt64>, number: Int)? = state.withLock { state in
      guard !state.isFull, state.places[slot] == Self.none else { return nil }
      state.words = words.count
      if state.used == state.chunks.count * Self.perChunk {
        guard budget.take(8 * words.count * Self.perChunk) else {
          state.isFull = true
          return nil
        }
        state.chunks.append(SharedBuffer(repeating: 0, count: words.count * Self.perChunk))
      }
      state.places[slot] = Self.inWork
      state.used += 1
      return (state.chunks[state.chunks.count - 1], state.used - 1)
    }
    guard let place else { return }
    let start = place.number % Self.perChunk * words.count
    let source = words.span
    place.chunk.withMutableSpan(start..<start + words.count) { out in
      for j in 0..<source.count { out[j] = source[j] }
    }
    state.withLock { $0.places[slot] = UInt32(place.number) }
  }
}
