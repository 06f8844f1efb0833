// Which images belong together, so that parts are made of whole groups. How parts are drawn is in GroupedSplit.swift.

import Plumbing

/// What is known of the groups that parts were drawn by, so that the same parts can be found again.
public struct GroupRecord: Hashable, Sendable, Codable {
  /// What made the groups: for image files the regular expression, for arrays the name of the array or of its file; nil
  /// where a program gave them.
  public let rule: String?
  /// Groups in all; an image without a group counts as one.
  public let count: Int
  /// CRC-64 over the group of every image in order, in 16 hexadecimal digits.
  public let digest: String

  /// Most bytes of a rule.
  static let mostRuleBytes = 1000

  /// A record.
  public init(rule: String?, count: Int, digest: String) {
    (self.rule, self.count, self.digest) = (rule, count, digest)
  }

  /// Whether every value is one that groups can come to.
  package var isInRange: Bool {
    (0...Int(UInt32.max)).contains(count) && digest.utf8.count == 16
      && (rule?.utf8.count ?? 0) <= Self.mostRuleBytes
  }
}

/// The groups of some images.
package struct ImageGroups: Hashable, Sendable {
  /// A number for the group of every image, equal for images of one group: a checksum of its name, so that it does not
  /// depend on which other images there are. Should two names give one number, their groups are one.
  package let keys: [UInt64]
  /// Of the whole set that these images were part of.
  package let record: GroupRecord

  /// The groups of the images at `indices`.
  func subset(_ indices: [Int]) -> ImageGroups { ImageGroups(keys: indices.map { keys[$0] }, record: record) }
}

/// Groups in the making: of every image the name of its group.
struct NamedGroups {
  /// The name of every image's group; nil for an image that is a group of its own.
  let names: [String?]
  let groups: ImageGroups

  /// Groups of names.
  /// - Parameters:
  ///   - names: of the group of every image; nil for an image that is a group of its own.
  ///   - own: the name of an image, for those.
  ///   - rule: what made the groups.
  init(_ names: [String?], rule: String?, own: (Int) -> String = { "\($0)" }) {
    // The first byte keeps names of groups and of images apart.
    let keys = names.enumerated().map { index, name in
      CRC64.checksum([name == nil ? 0 : 1] + Array((name ?? own(index)).utf8))
    }
    var digest = ByteWriter()
    for key in keys { digest.append(key, bytes: 8) }
    self.names = names
    groups = ImageGroups(
      keys: keys,
      record: GroupRecord(
        rule: rule, count: Set(keys).count, digest: hexadecimal(CRC64.checksum(digest.bytes))))
  }

  /// How many images are a group of their own because they have no name of a group.
  var ungrouped: Int { names.count { $0 == nil } }

  /// What a person should know, and what one must know where one group holds most images.
  /// - Parameter path: of the data set.
  func lines(_ path: String) -> (note: String, warnings: [String]) {
    let rule = groups.record.rule ?? ""
    var sizes: [String: Int] = [:]
    for case let name? in names { sizes[name, default: 0] += 1 }
    var note =
      "\(path): parts drawn by group: \(counted(groups.record.count, "group")) of \(counted(names.count, "image")) (\(rule))"
    guard let largest = sizes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return (note, []) }
    let name = largest.key.printable
    note += ", the largest is \"\(name)\" with \(largest.value)"
    if ungrouped > 0 {
      note +=
        ungrouped == 1
        ? "; 1 file does not match and is a group of its own"
        : "; \(ungrouped) files do not match and are each a group of their own"
    }
    guard 2 * largest.value > names.count else { return (note, []) }
    return (
      note,
      [
        "\(path): the group \"\(name)\" holds \(largest.value) of \(names.count) images, so it is always learned "
          + "from; smaller groups make better parts"
      ]
    )
  }
}

extension LabelledImages {
  /// The same images; a part that is drawn from them, as `Model.train` draws the validation part, takes whole groups.
  /// - Parameter names: the name of every image's group: its patient, track or burst.
  /// - Precondition: there is a name for every image.
  public func grouped(by names: [String]) -> LabelledImages {
    precondition(names.count == count, "every image has a group")
    return grouped(NamedGroups(names, rule: nil).groups)
  }
}
