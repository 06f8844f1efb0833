// What a person sees while training: a live bar on a terminal, lines elsewhere, nothing when quiet.

import Foundation
import LayerwiseTraining
import ModelEvaluation
import Plumbing

/// Shows training events.
final class ProgressDisplay {
  private let isTerminal: Bool
  private let isQuiet: Bool
  private let started = Date()
  private var stageStarted = Date()
  private var stageFirst = 0
  private var stage = ""
  private var lastLine = Date.distantPast
  private var barIsShown = false

  /// A display on the standard output.
  init(quiet: Bool) {
    isQuiet = quiet
    isTerminal = isatty(STDOUT_FILENO) == 1
  }

  /// Prints a line that stays.
  func note(_ line: String) {
    guard !isQuiet else { return }
    clearBar()
    put(line.printable + "\n", on: STDOUT_FILENO)
  }

  /// Shows one event.
  func show(_ event: TrainingEvent) {
    guard !isQuiet else { return }
    switch event {
    case .encoding: note("encoder: counting the values of every signal")
    case .round(let layer, let stage, let done, let total, let images, let accuracy):
      round(layer: layer, stage: stage, done: done, total: total, images: images, accuracy: accuracy)
    case .layer(let result):
      let kind = result.isValidation ? "validation" : "training"
      note(
        "layer \(result.layer + 1) done: \(result.filters) filters of \(result.patchBits) bits; \(kind) accuracy "
          + "\(percent(result.accuracyAlone)) alone, \(percent(result.accuracySum)) with all layers so far; "
          + "\(duration(Date().timeIntervalSince(started))) so far")
      if let answers = result.answers {
        note(
          "answers: \(kind) accuracy \(percent(result.accuracy)) with early exits and second looks; images by stage: "
            + answers.stops.map { "\($0)" }.joined(separator: ", "))
      }
      if let calibration = result.calibration {
        note("shares: calibration error \(percent(calibration.errorShare)) on the \(kind) part")
      }
    }
  }

  private func round(layer: Int, stage: String, done: Int, total: Int, images: Int, accuracy: Int?) {
    let key = "\(layer) \(stage)"
    let now = Date()
    if key != self.stage {
      self.stage = key
      stageStarted = now
      stageFirst = done
    }
    var text = "layer \(layer + 1) \(stage)"
    if total > 1 {
      text += " \(done)/\(total)"
      let seconds = now.timeIntervalSince(stageStarted)
      // Rounds that learn are many, and one takes as long as the other.
      if done > stageFirst, seconds > 0, accuracy != nil {
        let perRound = seconds / Double(done - stageFirst)
        text += String(format: ", %.0f images/s", Double(images) / perRound)
        text += ", \(duration(perRound * Double(total - done))) left"
      }
    }
    if let accuracy { text += ", \(percent(Double(accuracy) / 1_000_000)) correct while learning" }
    if isTerminal, total > 1, done < total {
      draw(text, share: Double(done) / Double(total))
    } else if total == 1 || done == total || now.timeIntervalSince(lastLine) > 5 {
      lastLine = now
      note(text)
    }
  }

  private func draw(_ text: String, share: Double) {
    let filled = Int(24 * share)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    // A line that wraps could not be cleared.
    let line = "\(bar) \(text)".prefix(max(1, terminalColumns() - 1))
    put("\r\u{1b}[K\(line)", on: STDOUT_FILENO)
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
