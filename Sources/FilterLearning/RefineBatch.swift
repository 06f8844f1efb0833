// One mini-batch of a refinement: forward with counts and near marks, scores and wishes. Votes are in RefineVotes.swift,
// what is learned from them is RefineLearner's.

import BinaryNetworks
import BitKernels
import ImageData
import Plumbing

/// The memory and the steps of mini-batches on one shard. Every step gets what it needs of the learner's state and returns
/// what it found; it keeps and changes none of it.
///
/// Shapes: B images, P positions, K filters of G counted features, F counts (cells × G × K), C classes. A position's votes follow
/// the wishes on its square: those of all cells that contain it. Marks of K filters fill
/// whole words, so that G of them follow each other in G times as many.
final class RefineBatch: @unchecked Sendable {
  // SAFETY: plain properties change only between parallel loops; inside loops threads write disjoint parts of buffers.
  let settings: RefineSettings
  let threads: Int
  private let shard: ImageShard
  /// Seed of the wishes that are drawn.
  private let seed: UInt64
  /// B × F counts.
  let counts: SharedBuffer<Int32>
  /// B × C residuals, 12 fractional bits.
  let residuals: SharedBuffer<Int16>
  /// B padded maps, one after the other.
  let maps: SharedBuffer<UInt64>
  /// B × P × G × (words of K) marks: the distance lies in the window where a vote can tip the feature.
  let near: SharedBuffer<UInt64>
  /// B × squares × G × (words of K): which wishes were kept, and which of these are positive.
  let wished: SharedBuffer<UInt64>
  let positive: SharedBuffer<UInt64>
  let workers: WorkerLocal<RefineWorker>
  let map: PaddedMap
  let filters: Int
  /// F.
  let features: Int
  /// The sides of the G counted features.
  let sides: [FeatureSide]
  /// Words of K marks, and of G times as many.
  let filterWords: Int
  let markWords: Int
  /// The square of the head's grid that every position lies in.
  let squareOf: [Int]
  private let earlier: SharedBuffer<Int64>

  /// Memory for the mini-batches of a round over a shard.
  /// - Parameter bank: filters of the shape of those to come.
  init(_ round: RefineRound, bank: FilterBank, shard: ImageShard, threads: Int) {
    settings = round.settings
    self.shard = shard
    self.threads = threads
    let stack = round.stack
    seed = stack.seed ^ (round.salt << 40)
    let input = stack.input
    map = PaddedMap(height: input.height, width: input.width, window: bank.window, words: input.layout.words)
    filters = bank.count
    sides = bank.features.map(\.side)
    filterWords = wordCount(bits: filters)
    markWords = sides.count * filterWords
    squareOf = input.cells(grid: settings.grid)
    let (learns, size) = (settings.learnsFilters, settings.batch)
    let grid = settings.layout
    let features = grid.cells * sides.count * filters
    self.features = features
    counts = SharedBuffer(repeating: 0, count: size * features)
    residuals = SharedBuffer(repeating: 0, count: size * settings.classes)
    maps = SharedBuffer(repeating: 0, count: learns ? size * map.storage.count : 0)
    near = SharedBuffer(repeating: 0, count: learns ? size * map.positions * markWords : 0)
    wished = SharedBuffer(repeating: 0, count: size * grid.squares * markWords)
    positive = SharedBuffer(repeating: 0, count: size * grid.squares * markWords)
    earlier = SharedBuffer(repeating: 0, count: size * settings.classes)
    workers = WorkerLocal(workers: threads) { _ in
      RefineWorker(stack: stack, bank: bank, grid: grid, votes: learns)
    }
  }

  /// Runs the images: counts, near marks, and the bits for the votes.
  /// - Parameters:
  ///   - pass: how the images are varied; nil for images as they are.
  ///   - bank: the filters.
  ///   - ranges: the distances at which a patch votes for every feature of every filter, G · K.
  func forward(
    _ images: [Int], pass: UInt64?, bank: FilterBank, near ranges: (lowest: [UInt16], highest: [UInt16])
  ) {
    let settings = settings
    let prepared = PreparedBank(bank)
    let (features, positions, markWords) = (features, map.positions, markWords)
    let (counts, near, maps, earlier, shard) = (counts, near, maps, earlier, shard)
    let mapWords = map.storage.count
    let workers = self.workers
    let width = map.width
    for worker in workers.all { worker.startImages() }
    parallelFor(images.count, threads: threads) { i, w in
      let worker = workers[w]
      worker.pass.prepared = prepared
      worker.feeder.load(shard.images, images[i], pass: pass, scores: settings.onTopOfEarlierScores)
      worker.feeder.hand(to: worker.pass)
      counts.withMutableSpan(i * features..<(i + 1) * features) { sums in
        guard settings.learnsFilters else {
          worker.pass.count(grid: settings.grid, kind: settings.counts, with: worker.cells, into: &sums)
          return
        }
        worker.cells.add(into: &sums) { squares in
          worker.pass.forEachTile { rows, distances in
            worker.pass.count(
              rows: rows, distances: distances, grid: settings.grid, kind: settings.counts, into: &squares)
            worker.sample(distances, rows: rows, image: images[i])
            let from = (i * positions + rows.lowerBound * width) * markWords
            near.withMutableSpan(from..<from + rows.count * width * markWords) { marks in
              let (k, filterWords) = (prepared.bank.count, self.filterWords)
              for g in self.sides.indices {
                Kernels.rangePack(
                  distances, positions: rows.count * width, filters: k, stride: prepared.bank.stride,
                  lowest: ranges.lowest.span.extracting(g * k..<(g + 1) * k),
                  highest: ranges.highest.span.extracting(g * k..<(g + 1) * k), into: &marks,
                  offset: g * filterWords, wordStride: markWords)
              }
            }
          }
        }
        worker.noteSquares()
        settings.counts.rules.finish(&sums)
      }
      if settings.learnsFilters {
        let bits = worker.pass.map
        maps.withMutableSpan(i * mapWords..<(i + 1) * mapWords) { out in
          let words = bits.storage.span
          for j in 0..<mapWords { out[j] = words[j] }
        }
      }
      if settings.onTopOfEarlierScores {
        let scores = worker.feeder.forward.summedScores()
        earlier.withMutableSpan(i * scores.count..<(i + 1) * scores.count) { out in
          for c in scores.indices { out[c] = scores[c] }
        }
      }
    }
  }

  /// Residuals of the batch, and the wishes that survive the drawing.
  /// - Parameters:
  ///   - head: the head, with the batch's counts normalised.
  ///   - scale: the size at which a wish is kept for sure; 0 keeps none.
  ///   - step: the mini-batch's number.
  /// - Returns: the number of images classified correctly, and the mean size of a wish.
  func scoreAndWish(
    _ images: [Int], head: HeadLearner, scale: Int64, step: Int
  ) -> (correct: Int64, wishSize: Int64) {
    let settings = settings
    let (classes, features) = (settings.classes, features)
    let (weights, inverse) = (head.weights, head.inverse)
    let (residuals, earlier, workers, shard, seed) = (residuals, earlier, workers, shard, seed)
    for worker in workers.all { worker.startWishes() }
    parallelFor(images.count, threads: threads) { i, w in
      let worker = workers[w]
      var scores = head.scores(image: i)
      if settings.onTopOfEarlierScores {
        earlier.withSpan(i * classes..<(i + 1) * classes) { more in
          // Layers that were learned stay far below 2^56, and hostile ones within 64 bits.
          for c in 0..<classes { scores[c] += max(-1 << 56, min(1 << 56, more[c])) << 4 }
        }
      }
      let label = Int(shard.images.labels[images[i]])
      let probabilities = softmax(scores, scoreBits: 20, bits: 12)
      let residual = probabilities.indices.map { Int16((label == $0 ? 4_096 : 0) - probabilities[$0]) }
      residuals.withMutableSpan(i * classes..<(i + 1) * classes) { out in
        for c in 0..<classes { out[c] = residual[c] }
      }
      if highest(scores) == label { worker.correct += 1 }
      guard settings.learnsFilters else { return }
      // Σ|r| ≤ 2 with 12 fractional bits and |weight| < 2^15: the sums stay below 2^28.
      worker.wishes.withMutableSpan(0..<features) { out in
        Kernels.combineRows(residual.span, weights.span, rowStride: features, length: features, into: &out)
      }
      let generator = SeededGenerator(seed: seed, 0x7769_7368, UInt64(images[i]), UInt64(step))
      self.draw(worker, image: i, inverse: inverse, scale: scale, generator: generator)
    }
    let correct = workers.all.reduce(0) { $0 + $1.correct }
    let wishing = max(1, workers.all.reduce(0) { $0 + $1.wishImages })
    return (correct, workers.all.reduce(0) { $0 + $1.wishSize } / wishing)
  }

  /// Sums of the sampled distances of all workers.
  func samples() -> (count: Int64, sums: [Int64], squares: [Int64]) {
    var sums = [Int64](repeating: 0, count: filters)
    var squares = sums
    for worker in workers.all {
      let (more, moreSquares) = (worker.sums.array, worker.squares.array)
      for k in sums.indices {
        sums[k] += more[k]
        squares[k] += moreSquares[k]
      }
    }
    return (workers.all.reduce(0) { $0 + $1.samples }, sums, squares)
  }
}
