// Setting aside a part of the images by whole groups, as near to a fraction of every class as groups allow.

import Plumbing

/// Divides images into those to learn from and a part that is held out, by class, and by whole groups where there are any.
/// - Parameters:
///   - labels: the class of every image.
///   - groups: a number for the group of every image; nil to draw image by image.
///   - partsPerMillion: the fraction to hold out, in millionths.
///   - seed: of what is drawn.
///   - purpose: what the part is for, and how to do without one, for the error.
/// - Throws: `DatasetError` `wrongGroups` where no group can be held out.
/// - Precondition: partsPerMillion is in 0 ..< 1 000 000.
package func drawPart(
  labels: [UInt16], groups: [UInt64]?, partsPerMillion: Int, seed: UInt64, purpose: DrawnPart
) throws(DatasetError) -> (training: [Int], held: [Int]) {
  guard let groups else {
    let halves = stratifiedSplit(labels: labels, partsPerMillion: partsPerMillion, seed: seed)
    return (halves.training, halves.validation)
  }
  let halves = groupedSplit(labels: labels, groups: groups, partsPerMillion: partsPerMillion, seed: seed)
  guard halves.held.isEmpty, wantedSize(labels.count, partsPerMillion) > 0 else { return halves }
  let sizes = Dictionary(groups.map { ($0, 1) }, uniquingKeysWith: +)
  let what = "\(counted(labels.count, "image")) make \(counted(sizes.count, "group"))"
  throw DatasetError(
    code: .wrongGroups,
    message:
      "no group can be held out for \(purpose.words): \(what), the largest has \(sizes.values.max() ?? 0), and "
      + "every class must keep one; make smaller groups, or hold out nothing (\(purpose.remedy))")
}

/// What a part is held out for.
package enum DrawnPart {
  case validation, test

  fileprivate var words: String { self == .test ? "testing" : "validation" }
  fileprivate var remedy: String { self == .test ? "--test 0" : "--validation 0" }
}

/// How many of some images a fraction is.
func wantedSize(_ images: Int, _ partsPerMillion: Int) -> Int {
  (images * partsPerMillion + 500_000) / 1_000_000
}

/// Divides images as `stratifiedSplit` does, but takes whole groups.
///
/// Groups come in an order drawn from the seed and their own number. First every group is taken whose images all are still
/// wanted, class by class; then, while that brings the numbers of the classes nearer to those wanted, the group that
/// does so most; then likewise for the number of all images. Where that takes none though some are wanted, the smallest
/// group is taken, if it holds at most half of the images. A class never gives its last group. Nothing depends on the
/// order of the images.
/// - Returns: ascending indices; each of 0 ..< labels.count is in exactly one list.
func groupedSplit(
  labels: [UInt16], groups keys: [UInt64], partsPerMillion: Int, seed: UInt64
) -> (training: [Int], held: [Int]) {
  var counts = [Int](repeating: 0, count: Int(labels.max() ?? 0) + 1)
  for label in labels { counts[Int(label)] += 1 }
  var filling = GroupFilling(
    groups: ImageGroup.all(labels: labels, keys: keys, seed: seed), counts: counts,
    wanted: sharesOfClasses(counts, partsPerMillion: partsPerMillion))
  filling.takeWhatFits()
  filling.takeWhile { filling, group in filling.change(group) }
  filling.takeWhile { filling, group in
    abs(filling.lacking - group.size) - abs(filling.lacking)
  }
  if filling.taken.isEmpty, filling.lacking > 0 { filling.takeSmallest(atMost: labels.count / 2) }
  let held = filling.taken
  return (
    labels.indices.filter { !held.contains(keys[$0]) }, labels.indices.filter { held.contains(keys[$0]) }
  )
}

/// The images of one group, counted.
private struct ImageGroup {
  let key: UInt64
  /// Its classes and how many images of each it has.
  var classes: [(label: Int, images: Int)] = []
  var size = 0

  /// All groups, in the order that the seed draws.
  static func all(labels: [UInt16], keys: [UInt64], seed: UInt64) -> [ImageGroup] {
    var groups: [UInt64: [UInt16: Int]] = [:]
    for (label, key) in zip(labels, keys) { groups[key, default: [:]][label, default: 0] += 1 }
    var drawn: [(order: UInt64, group: ImageGroup)] = []
    for (key, counts) in groups {
      var generator = SeededGenerator(seed: seed, 0x6772_6f75_7073, key)
      let classes = counts.sorted { $0.key < $1.key }.map { (label: Int($0.key), images: $0.value) }
      let size = classes.reduce(0) { $0 + $1.images }
      drawn.append((generator.next(), ImageGroup(key: key, classes: classes, size: size)))
    }
    return drawn.sorted { ($0.order, $0.group.key) < ($1.order, $1.group.key) }.map(\.group)
  }
}

/// A part that is being filled with groups.
private struct GroupFilling {
  /// The groups that are not taken, in their order.
  private var groups: [ImageGroup]
  /// Images of every class that are not taken.
  private var left: [Int]
  /// Images of every class that are wanted still; below 0 where there are too many.
  private var missing: [Int]
  /// The numbers of the groups that are taken.
  private(set) var taken: Set<UInt64> = []
  /// Images that are wanted still, of all classes.
  private(set) var lacking: Int

  init(groups: [ImageGroup], counts: [Int], wanted: [Int]) {
    (self.groups, left, missing) = (groups, counts, wanted)
    lacking = wanted.reduce(0, +)
  }

  /// By how much the numbers of the classes come away from those wanted if a group is taken; below 0 if nearer.
  func change(_ group: ImageGroup) -> Int {
    group.classes.reduce(0) { $0 + abs(missing[$1.label] - $1.images) - abs(missing[$1.label]) }
  }

  /// Whether every class keeps an image without a group.
  private func isSpared(_ group: ImageGroup) -> Bool {
    group.classes.allSatisfy { $0.images < left[$0.label] }
  }

  private mutating func take(_ group: ImageGroup) {
    for (label, images) in group.classes {
      left[label] -= images
      missing[label] -= images
    }
    lacking -= group.size
    taken.insert(group.key)
  }

  /// Takes all groups that are wanted whole.
  mutating func takeWhatFits() {
    var others: [ImageGroup] = []
    for group in groups {
      if isSpared(group), group.classes.allSatisfy({ $0.images <= missing[$0.label] }) {
        take(group)
      } else {
        others.append(group)
      }
    }
    groups = others
  }

  /// Takes the group with the least cost, the class numbers' change deciding among equals, while that is below 0.
  mutating func takeWhile(_ cost: (GroupFilling, ImageGroup) -> Int) {
    while lacking > 0 || missing.contains(where: { $0 > 0 }) {
      let costs = groups.indices.filter { isSpared(groups[$0]) }
        .map { (cost: cost(self, groups[$0]), change: change(groups[$0]), place: $0) }
      guard let best = costs.min(by: <), best.cost < 0 else { return }
      take(groups.remove(at: best.place))
    }
  }

  /// Takes the smallest group, if it is no larger than `most`.
  mutating func takeSmallest(atMost most: Int) {
    let sizes = groups.indices.filter { isSpared(groups[$0]) && groups[$0].size <= most }
      .map { (size: groups[$0].size, place: $0) }
    if let least = sizes.min(by: <) { take(groups.remove(at: least.place)) }
  }
}
