// `tally data`: what there is in a data set, and what may be wrong with it, before anything is learned.

import ArgumentParser
import Foundation
import ImageData
import Plumbing

/// Looks through a data set.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Look through a data set: classes, sizes, duplicates, groups, what cannot be read.",
    discussion: """
      Takes what --data of tally train takes, and the same options, and says what a
      training would make of them. Nothing is written.

        tally data photos/
        tally data photos/ --group 'track(\\d+)'
        tally data photos/ --json > photos.json

      Duplicates are files with the same bytes, and pictures that look the same though
      they are stored anew or at another size. A test picture with a duplicate among
      the training pictures makes a model look better than it is. Where file names
      speak of bursts or tracks, it says which --group keeps them together. --json
      lists all duplicates; the text shows the first few.
      """)

  @Argument(
    help: ArgumentHelp("A folder, a named set, a file set.npz, or IMAGES,LABELS files.", valueName: "data"),
    completion: .file(), transform: namedData)
  var data: String

  @OptionGroup var images: ImageOptions

  @Option(name: .long, parsing: .unconditional, help: "Seed of the test part that is drawn (default: 1).")
  var seed: UInt64 = 1

  @OptionGroup var threads: ThreadOption

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    let isShown = isatty(STDERR_FILENO) == 1
    var last = Date()
    let survey = try DataSurvey.open(
      absolute(data), options: images.options(seed: seed), threads: threads.count,
      onProgress: { done, all in
        guard isShown, done == all || Date().timeIntervalSince(last) > 0.2 else { return }
        last = Date()
        put("\r\u{1b}[K" + (done == all ? "" : "read \(done) of \(all) images"), on: STDERR_FILENO)
      })
    if images.strict, let first = survey.unreadable.first {
      throw UserError(
        description:
          "\(survey.unreadable.count) of \(survey.images + survey.unreadable.count) images cannot be "
          + "read, but with --strict all must be; the first is \(first.reason)")
    }
    if survey.widths == nil, survey.images > 0,
      let option = images.given.first(where: { $0 != "--group" && $0 != "--test" })
    {
      throw UserError(
        description: "\(option) is for folders of images; leave it out for \(survey.name)", code: 2)
    }
    for note in survey.notes { complain("note: \(note)") }
    for warning in survey.warnings { complain("warning: \(warning)") }
    try say(json ? jsonText(DataOutput(survey)) : DataText(survey, data: data).lines.joined(separator: "\n"))
  }
}

/// What `tally data --json` prints.
struct DataOutput: Encodable {
  struct Class: Encodable {
    let name: String
    let images: Int
    let example: String?
  }
  struct Part: Encodable {
    let name: String
    let images: Int
    let classes: [Class]
    /// Images with a duplicate in an earlier part.
    let leaks: Int
  }
  struct Shape: Encodable { let width, height, channels: Int }
  struct File: Encodable {
    let path: String
    let reason: String
  }
  struct Image: Encodable {
    let part: String
    let `class`: String
    let path: String?
    /// Its number in its part, for an image that is not a file.
    let index: Int?
  }
  struct Group: Encodable {
    /// Whether all are the same, byte for byte.
    let exact: Bool
    let images: [Image]
  }
  struct Suggestion: Encodable {
    let rule: String
    let groups, images, largest: Int
    /// Groups that a tenth of the images, drawn one by one, would tear apart.
    let torn: Int
  }

  let name: String
  let images: Int
  let parts: [Part]
  let width, height: DataSurvey.Range?
  let seen: Shape
  let unreadable: [File]
  /// Images that are the same as another one, and that only look like one.
  let exactDuplicates, nearDuplicates: Int
  let duplicates: [Group]
  /// Groups that --group made, or else what could be given to it.
  let groups: Int?
  let suggestedGroup: Suggestion?
  let notes, warnings: [String]

  init(_ survey: DataSurvey) {
    func text(_ path: String) -> String { String(decoding: FileName.bytes(path), as: UTF8.self) }
    name = survey.name
    images = survey.images
    parts = survey.parts.enumerated().map { number, part in
      Part(
        name: part.name, images: part.counts.reduce(0, +),
        classes: survey.classNames.indices.map { c in
          Class(
            name: survey.classNames[c], images: part.counts[c], example: part.examples[c]?.path.map(text))
        }, leaks: survey.totals.leaks[number])
    }
    (width, height) = (survey.widths, survey.heights)
    seen = Shape(width: survey.shape.width, height: survey.shape.height, channels: survey.shape.channels)
    unreadable = survey.unreadable.map { File(path: text($0.path), reason: $0.reason) }
    (exactDuplicates, nearDuplicates) = (survey.totals.copies, survey.totals.lookalikes)
    duplicates = survey.duplicates.map { group in
      Group(
        exact: group.isExact,
        images: group.items.map { item in
          Image(
            part: survey.parts[item.part].name, class: survey.classNames[item.label],
            path: item.path.map(text), index: item.index)
        })
    }
    groups = survey.groups?.count
    suggestedGroup = survey.guess.map {
      Suggestion(rule: $0.rule, groups: $0.groups, images: $0.images, largest: $0.largest, torn: $0.torn)
    }
    (notes, warnings) = (survey.notes, survey.warnings)
  }
}
