// Votes of a mini-batch. What they change is in RefineFilters.swift.

import BinaryNetworks
import BitKernels
import Plumbing

extension RefineBatch {
  /// Collects the votes of the batch's images in the workers' counters.
  func vote(_ images: Int) {
    for worker in workers.all { worker.counter?.clear() }
    let (workers, wished, positive, near, maps) = (workers, wished, positive, near, maps)
    let (map, markWords) = (map, markWords)
    let cells = settings.grid * settings.grid
    let cellOf = self.cellOf
    let mapWords = map.storage.count
    parallelFor(images, threads: threads) { i, w in
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
    parallelFor(workers.all.count, threads: threads) { w, _ in workers[w].counter?.countRows() }
  }

  /// Sums of votes, K × 64·words from every thread.
  var votes: [SharedBuffer<Int32>] { workers.all.compactMap { $0.counter?.votes } }

  /// At how many positions of the batch's images every feature was on.
  func featuresOn(_ images: Int) -> [Int64] {
    let k = filters
    var on = [Int64](repeating: 0, count: k)
    switch settings.counts.rules.presence {
    case .counts:
      let features = features
      counts.withSpan(0..<images * features) { all in
        for i in 0..<images {
          for f in 0..<features { on[f % k] &+= Int64(all[i &* features &+ f]) }
        }
      }
    case .votes:
      var ones = [UInt32](repeating: 0, count: 64 * markWords)
      near.withSpan(0..<images * map.positions * markWords) { marks in
        var out = ones.mutableSpan
        Kernels.positionalPopcount(
          marks, count: images * map.positions, rowStride: markWords, words: markWords, into: &out)
      }
      for filter in 0..<k { on[filter] = Int64(ones[filter]) }
    }
    return on
  }
}
