// Logical shards: the parts of a data set that map works on.

/// A shard: some images of a set that all shards share.
package struct ImageShard: Sendable {
  /// The set; its storage is shared between shards.
  package let images: LabelledImages
  /// Which of the images are this shard's, as indices into the set.
  package let indices: [Int]

  /// Creates a shard.
  /// - Precondition: every index is in 0 ..< images.count.
  package init(images: LabelledImages, indices: [Int]) {
    precondition(indices.allSatisfy { (0..<images.count).contains($0) }, "a shard's indices lie in its set")
    self.images = images
    self.indices = indices
  }

  /// The number of images.
  package var count: Int { indices.count }
}

/// Cuts `indices` into `count` runs whose lengths differ by at most one: shard s is from `n * s / count` to
/// `n * (s + 1) / count`, with n the number of indices.
///
/// A shard is never empty: with fewer indices than shards there are only as many shards as indices.
/// - Precondition: count is at least 1 and every index is in 0 ..< images.count.
package func makeShards(images: LabelledImages, indices: [Int], count: Int) -> [ImageShard] {
  precondition(count > 0, "there is at least one shard")
  let shards = min(count, indices.count)
  return (0..<shards).map { s in
    ImageShard(images: images, indices: Array(evenRun(of: indices, s, shards: shards)))
  }
}

/// The run of `indices` that a shard has where so many of them have as many as possible.
func evenRun(of indices: [Int], _ shard: Int, shards: Int) -> ArraySlice<Int> {
  indices[indices.count * shard / shards..<indices.count * (shard + 1) / shards]
}

/// Cuts `indices` into runs of these lengths.
/// - Precondition: the lengths add up to the number of indices, and every index is in 0 ..< images.count.
package func makeShards(images: LabelledImages, indices: [Int], lengths: [Int]) -> [ImageShard] {
  precondition(lengths.reduce(0, +) == indices.count, "every index is in a shard")
  var start = 0
  return lengths.map { length in
    defer { start += length }
    return ImageShard(images: images, indices: Array(indices[start..<start + length]))
  }
}
