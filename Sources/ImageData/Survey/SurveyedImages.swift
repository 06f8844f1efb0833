// The images of a survey while it is made: of each a class, a checksum, a hash and a sketch, but no pixels.

import Plumbing

/// What is known of the images of a data set, to find duplicates and groups with.
struct SurveyedImages {
  /// Bytes of sketches in memory; more of them go to a temporary file.
  static let sketchBytes = 1 << 28

  /// Where an image is: its part, its class, its number in the part.
  struct Place {
    let part: UInt8
    let label: UInt16
    let index: UInt32
  }

  let places: [Place]
  /// A checksum of every image's file, or of its pixels.
  let digests: [UInt64]
  let hashes: [UInt64]
  /// Sketches, one behind the other.
  let sketches: ByteStore
  /// The file of an image, if it has one.
  let path: (Int) -> String?

  /// Images with what is known of them.
  init(
    _ places: [Place], digests: [UInt64], sketches: ByteStore, threads: Int, path: @escaping (Int) -> String?
  ) {
    (self.places, self.digests, self.sketches, self.path) = (places, digests, sketches, path)
    let hashes = SharedBuffer<UInt64>(repeating: 0, count: places.count)
    let size = ImageSketch.shape.pixels
    parallelFor((places.count + 1023) / 1024, threads: threads) { block, _ in
      for item in block * 1024..<min(places.count, (block + 1) * 1024) {
        let hash = sketches.withSpan(item * size..<(item + 1) * size) { ImageSketch.hash($0) }
        hashes.withMutableSpan(item..<item + 1) { $0[0] = hash }
      }
    }
    self.hashes = hashes.array
  }

  /// An image in a survey.
  func item(_ image: Int) -> DataSurvey.Item {
    let (place, path) = (places[image], path(image))
    return DataSurvey.Item(
      part: Int(place.part), label: Int(place.label), path: path,
      index: path == nil ? Int(place.index) : nil)
  }

  /// The duplicates among the images, in the order of their first ones.
  /// - Parameter isSame: whether two images with one checksum are the same.
  func duplicates(isSame: (Int, Int) -> Bool) -> [DataSurvey.Duplicates] {
    let same = DuplicateFinder.same(digests, isSame: isSame)
    let copies = Set(same.flatMap { $0.dropFirst() })
    let near = DuplicateFinder.near(
      places.indices.filter { !copies.contains($0) }, hashes: hashes,
      isAlike: { a, b in withSketches(a, b) { ImageSketch.areAlike($0, $1) } })
    let groups = Dictionary(uniqueKeysWithValues: same.map { ($0[0], $0) })
    let joined = near.map { $0.flatMap { groups[$0] ?? [$0] }.sorted() }
    let isJoined = Set(near.flatMap { $0 })
    return (joined + same.filter { !isJoined.contains($0[0]) }).sorted { $0[0] < $1[0] }.map { group in
      DataSurvey.Duplicates(items: group.map(item), copies: group.count { copies.contains($0) })
    }
  }

  /// Groups that the names of the images' files speak for; nil where there are none, or no files.
  /// - Parameter name: the path of an image's file below the data folder.
  func guess(_ name: @escaping (Int) -> String) throws(DatasetError) -> GroupGuess? {
    try GroupGuess(
      GroupGuess.Images(
        paths: places.indices.map(name), labels: places.map(\.label),
        difference: { a, b in withSketches(a, b) { ImageSketch.difference($0, $1) } }))
  }

  private func withSketches<R>(_ a: Int, _ b: Int, _ body: (Span<UInt8>, Span<UInt8>) -> R) -> R {
    let size = ImageSketch.shape.pixels
    return sketches.withSpan(a * size..<(a + 1) * size) { first in
      sketches.withSpan(b * size..<(b + 1) * size) { second in body(first, second) }
    }
  }

  /// Parts by name, with the images of each counted.
  func parts(_ names: [String], classes: Int) -> [DataSurvey.Part] {
    var counts = names.map { _ in [Int](repeating: 0, count: classes) }
    var examples = names.map { _ in [Int?](repeating: nil, count: classes) }
    for (image, place) in places.enumerated() {
      let (part, label) = (Int(place.part), Int(place.label))
      counts[part][label] += 1
      if examples[part][label] == nil { examples[part][label] = image }
    }
    return names.indices.map {
      DataSurvey.Part(name: names[$0], counts: counts[$0], examples: examples[$0].map { $0.map(item) })
    }
  }
}
