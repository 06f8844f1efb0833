// Unsupervised filters: k-means in Hamming space, one counting round a step.

package import BinaryNetworks
package import CountingRounds
package import ImageData
import Plumbing

/// One step of k-means over patches (Lloyd's algorithm with Hamming distance; the centroid is the majority bit).
///
/// State: "centroid" (K × patch words), "pool" (seed patches), "step", "changed" (centroids that moved),
/// and after a step "count" (patches per cluster), "ones" (K × 64·words bit counts), "distortion".
package struct ClusterRound: CountingRound {
  let stack: FrozenStack
  let clusters: Int
  let patchesPerImage: Int
  /// One image in `imageStride` is looked at.
  let imageStride: Int

  /// A round for `clusters` clusters of up to `patchesPerImage` patches of one image in `imageStride`.
  package init(stack: FrozenStack, clusters: Int, patchesPerImage: Int, imageStride: Int = 1) {
    self.stack = stack
    self.clusters = clusters
    self.patchesPerImage = patchesPerImage
    self.imageStride = imageStride
  }

  /// Seeds in the manner of k-means++ (Arthur and Vassilvitskii 2007): each next centroid is drawn from the pool with
  /// probability proportional to the squared distance to the nearest centroid so far.
  package func initialState(pool: [Int64]) -> Tally {
    let length = stack.patchWords
    let slots = pool.count / length
    var generator = SeededGenerator(seed: stack.seed, 0x6b2b_2b, UInt64(stack.network.layers.count))
    var centroids: [Int64] = []
    var nearest = [Int64](repeating: .max, count: slots)
    var chosen = generator.below(slots)
    for _ in 0..<clusters {
      let centroid = pool[chosen * length..<(chosen + 1) * length]
      centroids.append(contentsOf: centroid)
      var total: UInt64 = 0
      for slot in 0..<slots {
        var distance: Int64 = 0
        for j in 0..<length {
          distance += Int64((pool[slot * length + j] ^ centroid[centroid.startIndex + j]).nonzeroBitCount)
        }
        nearest[slot] = min(nearest[slot], distance * distance)
        total += UInt64(nearest[slot])
      }
      // All patches equal to a centroid: any will do, the empty clusters are reseeded or stay duplicates.
      var left = total == 0 ? 0 : generator.next() % total
      chosen = total == 0 ? generator.below(slots) : 0
      while total > 0, left >= UInt64(nearest[chosen]) {
        left -= UInt64(nearest[chosen])
        chosen += 1
      }
    }
    return Tally(["centroid": centroids, "pool": pool, "step": [0], "changed": [Int64(clusters)]])
  }

  package func map(_ shard: ImageShard, state: Tally, threads: Int) -> Tally {
    var bank = stack.emptyBank(filters: clusters)
    let length = bank.patchWords
    let centroids = state["centroid"]
    for k in 0..<clusters {
      for j in 0..<length {
        bank.filters[j * bank.stride + k] = UInt64(bitPattern: centroids[k * length + j])
      }
    }
    let chosen = imageStride == 1 ? shard.indices : shard.indices.filter { $0 % imageStride == 0 }
    let workers = max(1, min(threads, chosen.count))
    let centroidBank = bank
    let assigners = WorkerLocal(workers: workers) { _ in
      ClusterAssigner(stack: stack, bank: centroidBank, patchesPerImage: patchesPerImage)
    }
    parallelFor(chosen.count, threads: workers) { item, worker in
      assigners[worker].add(shard.images, chosen[item])
    }
    var tally = Tally()
    for assigner in assigners.all { tally.add(assigner.tally()) }
    return tally
  }

  package func reduce(state: Tally, total: Tally, threads: Int) -> Tally {
    let length = stack.patchWords
    let pool = state["pool"]
    let slots = pool.count / length
    let counts = total["count"]
    let ones = total["ones"]
    let step = state[number: "step"]
    var centroids = state["centroid"]
    var changed: Int64 = 0
    var generator = SeededGenerator(
      seed: stack.seed, 0x7265_7365, UInt64(stack.network.layers.count), UInt64(step))
    for k in 0..<clusters {
      let before = Array(centroids[k * length..<(k + 1) * length])
      if counts[k] == 0 {
        let slot = generator.below(slots)
        for j in 0..<length { centroids[k * length + j] = pool[slot * length + j] }
      } else {
        for j in 0..<length {
          var word = UInt64(bitPattern: before[j])
          for b in 0..<64 {
            let twice = 2 * ones[(k * length + j) * 64 + b]
            // A tie keeps the bit as it was, so that the distortion never rises.
            if twice > counts[k] {
              word |= 1 << UInt64(b)
            } else if twice < counts[k] {
              word &= ~(1 << UInt64(b))
            }
          }
          centroids[k * length + j] = Int64(bitPattern: word)
        }
      }
      if before[...] != centroids[k * length..<(k + 1) * length] { changed += 1 }
    }
    var next = Tally(["centroid": centroids, "pool": pool, "step": [step + 1], "changed": [changed]])
    for name in ["count", "ones", "distortion"] { next[name] = total[name] }
    return next
  }

  /// The filters: split filters of each cluster against all others, the least telling share `mask` of bits masked out.
  package func bank(from state: Tally, mask: MaskShare) -> FilterBank {
    let counts = state["count"]
    let ones = state["ones"]
    let width = ones.count / clusters
    var all = [Int64](repeating: 0, count: width)
    for k in 0..<clusters {
      for d in 0..<width { all[d] += ones[k * width + d] }
    }
    let total = counts.reduce(0, +)
    var builder = SplitFilterBuilder(bank: stack.emptyBank(filters: clusters), mask: mask)
    for k in 0..<clusters {
      let inside = Array(ones[k * width..<(k + 1) * width])
      let outside = (0..<width).map { all[$0] - inside[$0] }
      builder.set(k, onesA: inside, countA: counts[k], onesB: outside, countB: total - counts[k])
    }
    return builder.bank
  }
}

extension ClusterRound: PortableImageRound {
  package static var name: RoundName { .cluster }

  package func described() -> Tally {
    var tally = stack.settings
    tally["clusters"] = [Int64(clusters)]
    tally["patchesPerImage"] = [Int64(patchesPerImage)]
    tally["imageStride"] = [Int64(imageStride)]
    return tally
  }

  package init(described: Tally) throws(RoundError) {
    let settings = Settings(described)
    self.init(
      stack: try settings.stack(), clusters: try settings.number("clusters", in: 1...4096),
      patchesPerImage: try settings.number("patchesPerImage"),
      imageStride: try settings.number("imageStride", in: 1...Int(UInt32.max)))
  }

  /// Pool and counts stay with the one who reduces.
  package func sent(state: Tally) -> Tally { state.only(["centroid"]) }
}
