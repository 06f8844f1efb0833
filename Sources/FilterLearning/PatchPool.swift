// A pool of patches drawn from the whole training set: seeds for clusters, first filters for refinement.

import BinaryNetworks
package import CountingRounds
package import ImageData
import Plumbing

/// Fetches the patches at drawn places. Slot j of the pool belongs to one image, so adding tallies fills the pool.
///
/// State: "image" and "position" (one entry a slot) → adds "patch" (slots × patch words, bit patterns).
package struct PatchPoolRound: CountingRound {
  let stack: FrozenStack

  /// A round in front of the layer that comes after `stack`.
  package init(stack: FrozenStack) { self.stack = stack }

  /// Draws `slots` places, images without replacement while there are enough.
  package func initialState(images: [Int], slots: Int, salt: UInt64) -> Tally {
    var generator = SeededGenerator(seed: stack.seed, 0x706f_6f6c, salt)
    let positions = stack.input.height * stack.input.width
    var order = images
    generator.shuffle(&order)
    return Tally([
      "image": (0..<slots).map { Int64(order[$0 % order.count]) },
      "position": (0..<slots).map { _ in Int64(generator.below(positions)) },
    ])
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    let images = state["image"]
    let positions = state["position"]
    let mine = Set(shard.indices)
    let slots = images.indices.filter { mine.contains(Int(images[$0])) }
    let length = stack.patchWords
    let pool = SharedBuffer<Int64>(repeating: 0, count: images.count * length)
    let feeders = WorkerLocal(workers: min(threads, max(1, slots.count))) { _ in ImageFeeder(stack) }
    parallelFor(slots.count, threads: threads) { item, worker in
      let slot = slots[item]
      feeders[worker].load(shard.images, Int(images[slot]), pass: nil)
      let patch = feeders[worker].map.patch(at: Int(positions[slot]))
      pool.withMutableSpan(slot * length..<(slot + 1) * length) { out in
        for j in 0..<length { out[j] = Int64(bitPattern: patch[j]) }
      }
    }
    return Tally(["patch": pool.array])
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally {
    var next = state
    next["patch"] = total["patch"]
    return next
  }
}

extension PatchPoolRound: PortableImageRound {
  package static var name: RoundName { .pool }
  package func described() -> Tally { stack.settings }
  package init(described: Tally) throws(RoundError) { self.init(stack: try Settings(described).stack()) }
}

extension PaddedMap {
  /// The words of the patch at a position, in the order of a filter's words.
  func patch(at position: Int) -> [UInt64] {
    var patch = [UInt64](repeating: 0, count: window * window * words)
    var out = patch.mutableSpan
    copyPatch(at: position, to: &out, offset: 0)
    return patch
  }

  /// Writes the patch at a position to `out`, from `offset` on.
  func copyPatch(at position: Int, to out: inout MutableSpan<UInt64>, offset: Int) {
    let start = position / width * rowStride + position % width * words
    let length = window * words
    let bits = storage.span
    for row in 0..<window {
      for j in 0..<length { out[offset + row * length + j] = bits[start + row * rowStride + j] }
    }
  }
}
