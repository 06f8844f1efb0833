// One image's prediction as it is printed: for people, as CSV, as JSON.

import LayerwiseTraining

/// What `tally predict` says of one image.
struct PredictionRow: Encodable {
  struct Guess: Encodable {
    let name: String
    let score: Int64
  }
  /// The image's number in its set, or its path.
  var index: Int?
  var path: String?
  /// The class the data set says it is.
  var label: String?
  /// The likeliest classes, most likely first.
  var classes: [Guess]?
  /// Why there is no prediction.
  var error: String?

  /// The classes with the highest scores.
  static func guesses(_ prediction: Prediction, top: Int, names: [String]) -> [Guess] {
    prediction.ranking.prefix(top).map { Guess(name: names[$0], score: prediction.scores[$0]) }
  }

  /// A line for people; `width` is that of the column of paths.
  func text(width: Int = 0) -> String {
    let name = path ?? index.map { "\($0)" } ?? ""
    let gap = String(repeating: " ", count: max(0, width - name.count))
    return name + gap + "\t" + (classes ?? []).map { "\($0.name) \($0.score)" }.joined(separator: "\t")
      + (label.map { "\t(labelled \($0))" } ?? "")
  }

  /// The first line of a table of comma-separated values.
  static func csvHeader(top: Int) -> String {
    "image,label,"
      + (1...top).map { top == 1 ? "class,score" : "class\($0),score\($0)" }.joined(separator: ",")
  }

  /// A line of comma-separated values.
  var csv: String {
    let fields =
      [path ?? index.map { "\($0)" } ?? "", label ?? ""]
      + (classes ?? []).flatMap { [$0.name, "\($0.score)"] }
    return fields.map(Self.quoted).joined(separator: ",")
  }

  /// A field, in quotes where it needs them (RFC 4180).
  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { "\",\r\n".contains($0) || $0 == "\r\n" }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}
