// What `tally data` prints for people.

import Foundation
import ImageData
import Plumbing

/// A survey as text of at most 80 columns.
struct DataText {
  let survey: DataSurvey
  /// The data set as it was named.
  let data: String

  /// Up to so many classes all are listed; of more, those with the fewest images.
  private static let mostClasses = 25
  private static let fewestClasses = 10
  /// Groups of duplicates, images of a group, and files that cannot be read, that are shown.
  private static let shown = 5
  private static let shownImages = 4

  init(_ survey: DataSurvey, data: String) {
    self.survey = survey
    self.data = data
  }

  var lines: [String] {
    [
      "\(survey.name.printable): \(counted(survey.images, "image")) in \(counted(survey.classNames.count, "class", "classes"))",
      "",
    ]
      + classes + [""] + sizes + balance + unreadable + duplicates + groups + next
  }

  private var classes: [String] {
    let isWhole = survey.classNames.count <= Self.mostClasses
    let all = Array(survey.classNames.indices)
    let learned = survey.learned
    let shown =
      isWhole ? all : Array(all.sorted { (learned[$0], $0) < (learned[$1], $1) }.prefix(Self.fewestClasses))
    let hasFiles = survey.parts.contains { $0.examples.contains { $0?.path != nil } }
    var table = TextTable(
      ["class"] + survey.parts.map(\.name) + (hasFiles ? ["example"] : []),
      [.name] + survey.parts.map { _ in .right } + (hasFiles ? [.path] : []))
    for c in shown {
      let example = survey.parts.lazy.compactMap { $0.examples[c]?.path }.first
      table.add(
        [survey.classNames[c].printable] + survey.parts.map { "\($0.counts[c])" }
          + (hasFiles ? [example.map(short) ?? ""] : []))
    }
    table.add(
      ["all"] + survey.parts.map { "\($0.counts.reduce(0, +))" } + (hasFiles ? [""] : []))
    return (isWhole ? [] : ["the \(shown.count) classes with the fewest images to learn from:"])
      + table.lines()
  }

  private var sizes: [String] {
    var lines: [String] = []
    if let widths = survey.widths, let heights = survey.heights {
      lines += labelled(
        "sizes",
        "\(widths.least) to \(widths.most) pixels wide (median \(widths.median)), \(heights.least) to "
          + "\(heights.most) high (median \(heights.median))")
    }
    let shape = survey.shape
    let colour =
      shape.channels == 1 ? "grey" : shape.channels == 3 ? "in colour" : "\(shape.channels) channels"
    var seen = "\(shape.width)x\(shape.height), \(colour)"
    if let widths = survey.widths, let heights = survey.heights {
      let tenths =
        10 * min(widths.median * shape.height, heights.median * shape.width) / (shape.width * shape.height)
      if tenths > 10 {
        seen +=
          "; one of its pixels stands for \(tenths / 10).\(tenths % 10) of a median image's along each side"
      }
      seen += "; --size and --colour change that"
    }
    return lines + labelled("model sees", seen)
  }

  private var balance: [String] {
    var lines: [String] = []
    let empty = survey.classNames.indices.filter { survey.learned[$0] == 0 }
    if let first = empty.first {
      lines += labelled(
        "balance",
        "\(counted(empty.count, "class", "classes")) without training images: "
          + "\(survey.classNames[first].printable)" + (empty.count > 1 ? ", …" : ""))
    } else if let uneven = survey.imbalance {
      let (names, counts) = (survey.classNames, survey.learned)
      lines += labelled(
        "balance",
        "uneven: \(counted(counts[uneven.least], "image")) of \"\(names[uneven.least].printable)\", "
          + "\(counts[uneven.most]) of \"\(names[uneven.most].printable)\"; --balance trains on all classes "
          + "equally often")
    } else {
      lines += labelled("balance", "no class has three times the images of another")
    }
    return lines
  }

  private var unreadable: [String] {
    let files = survey.unreadable
    if files.isEmpty { return survey.widths == nil ? [] : labelled("unreadable", "none") }
    var lines = labelled(
      "unreadable",
      "\(files.count) of \(survey.images + files.count); tally train skips up to 1 % of them")
    for file in files.prefix(Self.shown) {
      let reason = file.reason.replacingOccurrences(of: file.path, with: short(file.path))
      lines += wrapped(reason.printable, width: 76).enumerated().map { ($0 == 0 ? "  " : "    ") + $1 }
    }
    if files.count > Self.shown { lines.append("  … and \(files.count - Self.shown) more (--json)") }
    return lines
  }

  private var duplicates: [String] {
    let groups = survey.duplicates
    if groups.isEmpty { return labelled("duplicates", "none") }
    var lines = labelled(
      "duplicates", survey.duplicateWords + " (\(counted(groups.count, "group")))")
    for harm in survey.duplicateHarm { lines += labelled("", harm) }
    for group in survey.mostHarmful.prefix(Self.shown) {
      lines.append(group.isExact ? "  the same:" : "  alike:")
      lines += group.items.prefix(Self.shownImages).map { "    " + name($0) }
      if group.items.count > Self.shownImages {
        lines.append("    … and \(group.items.count - Self.shownImages) more")
      }
    }
    if groups.count > Self.shown { lines.append("  … and \(groups.count - Self.shown) more groups (--json)") }
    return lines
  }

  /// An image: its file and its part, or its part and number, with its class where the path does not say it.
  private func name(_ item: DataSurvey.Item) -> String {
    let part = survey.parts[item.part].name
    guard let path = item.path else {
      return "\(part) image \(item.index ?? 0), \(survey.classNames[item.label].printable)"
    }
    let room = 80 - 4 - part.count - 3
    let text = short(path)
    return (text.count <= room ? text : text.prefix(room / 3) + "…" + text.suffix(room - room / 3 - 1))
      + " (\(part))"
  }

  private var groups: [String] {
    if let record = survey.groups {
      return labelled("groups", "\(record.count) by --group; parts take whole groups")
    }
    guard let guess = survey.guess else { return [] }
    return labelled(
      "groups",
      "the names speak of \(guess.groups) groups (\(guess.images) images, at most \(guess.largest) in one) whose "
        + "images look alike"
        + (guess.torn == 0
          ? "; this keeps them together:"
          : "; a tenth drawn image by image would tear \(guess.torn) of them apart, and accuracy "
            + "would look too good. Keep them together:"))
      + ["", "  tally train --data \(data.shellQuoted) --group \(guess.rule.shellQuoted)"]
  }

  private var next: [String] {
    if survey.classNames.count < 2 {
      return [
        "", "next:",
        "  put images of a second class into a folder beside \(survey.classNames.first?.printable ?? "it")",
      ]
    }
    return survey.guess == nil ? ["", "next:", "  tally train --data \(data.shellQuoted)"] : []
  }

  /// A path below the data folder.
  private func short(_ path: String) -> String {
    let root = absolute(data)
    let prefix = root.hasSuffix("/") ? root : root + "/"
    return (path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path).printable
  }
}
