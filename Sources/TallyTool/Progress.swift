// What a person sees while training: a live bar on a terminal, lines elsewhere, nothing when quiet.

import Foundation
import LayerwiseTraining
import ModelEvaluation
import Plumbing

/// Shows training events: one bar for all of a training, with the time that is left of it.
final class ProgressDisplay {
  private let isTerminal: Bool
  private let isQuiet: Bool
  /// Layers that are learned in all.
  private let layers: Int
  private let started = Date()
  /// When rounds began, and the share of the work that was done then, by an earlier process.
  private var begun: (time: Date, share: Double)?
  /// Whether an earlier process did some of the work.
  var isResumed = false
  private var lastLine = Date()
  private var barIsShown = false
  /// What the stages come to.
  var forecast: TrainingForecast? { didSet { if !isResumed { begun = (Date(), 0) } } }
  /// The share of the work that is done, 0 to 1; nil before the first round.
  private(set) var share: Double?
  /// What the training is at, in words.
  private(set) var doing = "looking at the images"
  /// The last accuracy on validation images.
  private var validation: Double?

  private static let barWidth = 20
  private static let linePause = 5.0

  /// A display on the standard output.
  init(quiet: Bool, layers: Int = 1) {
    isQuiet = quiet
    self.layers = layers
    isTerminal = isatty(STDOUT_FILENO) == 1
  }

  /// Prints a line that stays; on a terminal it is broken between words where it is too long.
  func note(_ line: String) {
    guard !isQuiet else { return }
    clearBar()
    var text = line.printable
    if isTerminal, text.count > terminalColumns(), let first = text.first, first != " " {
      text = wrapped(text, width: max(20, terminalColumns() - 2)).joined(separator: "\n  ")
    }
    put(text + "\n", on: STDOUT_FILENO)
  }

  /// Seconds that are left; nil until enough is done to tell.
  var secondsLeft: Double? {
    guard let share, let begun, share - begun.share > 0.02 else { return nil }
    return Date().timeIntervalSince(begun.time) * (1 - share) / (share - begun.share)
  }

  /// Shows one event.
  func show(_ event: TrainingEvent) {
    switch event {
    case .encoding: draw()
    case .round(let layer, let stage, let done, let total, _, let accuracy):
      take(forecast?.share(layer: layer, stage: stage, done: done, total: total))
      doing = words(layer, isLearning: accuracy != nil)
      draw()
    case .layer(let result):
      take(forecast?.share(afterLayer: result.layer))
      doing = layers == 1 ? "judging the model" : "layer \(result.layer + 1) of \(layers): judged"
      show(result)
    }
  }

  /// Shows how good the layer in the making is.
  func show(_ result: PassResult) {
    validation = result.accuracy
    if !isTerminal {
      lastLine = Date()
      note(line)
    }
  }

  private func take(_ share: Double?) {
    guard let share else { return }
    // What was done before says nothing of this machine's speed today.
    if begun == nil { begun = (Date(), share) }
    self.share = max(self.share ?? 0, share)
  }

  private func words(_ layer: Int, isLearning: Bool) -> String {
    (layers == 1 ? "" : "layer \(layer + 1) of \(layers): ")
      + (isLearning ? "learning" : "finding filters")
  }

  private func show(_ result: LayerResult) {
    let kind = result.isValidation ? "validation" : "training"
    let alone = result.layer > 0 ? " (alone \(percent(result.accuracyAlone)))" : ""
    note(
      "layer \(result.layer + 1) done: \(counted(result.filters, "filter")), \(kind) accuracy \(percent(result.accuracySum))\(alone), "
        + duration(Date().timeIntervalSince(started)))
    if let answers = result.answers {
      note(
        "answers: \(kind) accuracy \(percent(result.accuracy)) with early exits and second looks")
      note("images by stage: " + answers.stops.map { "\($0)" }.joined(separator: ", "))
    }
    if let calibration = result.calibration {
      note("shares: calibration error \(percent(calibration.errorShare)) on the \(kind) part")
    }
  }

  /// All of it in one line.
  private var line: String {
    var parts: [String] = []
    if let share { parts.append(String(format: "%3.0f %%", (100 * share).rounded(.down))) }
    if let secondsLeft { parts.append("\(duration(secondsLeft)) left") }
    parts.append(doing)
    if let validation { parts.append("validation \(percent(validation))") }
    return parts.joined(separator: ", ")
  }

  private func draw() {
    guard !isQuiet else { return }
    guard isTerminal else {
      if Date().timeIntervalSince(lastLine) > Self.linePause {
        lastLine = Date()
        note(line)
      }
      return
    }
    let filled = Int(Double(Self.barWidth) * (share ?? 0))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: Self.barWidth - filled)
    // A line that wraps could not be cleared.
    let text = "\(bar) \(line)".prefix(max(1, min(80, terminalColumns()) - 1))
    put("\r\u{1b}[K\(text)", on: STDOUT_FILENO)
    barIsShown = true
  }

  /// Takes the bar off the screen, if it is there.
  func clearBar() {
    if barIsShown { put("\r\u{1b}[K", on: STDOUT_FILENO) }
    barIsShown = false
  }
}

/// Seconds in the form 1:02:03, 2:03 or 4.5 s.
func duration(_ seconds: Double) -> String {
  if seconds < 60 { return String(format: "%.1f s", seconds) }
  let whole = Int(seconds.rounded())
  if whole < 3600 { return String(format: "%d:%02d min", whole / 60, whole % 60) }
  return String(format: "%d:%02d:%02d h", whole / 3600, whole / 60 % 60, whole % 60)
}
