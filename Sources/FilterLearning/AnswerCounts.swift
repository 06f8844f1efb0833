// The loop of rounds that count what a finished network says of images.

import BinaryNetworks
import ImageData
import Plumbing

extension ImageShard {
  /// Numbers that are counted over the shard's images on several threads.
  /// - Parameters:
  ///   - network: whose answers are counted.
  ///   - width: how many numbers.
  ///   - count: adds to them what there is of an image, given its pixels, its label and a pass over the network.
  func counting(
    answersOf network: Network, width: Int, threads: Int,
    _ count: @Sendable (ForwardPass, Span<UInt8>, _ label: Int, _ counts: inout MutableSpan<Int64>) -> Void
  ) -> [Int64] {
    let threads = MemoryLimit.current.workers(threads, each: network.bytesPerPass)
    let workers = max(1, min(threads, indices.count))
    let passes = WorkerLocal(workers: workers) { _ in ForwardPass(network: network) }
    let counts = SharedBuffer<Int64>(repeating: 0, count: workers * width)
    parallelFor(indices.count, threads: threads) { item, worker in
      let index = indices[item]
      images.withPixels(of: index) { pixels in
        counts.withMutableSpan(worker * width..<(worker + 1) * width) {
          count(passes[worker], pixels, Int(images.labels[index]), &$0)
        }
      }
    }
    var total = [Int64](repeating: 0, count: width)
    for (i, count) in counts.array.enumerated() { total[i % width] += count }
    return total
  }
}
