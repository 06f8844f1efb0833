// Which of many images are the same or nearly the same: by checksums and hashes, in time that grows with their number, not
// with its square.

import Plumbing

/// Finds images that belong together, given what says so of two of them.
struct DuplicateFinder {
  /// Hashes of near duplicates differ in at most so many bits.
  static let radius = 4
  /// With so many bands, of which at most `radius` hold a difference, any two near duplicates have two bands in common.
  private static let bands: [Range<Int>] = [0..<11, 11..<22, 22..<33, 33..<44, 44..<54, 54..<64]
  /// Where more images than this share two bands, each is compared with so many behind it. What is missed then are duplicates in a
  /// crowd of images that look alike.
  private static let window = 100

  private var parents: [UInt32]

  private init(count: Int) { parents = (0..<count).map { UInt32($0) } }

  /// The groups of images with equal keys that are the same; ascending, each with at least two.
  /// - Parameters:
  ///   - keys: of every image.
  ///   - isSame: whether two images with equal keys are really the same.
  static func same(_ keys: [UInt64], isSame: (Int, Int) -> Bool) -> [[Int]] {
    let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    var finder = DuplicateFinder(count: keys.count)
    var first = 0
    for place in order.indices.dropFirst() {
      if keys[order[place]] != keys[order[first]] { first = place }
      if first < place, isSame(order[first], order[place]) { finder.join(order[first], order[place]) }
    }
    return finder.groups()
  }

  /// The groups of images whose hashes differ in at most `radius` bits and that are alike, directly or through others of their
  /// group; ascending, each with at least two.
  /// - Parameters:
  ///   - items: the images to compare, ascending.
  ///   - hashes: of all images.
  ///   - isAlike: whether two images with such hashes are really alike.
  static func near(_ items: [Int], hashes: [UInt64], isAlike: (Int, Int) -> Bool) -> [[Int]] {
    var finder = DuplicateFinder(count: hashes.count)
    for first in bands.indices {
      for second in bands.indices where second > first {
        // Key above, number below: sorting brings equal keys together, in the order of the images.
        var keyed = items.map { item in
          (hashes[item].bits(bands[first]) << UInt64(bands[second].count)
            | hashes[item].bits(bands[second])) << 32 | UInt64(item)
        }
        keyed.sort()
        finder.joinRuns(keyed, bands: (first, second), hashes, isAlike)
      }
    }
    return finder.groups()
  }

  /// Joins what is near in runs of equal keys, each pair of images where these are its first bands in common.
  private mutating func joinRuns(
    _ keyed: [UInt64], bands: (Int, Int), _ hashes: [UInt64], _ isAlike: (Int, Int) -> Bool
  ) {
    for place in keyed.indices {
      let item = Int(keyed[place] & 0xffff_ffff)
      let end = min(keyed.count, place + 1 + Self.window)
      var next = place + 1
      while next < end, keyed[next] >> 32 == keyed[place] >> 32 {
        let other = Int(keyed[next] & 0xffff_ffff)
        next += 1
        let difference = hashes[item] ^ hashes[other]
        if difference.nonzeroBitCount <= Self.radius, Self.firstCommon(difference) == bands,
          root(item) != root(other), isAlike(item, other)
        {
          join(item, other)
        }
      }
    }
  }

  /// The first two bands without a difference.
  private static func firstCommon(_ difference: UInt64) -> (Int, Int) {
    var first: Int?
    for (number, band) in bands.enumerated() where difference.bits(band) == 0 {
      guard let first else {
        first = number
        continue
      }
      return (first, number)
    }
    return (bands.count, bands.count)
  }

  private mutating func root(_ item: Int) -> Int {
    var item = item
    while Int(parents[item]) != item {
      parents[item] = parents[Int(parents[item])]
      item = Int(parents[item])
    }
    return item
  }

  /// The lower one of two roots stays, so that a group is called by its first image.
  private mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (root(a), root(b))
    parents[max(a, b)] = UInt32(min(a, b))
  }

  private mutating func groups() -> [[Int]] {
    var members: [Int: [Int]] = [:]
    for item in parents.indices where root(item) != item { members[root(item), default: []].append(item) }
    return members.sorted { $0.key < $1.key }.map { [$0.key] + $0.value }
  }
}

extension UInt64 {
  fileprivate func bits(_ range: Range<Int>) -> UInt64 {
    self >> UInt64(range.lowerBound) & (1 << UInt64(range.count) - 1)
  }
}
