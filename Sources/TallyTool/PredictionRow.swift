// One image's prediction as it is printed: for people, as CSV, as JSON.

import BinaryNetworks
import Foundation
import ModelEvaluation

/// What `tally predict` says of one image.
struct PredictionRow: Encodable {
  struct Guess: Encodable {
    let name: String
    let score: Int64
    /// How sure the model is, 0 to 1 with six decimals; nil if it does not say.
    let share: Double?
  }
  /// The image's number in its set, or its path.
  var index: Int?
  var path: String?
  /// The class the data set says it is.
  var label: String?
  /// The likeliest classes, most likely first.
  var classes: [Guess]?
  /// Why there is no prediction.
  package var error: String?

  /// The classes with the highest scores.
  static func guesses(_ prediction: Prediction, top: Int, names: [String]) -> [Guess] {
    let shares = prediction.shares
    return prediction.ranking.prefix(top).map { c in
      Guess(
        name: names[c], score: prediction.scores[c], share: shares.map { Double($0[c]) / 1_000_000 })
    }
  }

  /// A line for people; `width` is that of the column of paths.
  func text(width: Int = 0) -> String {
    let name = path ?? index.map { "\($0)" } ?? ""
    let gap = String(repeating: " ", count: max(0, width - name.count))
    let guesses = (classes ?? []).map { guess in
      "\(guess.name) \(guess.score)" + (guess.share.map { " " + percent($0) } ?? "")
    }
    return name + gap + "\t" + guesses.joined(separator: "\t")
      + (label.map { "\t(labelled \($0))" } ?? "")
  }

  /// The first line of a table of comma-separated values.
  static func csvHeader(top: Int, hasShares: Bool) -> String {
    let columns = ["class", "score"] + (hasShares ? ["share"] : [])
    return
      (["image", "label"] + (1...top).flatMap { n in columns.map { top == 1 ? $0 : "\($0)\(n)" } })
      .joined(separator: ",")
  }

  /// A line of comma-separated values.
  var csv: String {
    let fields =
      [path ?? index.map { "\($0)" } ?? "", label ?? ""]
      + (classes ?? []).flatMap { guess in
        [guess.name, "\(guess.score)"] + (guess.share.map { [String(format: "%.6f", $0)] } ?? [])
      }
    return fields.map(Self.quoted).joined(separator: ",")
  }

  /// A field, in quotes where it needs them (RFC 4180).
  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { "\",\r\n".contains($0) || $0 == "\r\n" }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}
