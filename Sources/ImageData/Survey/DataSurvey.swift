// What a person should know of images before anything is learned from them. How it is found out is in the other files of
// this folder; the command and the report put it into words.

package import Plumbing

/// What there is in a data set, and what may be wrong with it.
package struct DataSurvey: Hashable, Sendable, Codable {
  /// Images of one part.
  package struct Part: Hashable, Sendable, Codable {
    /// "training", "validation" or "test".
    package let name: String
    /// Images of every class that can be read.
    package let counts: [Int]
    /// The first image of every class; nil for a class without images.
    package let examples: [Item?]
  }

  /// An image.
  package struct Item: Hashable, Sendable, Codable {
    /// Index into `parts` and into `classNames`.
    package let part: Int
    package let label: Int
    /// Its file; for an image without one its number in its part.
    package let path: String?
    package let index: Int?
  }

  /// Images that are the same, or look the same.
  package struct Duplicates: Hashable, Sendable, Codable {
    /// At least two, in the order of the data set.
    package let items: [Item]
    /// How many of them are the same file as an earlier one, or the same pixels where images are not files. The others look
    /// like another one of the group.
    package let copies: Int

    /// Whether all are the same.
    package var isExact: Bool { copies == items.count - 1 }

    /// Whether they are in several parts, and whether they have several classes.
    package var isAcrossParts: Bool { items.contains { $0.part != items[0].part } }
    package var isAcrossClasses: Bool { items.contains { $0.label != items[0].label } }
  }

  /// The smallest, the median and the largest of some lengths.
  package struct Range: Hashable, Sendable, Codable {
    package let least, median, most: Int

    /// - Precondition: there is one.
    package init(_ values: [Int]) {
      let sorted = values.sorted()
      (least, median, most) = (sorted[0], sorted[(sorted.count - 1) / 2], sorted[sorted.count - 1])
    }
  }

  /// What all groups of duplicates come to.
  package struct Totals: Hashable, Sendable, Codable {
    package private(set) var groups = 0
    /// Groups with images of several classes.
    package private(set) var mixed = 0
    /// Images that are the same as another one, and images that only look like another one; the first of a group does not
    /// count.
    package private(set) var copies = 0
    package private(set) var lookalikes = 0
    /// For every part its images with a duplicate in an earlier part: test images among the training images, say.
    package private(set) var leaks: [Int] = []

    init() {}

    init(_ survey: DataSurvey) {
      groups = survey.duplicates.count
      leaks = [Int](repeating: 0, count: survey.parts.count)
      for group in survey.duplicates {
        copies += group.copies
        lookalikes += group.items.count - 1 - group.copies
        if group.isAcrossClasses { mixed += 1 }
        let first = group.items.map(\.part).min() ?? 0
        for item in group.items where item.part > first { leaks[item.part] += 1 }
      }
    }
  }

  /// A file that cannot be read.
  package struct Unreadable: Hashable, Sendable, Codable {
    package let path: String
    /// Why, in a line that names the file.
    package let reason: String
  }

  package internal(set) var name: String
  package internal(set) var classNames: [String]
  package private(set) var parts: [Part] = []
  /// Width and height of the images as they are stored, upright; nil where they are not files.
  package internal(set) var widths: Range?
  package internal(set) var heights: Range?
  /// What a model gets to see.
  package internal(set) var shape: ImageShape
  package internal(set) var unreadable: [Unreadable] = []
  /// Groups of duplicates in the order of their first images, and what they come to.
  package private(set) var duplicates: [Duplicates] = []
  package private(set) var totals = Totals()
  /// Groups that were asked for, or else those that names speak for.
  package internal(set) var groups: GroupRecord?
  package internal(set) var guess: GroupGuess?
  /// What else a person should and must know, a line each.
  package internal(set) var notes: [String] = []
  package internal(set) var warnings: [String] = []

  init(name: String, classNames: [String], shape: ImageShape) {
    (self.name, self.classNames, self.shape) = (name, classNames, shape)
  }

  /// Images of all parts that can be read.
  package var images: Int { parts.reduce(0) { $0 + $1.counts.reduce(0, +) } }
}

extension DataSurvey {
  /// The same with no more than so many groups of duplicates, of some hundred images in all, and files that cannot be read; the totals stay.
  package func abridged(to most: Int) -> DataSurvey {
    var survey = self
    var room = 500
    survey.duplicates = Array(
      mostHarmful.prefix(most).filter { group in
        let fits = group.items.count <= room
        if fits { room -= group.items.count }
        return fits
      })
    survey.unreadable = Array(unreadable.prefix(most))
    return survey
  }

  /// Takes up parts, and the duplicates among them.
  mutating func take(_ parts: [Part], _ duplicates: [Duplicates]) {
    (self.parts, self.duplicates) = (parts, duplicates)
    totals = Totals(self)
  }

  /// The groups of duplicates, those that harm most first: with several classes, then in several parts.
  package var mostHarmful: [Duplicates] {
    duplicates.filter(\.isAcrossClasses)
      + duplicates.filter { !$0.isAcrossClasses && $0.isAcrossParts }
      + duplicates.filter { !$0.isAcrossClasses && !$0.isAcrossParts }
  }

  /// Whether everything fits together, as it does unless somebody else wrote it.
  package var isConsistent: Bool {
    func isThere(_ item: Item) -> Bool {
      parts.indices.contains(item.part) && classNames.indices.contains(item.label)
    }
    let numbers =
      parts.flatMap(\.counts) + totals.leaks + [
        totals.groups, totals.mixed, totals.copies, totals.lookalikes,
      ]
    return !parts.isEmpty && totals.leaks.count == parts.count && shape.isValid
      && parts.allSatisfy { part in
        part.counts.count == classNames.count && part.examples.count == classNames.count
          && part.examples.allSatisfy { $0.map(isThere) ?? true }
      } && numbers.allSatisfy { (0...Int(UInt32.max)).contains($0) }
      && duplicates.allSatisfy { $0.items.count > 1 && $0.items.allSatisfy(isThere) }
  }

  /// What the duplicates come to, in words: "3 exact copies and 5 near duplicates".
  package var duplicateWords: String {
    let words = [
      totals.copies > 0 ? counted(totals.copies, "exact copy", "exact copies") : nil,
      totals.lookalikes > 0 ? counted(totals.lookalikes, "near duplicate", "near duplicates") : nil,
    ].compactMap { $0 }
    return words.isEmpty ? "none" : words.joined(separator: " and ")
  }

  /// What harms accuracy, a line each: images of a part that are in an earlier one, too; pictures with two labels.
  package var duplicateHarm: [String] {
    var lines = parts.indices.filter { totals.leaks[$0] > 0 }.map { part in
      "\(totals.leaks[part]) of \(counted(parts[part].counts.reduce(0, +), "\(parts[part].name) image")) have a duplicate "
        + "among the \(parts[..<part].map(\.name).joined(separator: " or ")) images, so accuracy on them looks "
        + "too good"
    }
    if totals.mixed == 1 { lines.append("1 picture has several classes") }
    if totals.mixed > 1 { lines.append("\(totals.mixed) pictures have several classes") }
    return lines
  }

  /// Images of every class to learn from: the first part's.
  package var learned: [Int] { parts.first?.counts ?? [] }

  /// The classes with the fewest and the most images to learn from, if one has at least thrice those of the other.
  package var imbalance: (least: Int, most: Int)? {
    let counts = learned
    guard let least = counts.indices.min(by: { (counts[$0], $0) < (counts[$1], $1) }),
      let most = counts.indices.max(by: { (counts[$0], -$0) < (counts[$1], -$1) }),
      counts[most] >= 3 * max(1, counts[least])
    else { return nil }
    return (least, most)
  }
}
