// The shards a worker has, as one set of images: what is said of every image of the whole set is said once.

import CountingRounds
import FilterLearning
import ImageData
import Plumbing

/// Shards of one data set.
struct HeldShards {
  /// The digest of the data set.
  let digest: UInt64
  private var parts: [Int: (training: [Int], judging: [Int])] = [:]
  private var images: LabelledImages?
  /// Labels and indices of the images in the store, in its order.
  private var labels: [UInt16] = []
  private var indices: [Int] = []
  /// Shards that came since the images were put together.
  private var new: [ShardFile] = []

  init(digest: UInt64) { self.digest = digest }

  /// Adds a shard; one that is there already stays as it is.
  /// - Throws: `RoundError` when its images are not of the form of the others.
  mutating func add(_ file: ShardFile) throws(RoundError) {
    guard parts[file.number] == nil else { return }
    if let other = new.first.map({ ($0.shape, $0.classes, $0.total) })
      ?? images.map({ ($0.shape, $0.classNames.count, $0.count) }),
      other != (file.shape, file.classes, file.total)
    {
      throw RoundError("shard \(file.number) has images of another shape than those before it")
    }
    // Every image of the whole set takes 6 bytes, those that are here their pixels, twice while they are put together.
    let pixels = (images?.store.count ?? 0) + new.reduce(0) { $0 + $1.pixels.count } + file.pixels.count
    do {
      try MemoryLimit.current.check(
        MemoryLimit.sum(6 * file.total, 2 * pixels, 48 * file.classes),
        for: "shard \(file.number) of a set of \(file.total) images")
    } catch { throw RoundError(error.message) }
    parts[file.number] = (file.training, file.judging)
    new.append(file)
  }

  /// Checks that the images are those that a round is for.
  /// - Throws: `RoundError` if their shape or their classes are others.
  func check(_ expected: ExpectedImages) throws(RoundError) {
    guard
      let (shape, classes, total) = new.first.map({ ($0.shape, $0.classes, $0.total) })
        ?? images.map({ ($0.shape, $0.classNames.count, $0.count) })
    else { return }
    guard expected.least <= total else {
      throw RoundError("a round over \(expected.least) images cannot look at a set of \(total)")
    }
    guard shape == expected.shape, expected.classes.map({ $0 == classes }) ?? true else {
      throw RoundError(
        "a round for images of \(expected.shape) cannot look at shards of \(shape) with \(classes) classes")
    }
  }

  /// One part of a shard; nil if it is not there.
  mutating func shard(_ number: Int, _ part: RoundRequest.Part) -> ImageShard? {
    guard let found = parts[number] else { return nil }
    join()
    return images.map { ImageShard(images: $0, indices: part == .training ? found.training : found.judging) }
  }

  /// Puts what came to what is there.
  private mutating func join() {
    guard let first = new.first else { return }
    var pixels = images?.store.bytes ?? []
    images = nil
    for file in new {
      pixels += file.pixels
      labels += file.labels
      indices += file.training + file.judging
    }
    new = []
    images = LabelledImages(
      shape: first.shape, store: ByteStore(pixels), labels: labels,
      classNames: (0..<first.classes).map { "\($0)" }, at: indices, of: first.total)
  }
}
