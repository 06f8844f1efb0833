// The images that were learned from: how many of which class, how large, and what is wrong with them.

import ImageData
import Plumbing
import ReportPages

struct DataSection: PageSection {
  let survey: DataSurvey?
  let id = "data"
  let title = "Data"

  /// Groups of duplicates, and images of each, that are named.
  private static let shownGroups = 10
  private static let shownImages = 4

  var body: [Markup] {
    guard let survey else { return [] }
    return [facts(survey)] + classes(survey) + duplicates(survey) + groups(survey) + unreadable(survey)
  }

  private func facts(_ survey: DataSurvey) -> Markup {
    var facts: [(label: String, value: Markup)] = []
    if let widths = survey.widths, let heights = survey.heights {
      facts += [
        ("width of the files", .text(range(widths))), ("height of the files", .text(range(heights))),
      ]
    }
    let shape = survey.shape
    facts += [
      (
        "the model sees",
        .text(
          "\(shape.width)×\(shape.height), " + (shape.channels == 1 ? "grey" : "\(shape.channels) channels"))
      ),
      ("duplicates", .text(survey.duplicateWords)),
    ]
    if let uneven = survey.imbalance {
      let counts = survey.learned
      facts.append(
        (
          "rarest and commonest class",
          .name("\(grouped(counts[uneven.least])) to \(grouped(counts[uneven.most])) images")
        ))
    }
    return .facts(facts)
  }

  private func range(_ range: DataSurvey.Range) -> String {
    range.least == range.most
      ? "\(grouped(range.least))"
      : "\(grouped(range.least)) to \(grouped(range.most)), median \(grouped(range.median))"
  }

  private func classes(_ survey: DataSurvey) -> [Markup] {
    let learned = survey.learned
    let all = Array(survey.classNames.indices)
    let isCut = all.count > PageLimits.classes
    let shown =
      isCut ? Array(all.sorted { (learned[$0], $0) < (learned[$1], $1) }.prefix(PageLimits.classes)) : all
    let most = Double(max(1, learned.max() ?? 0))
    return [
      .table(
        [""] + survey.parts.map { .text($0.name) } + [""],
        shown.map { c in
          [.name(survey.classNames[c])] + survey.parts.map { "\(grouped($0.counts[c]))" }
            + [.bar(Double(learned[c]) / most)]
        })
    ] + (isCut ? [.note("The \(shown.count) classes with the fewest images of \(all.count).")] : [])
  }

  private func duplicates(_ survey: DataSurvey) -> [Markup] {
    guard survey.totals.groups > 0 else { return [] }
    let rows = survey.mostHarmful.prefix(Self.shownGroups).map { group in
      [
        Markup.text(group.isExact ? "the same" : "alike"),
        .joined(
          group.items.prefix(Self.shownImages).enumerated().flatMap { place, item -> [Markup] in
            (place == 0 ? [] : [.void("br", [:])]) + [name(item, survey)]
          }
            + (group.items.count > Self.shownImages
              ? [.void("br", [:]), "and \(group.items.count - Self.shownImages) more"] : [])),
      ]
    }
    return [.heading("Duplicates")]
      + survey.duplicateHarm.map { .paragraph(.text($0.prefix(1).uppercased() + $0.dropFirst() + ".")) }
      + [
        .table(["", "images"], Array(rows), long: true),
        .note(
          "The same: byte for byte. Alike: the same picture as far as small grey copies show. \(rows.count) of ",
          "\(grouped(survey.totals.groups)) groups; tally data lists all."),
      ]
  }

  private func name(_ item: DataSurvey.Item, _ survey: DataSurvey) -> Markup {
    let part = survey.parts[item.part].name
    return item.path.map { .name("\($0.printable) (\(part))") }
      ?? .name("\(part) image \(item.index ?? 0), \(survey.classNames[item.label])")
  }

  private func groups(_ survey: DataSurvey) -> [Markup] {
    guard let guess = survey.guess else { return [] }
    return [
      .heading("Groups"),
      .paragraph(
        .text(
          "The names of the files speak of \(grouped(guess.groups)) groups of images that look alike. Parts drawn image by "
            + "image tear them apart, and accuracy looks too good; this option keeps them together:")),
      .element("pre", ["class": "wrap"], .text("--group '\(guess.rule)'")),
    ]
  }

  private func unreadable(_ survey: DataSurvey) -> [Markup] {
    guard !survey.unreadable.isEmpty else { return [] }
    return [
      .heading("Files that cannot be read"),
      .table(["why"], survey.unreadable.map { [.name($0.reason.printable)] }, left: 0, long: true),
    ]
  }
}
