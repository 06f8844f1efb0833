// Votes of a mini-batch and what they change: accumulators, filters, masks, thresholds.

import BinaryNetworks
import BitKernels
import Plumbing

extension RefineBatch {
  /// Collects the votes of the batch's images in the workers' counters.
  func vote(_ images: Int) {
    for worker in workers.all { worker.counter?.clear() }
    let (workers, wished, positive, near, maps) = (workers, wished, positive, near, maps)
    let (map, markWords) = (map, markWords)
    let cells = learner.settings.grid * learner.settings.grid
    let cellOf = self.cellOf
    let mapWords = map.storage.count
    parallelFor(images, threads: learner.threads) { i, w in
      let worker = workers[w]
      guard let counter = worker.counter else { return }
      let wishRange = i * cells * markWords..<(i + 1) * cells * markWords
      wished.withSpan(wishRange) { kept in
        positive.withSpan(wishRange) { sign in
          maps.withSpan(i * mapWords..<(i + 1) * mapWords) { words in
            near.withSpan(i * map.positions * markWords..<(i + 1) * map.positions * markWords) { marks in
              for first in stride(from: 0, to: map.positions, by: 64) {
                let count = min(64, map.positions - first)
                var any: UInt64 = 0
                worker.marks.withMutableSpan(0..<64 * markWords) { wanted in
                  worker.signs.withMutableSpan(0..<64 * markWords) { signs in
                    for p in 0..<count {
                      let cell = cellOf[first + p] * markWords
                      for j in 0..<markWords {
                        let mark = marks[(first + p) * markWords + j] & kept[cell + j]
                        wanted[p * markWords + j] = mark
                        signs[p * markWords + j] = sign[cell + j]
                        any |= mark
                      }
                    }
                  }
                }
                if any == 0 { continue }
                worker.marks.withSpan(0..<64 * markWords) { wanted in
                  worker.signs.withSpan(0..<64 * markWords) { signs in
                    counter.add(words, map.patches, first: first, count: count, marks: wanted, signs: signs)
                  }
                }
              }
            }
          }
        }
      }
    }
    parallelFor(workers.all.count, threads: learner.threads) { w, _ in workers[w].counter?.countRows() }
    trackThresholds(images)
  }

  /// Thresholds move towards the wanted on-rate by (standard deviation) · (wanted − seen).
  private func trackThresholds(_ images: Int) {
    let settings = learner.settings
    guard settings.onRate > 0 else { return }
    let k = learner.bank.count
    var on = [Int64](repeating: 0, count: k)
    switch settings.counts {
    case .plain:
      let features = learner.head.features
      counts.withSpan(0..<images * features) { all in
        for i in 0..<images {
          for f in 0..<features { on[f % k] &+= Int64(all[i &* features &+ f]) }
        }
      }
    case .soft, .root:
      var ones = [UInt32](repeating: 0, count: 64 * markWords)
      near.withSpan(0..<images * map.positions * markWords) { marks in
        var out = ones.mutableSpan
        Kernels.positionalPopcount(
          marks, count: images * map.positions, rowStride: markWords, words: markWords, into: &out)
      }
      for filter in 0..<k { on[filter] = Int64(ones[filter]) }
    }
    let positions = Int64(images * map.positions)
    for filter in 0..<k {
      let seen = on[filter] * 1_000_000 / positions
      learner.threshold[filter] += learner.spread[filter] * (Int64(settings.onRate) - seen) / 1_000_000
      learner.threshold[filter] = max(256, learner.threshold[filter])
    }
  }

  /// Turns the collected votes into new accumulators, and these into filter and mask bits.
  ///
  /// A step is scaled per filter so that its mean size is the rate: the filters that got many votes do not run ahead.
  func updateFilters(left: Int64) {
    let bank = learner.bank
    let settings = learner.settings
    let width = 64 * bank.patchWords
    let rate = (Int64(settings.filterRate) * left) >> 16
    let votes = workers.all.compactMap { $0.counter?.votes }
    let sums = WorkerLocal(workers: learner.threads) { _ in SharedBuffer<Int32>(repeating: 0, count: width) }
    let packing = AccumulatorPacking(settings: settings, bank: bank)
    let valid = FilterBank.validBits(window: bank.window, input: bank.input)
    let packed = SharedBuffer<UInt64>(repeating: 0, count: 2 * bank.count * bank.patchWords)
    let (accumulator, momentum) = (learner.accumulator, learner.momentum)
    let shift = Int32(settings.momentumShift)
    let roundUp = (Int32(1) << shift) - 1
    let voteLimit = (Int32(1) << 22) - 1
    parallelFor(bank.count, threads: learner.threads) { k, w in
      sums[w].withMutableSpan(0..<width) { sum in
        for d in 0..<width { sum[d] = 0 }
        for worker in votes {
          worker.withSpan(k * width..<(k + 1) * width) { more in
            for d in 0..<width { sum[d] = sum[d] &+ more[d] }
          }
        }
      }
      momentum.withMutableSpan(k * width..<(k + 1) * width) { m in
        var size: Int64 = 0
        sums[w].withSpan(0..<width) { sum in
          for j in valid.indices {
            for d in 64 * j..<64 * j + 64 where valid[j] >> UInt64(d & 63) & 1 == 1 {
              // Votes beyond 2^22 (of at least as many positions in a batch) count as 2^22: with 8 more bits, the
              // distance to a momentum of the other sign still fits. Rounded away from zero, so that a momentum
              // without votes ends at 0: what stayed would be scaled up to a full step for ever.
              let target = max(-voteLimit, min(voteLimit, sum[d])) &<< 8
              let far = target &- m[d]
              m[d] = m[d] &+ (far &+ (far > 0 ? roundUp : 0)) &>> shift
              size &+= Int64(m[d] < 0 ? 0 &- m[d] : m[d])
            }
          }
        }
        let bits = Int64(max(1, valid.reduce(0) { $0 + $1.nonzeroBitCount }))
        let step = (rate << 20) / max(1, size / bits)
        accumulator.withMutableSpan(k * width..<(k + 1) * width) { a in
          for d in 0..<width {
            let next = Int64(a[d]) &+ ((Int64(m[d]) &* step) &>> 20)
            a[d] = Int32(truncatingIfNeeded: max(-1 << 20, min(1 << 20, next)))
          }
        }
      }
      accumulator.withSpan(k * width..<(k + 1) * width) { a in
        packed.withMutableSpan(2 * k * valid.count..<2 * (k + 1) * valid.count) { out in
          for j in valid.indices { (out[2 * j], out[2 * j + 1]) = packing.words(a, word: j) }
        }
      }
    }
    if settings.maskLevel >= 0, learner.bank.masks == nil {
      learner.bank.masks = Array(repeating: 0, count: bank.filters.count)
    }
    packed.withSpan(0..<packed.count) { words in
      for k in 0..<bank.count {
        for j in valid.indices {
          learner.bank.filters[j * bank.stride + k] = words[2 * (k * valid.count + j)]
          if settings.maskLevel >= 0 {
            learner.bank.masks?[j * bank.stride + k] = words[2 * (k * valid.count + j) + 1]
          }
        }
      }
    }
  }
}
