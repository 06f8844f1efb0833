// `tally compare`: several models on the same images.

import ArgumentParser
import BinaryNetworks
import Foundation
import ImageData
import LayerwiseTraining
import ModelEvaluation
import Plumbing
import TrainingPlans
import TrainingReports

/// Compares models.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare models on the same images: accuracy, cost, and whether they differ.",
    discussion: """
      Takes run folders and model files. The first is what the others are compared
      with, image by image: the exact McNemar test says how probable it is that
      models of equal quality come out so differently.

        tally compare run-1/ run-2/
        tally compare run-1/ run-2/ run-3/ --out compare.html
        tally compare old.tally new.tally --data photos/

      Use images that no model learned from, and do not choose a model by its test
      images: those of another part will judge it more fairly.
      """)

  @Argument(
    help: ArgumentHelp("Run folders or model files, two or more.", valueName: "run"), completion: .file(),
    transform: namedPath)
  var models: [String]

  @Option(
    name: .long, help: ArgumentHelp("Page to write.", valueName: "file.html"), completion: .file(),
    transform: namedPath)
  var out: String?

  @OptionGroup var data: DataOption
  @OptionGroup var effort: EffortOption
  @OptionGroup var threads: ThreadOption

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if models.count < 2 { throw ValidationError("name two or more runs or model files to compare.") }
    if let out, !out.lowercased().hasSuffix(".html"), !out.lowercased().hasSuffix(".htm") {
      throw ValidationError("--out must end in .html, not \(out).")
    }
  }

  func run() throws {
    try checkKernels()
    if let out { try checkPlace(of: out) }
    let named = try models.map { try NamedModel($0) }
    for other in named.dropFirst() { try check(other, fits: named[0]) }
    let source = try source(named)
    let judged = try JudgedImages(
      source, part: data.part, limit: data.limit, for: named[0].model, threads: threads.count)
    for other in named.dropFirst() { try check(other, sees: judged, from: source, as: named[0]) }
    let names = shortNames
    let compared = try zip(named, names).map { named, name in
      try ComparedModel(
        named.model, name: name, seconds: named.run.flatMap { RunHistory(log: $0.results.log).seconds },
        on: judged.images, effort: effort.asked, threads: threads.count)
    }
    let comparison = ModelComparison(compared, on: judged.images)
    let words = "\(judged.words)s of \(judged.name)"
    if let out {
      try AtomicFile.write(Array(ComparisonReport(comparison, data: words).html().utf8), to: out)
    }
    try say(
      json
        ? jsonText(ComparisonOutput(comparison, files: named.map(\.file), judged))
        : ComparisonText(comparison, data: words).lines.joined(separator: "\n"))
  }

  /// What the models are called: the last parts of their paths where these differ, without what is the same for all.
  private var shortNames: [String] {
    let paths = models.map { path in
      var path = path
      while path.count > 1, path.hasSuffix("/") { path.removeLast() }
      return path.hasSuffix("/model.tally") ? String(path.dropLast("/model.tally".count)) : path
    }
    let names = paths.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    return Set(names).count == Set(paths).count ? names : paths
  }

  /// Refuses a model that answers other questions than the first.
  private func check(_ other: NamedModel, fits first: NamedModel) throws {
    let (one, two) = (first.model.network, other.model.network)
    guard one.shape == two.shape else {
      throw UserError(
        description:
          "\(other.file) takes images of \(two.shape), \(first.file) of \(one.shape); only models of "
          + "one shape see the same images")
    }
    let (classes, others) = (Set(one.classNames), Set(two.classNames))
    guard classes == others else {
      let odd = (others.subtracting(classes).sorted() + classes.subtracting(others).sorted()).first ?? ""
      throw UserError(
        description: "\(other.file) and \(first.file) know different classes (only one of them knows "
          + "\"\(odd.printable)\"); models are compared on the same classes")
    }
  }

  /// The data: those named, or those that the runs remember.
  private func source(_ named: [NamedModel]) throws -> DataSource {
    if let given = data.data { return try self.data.source(given, for: named[0]) }
    let runs = named.filter { $0.run.map { $0.isThere($0.origin) } ?? false }
    let sources = try runs.map { try data.source(nil, for: $0) }
    guard let first = sources.first else { return try data.source(nil, for: named[0]) }
    if let place = sources.firstIndex(where: { $0.name != first.name }) {
      throw UserError(
        description:
          "\(runs[place].file) was trained on \(sources[place].name), \(runs[0].file) on \(first.name); "
          + "name the images to compare them on with --data", code: 2)
    }
    return first
  }

  /// Refuses a model whose part of the data is not the first one's, and warns of one that learned from it.
  private func check(
    _ other: NamedModel, sees judged: JudgedImages, from source: DataSource, as first: NamedModel
  ) throws {
    let summaries = [first, other].map { TrainingSummary(json: $0.model.summary) }
    let isDrawn = summaries.contains { $0?.folder != nil }
    let isSameDraw =
      first.model.seed == other.model.seed && summaries[0]?.folder == summaries[1]?.folder
      && summaries[0]?.groups == summaries[1]?.groups
    if isDrawn, !isSameDraw {
      let theirs = try JudgedImages(
        DataSource(source.name, for: other, table: source.table), part: data.part, limit: data.limit,
        for: other.model,
        threads: threads.count)
      guard theirs.images.digest == judged.images.digest else {
        throw UserError(
          description: "\(other.file) and \(first.file) keep different images of \(source.name) to test with "
            + "(another seed, --test or --group), so one may have learned from the other's test images; name images "
            + "that neither saw with --data, in another folder")
      }
    }
    if data.part == .test, judged.images.digest == other.model.dataDigest {
      complain(
        "warning: \(other.file) learned from these images, so its accuracy here says nothing about new ones")
    }
  }
}

/// What `tally compare --json` prints.
struct ComparisonOutput: Encodable {
  struct Entry: Encodable {
    let name, file: String
    let correct: Int
    let accuracy, lowest, highest: Double
    let meanWords, mostWords, bytes: Int
    let trainingSeconds: Double?
    let seed: UInt64
    let recall: [Double]
  }
  /// A model against the first.
  struct Pair: Encodable {
    let name: String
    let both, onlyFirst, onlyIt, neither: Int
    let gain, pValue: Double
    let verdict: String
  }

  let data: String
  let part: DataPart
  let images: Int
  let classes: [String]
  let models: [Entry]
  let pairs: [Pair]
  let planDifferences: [PlanDifference]

  init(_ comparison: ModelComparison, files: [String], _ judged: JudgedImages) {
    (data, part, images) = (judged.name, judged.part, judged.images.count)
    let names = comparison.models[0].evaluation.classNames
    classes = names
    models = zip(comparison.models, files).map { model, file in
      let own = Dictionary(zip(model.evaluation.classNames, 0...), uniquingKeysWith: { first, _ in first })
      return Entry(
        name: model.name, file: file, correct: model.evaluation.correct, accuracy: model.evaluation.accuracy,
        lowest: model.interval.lowest, highest: model.interval.highest, meanWords: model.words.mean,
        mostWords: model.words.most, bytes: model.bytes, trainingSeconds: model.seconds,
        seed: model.model.seed, recall: names.map { own[$0].map(model.evaluation.recall) ?? 0 })
    }
    pairs = comparison.models.indices.dropFirst().map { index in
      let paired = comparison.paired(index)
      return Pair(
        name: comparison.models[index].name, both: paired.both, onlyFirst: paired.onlyFirst,
        onlyIt: paired.onlySecond, neither: paired.neither, gain: paired.gain, pValue: paired.pValue,
        verdict: comparison.verdict(index))
    }
    planDifferences = PlanDifference.between(comparison.models.map(\.model.plan))
  }
}
