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
    let squares = settings.layout.squares
    let mapWords = map.storage.count
    parallelFor(images, threads: threads) { i, w in
      let worker = workers[w]
      let wishRange = i * squares * markWords..<(i + 1) * squares * markWords
      wished.withSpan(wishRange) { kept in
        positive.withSpan(wishRange) { sign in
          maps.withSpan(i * mapWords..<(i + 1) * mapWords) { words in
            near.withSpan(i * map.positions * markWords..<(i + 1) * map.positions * markWords) { marks in
              for first in stride(from: 0, to: map.positions, by: 64) {
                for g in self.sides.indices {
                  self.vote(worker, words, feature: g, from: first, marks: marks, kept: kept, sign: sign)
                }
              }
            }
          }
        }
      }
    }
    parallelFor(workers.all.count, threads: threads) { w, _ in workers[w].counter?.countRows() }
  }

  /// Collects the votes of up to 64 positions of an image for one feature of every filter. To be on at the far side a feature
  /// wants the distance larger: its votes are turned round.
  private func vote(
    _ worker: RefineWorker, _ words: Span<UInt64>, feature g: Int, from first: Int, marks: Span<UInt64>,
    kept: Span<UInt64>, sign: Span<UInt64>
  ) {
    guard let counter = worker.counter else { return }
    let (filterWords, markWords) = (filterWords, markWords)
    let count = min(64, map.positions - first)
    let turned: UInt64 = sides[g] == .far ? ~0 : 0
    var any: UInt64 = 0
    worker.marks.withMutableSpan(0..<64 * filterWords) { wanted in
      worker.signs.withMutableSpan(0..<64 * filterWords) { signs in
        for p in 0..<count {
          let square = squareOf[first + p] * markWords + g * filterWords
          let at = (first + p) * markWords + g * filterWords
          for j in 0..<filterWords {
            let mark = marks[at + j] & kept[square + j]
            wanted[p * filterWords + j] = mark
            signs[p * filterWords + j] = sign[square + j] ^ turned
            any |= mark
          }
        }
      }
    }
    if any == 0 { return }
    worker.marks.withSpan(0..<64 * filterWords) { wanted in
      worker.signs.withSpan(0..<64 * filterWords) { signs in
        counter.add(words, map.patches, first: first, count: count, marks: wanted, signs: signs)
      }
    }
  }

  /// Sums of votes, K × 64·words from every thread.
  var votes: [SharedBuffer<Int32>] { workers.all.compactMap { $0.counter?.votes } }

  /// At how many positions of the batch's images every feature was on, G · K.
  func featuresOn(_ images: Int) -> [Int64] {
    let perCell = sides.count * filters
    var on = [Int64](repeating: 0, count: perCell)
    switch settings.counts.rules.presence {
    case .counts where settings.layout.overlaps:
      for worker in workers.all {
        let more = worker.on.array
        for f in on.indices { on[f] += more[f] }
      }
    case .counts:
      let features = features
      counts.withSpan(0..<images * features) { all in
        for i in 0..<images {
          for f in 0..<features { on[f % perCell] &+= Int64(all[i &* features &+ f]) }
        }
      }
    case .votes:
      var ones = [UInt32](repeating: 0, count: 64 * markWords)
      near.withSpan(0..<images * map.positions * markWords) { marks in
        var out = ones.mutableSpan
        Kernels.positionalPopcount(
          marks, count: images * map.positions, rowStride: markWords, words: markWords, into: &out)
      }
      for f in 0..<perCell { on[f] = Int64(ones[64 * filterWords * (f / filters) + f % filters]) }
    }
    return on
  }
}
