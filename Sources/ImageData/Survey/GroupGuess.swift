// Which images seem to show one thing, by their names: frames of a track, pictures of a burst, photos of one patient.
// A guess to be looked at; what is drawn by groups is in Groups/.

import Plumbing

/// Groups that the names of image files speak for.
package struct GroupGuess: Hashable, Sendable, Codable {
  /// What to give to `--group`.
  package let rule: String
  /// Groups of two and more images, the images in them, and the images of the largest.
  package let groups: Int
  package let images: Int
  package let largest: Int
  /// Groups that a tenth of the images, drawn image by image, would tear apart.
  package let torn: Int

  /// Ways to name files, the surest first: each finds the group's name in a path below the data folder.
  private static let rules = [
    #"(?i)([^/]+?)[_-]?burst[_-]?\d+"#,
    #"(?i)([^/]+/[^/]+?)[_-]?burst[_-]?\d+"#,
    #"(?i)((?:track|clip|video|vid|scene|seq|sequence|patient|subject|person|case)[_-]?\d+)"#,
    #"(?i)([^/]+/[^/]*?(?:track|clip|video|vid|scene|seq|sequence|patient|subject|person|case)[_-]?\d+)"#,
    #"(?i)([^/]+?)[_-]?(?:frame|frm|shot)[_-]?\d+\.\w+$"#,
    #"(?i)([^/]+/[^/]+?)[_-]?(?:frame|frm|shot)[_-]?\d+\.\w+$"#,
    #"(\d{8}[_-]?\d{4})\d{2}"#,
    #"([^/]+)[_-]\d+\.\w+$"#,
    #"([^/]+/[^/]+)[_-]\d+\.\w+$"#,
    #"([^/_-]+)[_-][^/]*$"#,
    #"([^/]+/[^/_-]+)[_-][^/]*$"#,
  ]
  /// Images whose names every rule is tried on.
  private static let tried = 20_000
  /// Pairs of images that are compared, and the fewest that say something.
  private static let pairs = 400
  private static let fewestPairs = 6

  /// What images are made of that is needed here.
  struct Images {
    /// Below the data folder.
    let paths: [String]
    let labels: [UInt16]
    /// How much the sketches of two images differ.
    let difference: (Int, Int) -> Int
  }

  /// The groups that the names of most images speak for, if images of one group look more alike than others of the same
  /// classes; nil where there are none.
  /// - Throws: `DatasetError` `wrongGroups` for names that expressions take too long on.
  init?(_ images: Images) throws(DatasetError) {
    // Stretches of the whole, as neighbours are what may be one group.
    let count = images.paths.count
    let some = Self.stretches(of: count)
    var best: (rule: String, images: Int)?
    for rule in Self.rules {
      let names = try GroupPattern(text: rule).names(of: some.map { images.paths[$0] })
      let found = Tiers(names)
      guard found.isPlausible(of: some.count), 10 * found.images > 11 * (best?.images ?? 0),
        Self.isSeen(names, some, images) == true,
        Self.isSeen(names, some, images, acrossClasses: true) ?? true
      else { continue }
      best = (rule, found.images)
    }
    guard let best else { return nil }
    let names = try GroupPattern(text: best.rule).names(of: images.paths)
    let all = Tiers(names)
    guard all.isPlausible(of: count) else { return nil }
    rule = best.rule
    (groups, self.images, largest) = (all.groups, all.images, all.largest)
    let held = Set(stratifiedSplit(labels: images.labels, partsPerMillion: 100_000, seed: 1).validation)
    var sides: [String: (held: Bool, kept: Bool)] = [:]
    for (index, name) in names.enumerated() {
      guard let name else { continue }
      if held.contains(index) {
        sides[name, default: (false, false)].held = true
      } else {
        sides[name, default: (false, false)].kept = true
      }
    }
    torn = sides.values.count { $0.held && $0.kept }
  }

  /// Up to `tried` of some images, in twenty stretches.
  private static func stretches(of count: Int) -> [Int] {
    guard count > tried else { return Array(0..<count) }
    let length = tried / 20
    return (0..<20).flatMap { stretch -> Range<Int> in
      let start = stretch * (count - length) / 19
      return start..<start + length
    }
  }

  /// Groups of two and more, counted.
  private struct Tiers {
    var groups = 0
    var images = 0
    var largest = 0

    init(_ names: [String?]) {
      var sizes: [String: Int] = [:]
      for case let name? in names { sizes[name, default: 0] += 1 }
      for size in sizes.values where size > 1 {
        groups += 1
        images += size
        largest = max(largest, size)
      }
    }

    /// Whether parts could be drawn by them: several groups, none with most of the images, and enough images in them.
    func isPlausible(of count: Int) -> Bool {
      groups >= 3 && 10 * images >= count && 3 * largest <= count
    }
  }

  /// Whether two images of one group mostly differ less than the first and any image of the second one's class outside the
  /// group: the median of the differences by a quarter or more. Nil where there are too few pairs to say.
  /// - Parameter acrossClasses: whether to look at pairs of two classes alone: groups of the same name in several class folders are one only
  ///   if these are alike, too.
  private static func isSeen(
    _ names: [String?], _ some: [Int], _ images: Images, acrossClasses: Bool = false
  ) -> Bool? {
    var (groups, classes) = ([String: [Int]](), [UInt16: [Int]]())
    for (place, name) in names.enumerated() {
      classes[images.labels[some[place]], default: []].append(place)
      if let name { groups[name, default: []].append(place) }
    }
    let members = groups.filter { $0.value.count > 1 }.sorted { $0.value[0] < $1.value[0] }.map(\.value)
    var generator = SeededGenerator(seed: 1, 0x6775_6573_73)
    var (inside, outside) = ([Int](), [Int]())
    for _ in 0..<pairs {
      var pair = members[generator.below(members.count)]
      generator.shuffle(&pair)
      if acrossClasses {
        guard
          let other = pair.firstIndex(where: { images.labels[some[$0]] != images.labels[some[pair[0]]] })
        else { continue }
        pair.swapAt(1, other)
      }
      let group = names[pair[0]]
      let others = classes[images.labels[some[pair[1]]], default: []]
      guard
        let other = (0..<8).lazy.map({ _ in others[generator.below(others.count)] }).first(where: {
          names[$0] != group
        })
      else { continue }
      inside.append(images.difference(some[pair[0]], some[pair[1]]))
      outside.append(images.difference(some[pair[0]], some[other]))
    }
    guard inside.count >= fewestPairs else { return nil }
    return 4 * inside.sorted()[inside.count / 2] <= 3 * outside.sorted()[outside.count / 2]
  }
}
