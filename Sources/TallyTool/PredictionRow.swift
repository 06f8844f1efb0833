// One image's prediction as it is printed: for people, as CSV, as JSON.

import BinaryNetworks
import Foundation
import ModelEvaluation
import Plumbing

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
  /// The bytes of a path that is not UTF-8; nil for others, which `path` says in full.
  private var pathBytes: Data?
  /// The class the data set says it is.
  var label: String?
  /// The likeliest classes, most likely first.
  var classes: [Guess]?
  /// Whether the likeliest class has a lower share than was asked for; nil where none was.
  private(set) var isUnsure: Bool?
  /// Why there is no prediction.
  package var error: String?

  /// What an answer is called that is not sure enough.
  static let unsure = "unsure"

  /// The class that is answered with, or `unsure`.
  var answer: String? { isUnsure == true ? Self.unsure : classes?.first?.name }

  /// - Parameters:
  ///   - path: as `FileName` gives it.
  ///   - leastShare: the least share of an answer that counts, 0 to 1.
  init(
    index: Int? = nil, path: String? = nil, label: String? = nil, classes: [Guess]? = nil,
    leastShare: Double? = nil, error: String? = nil
  ) {
    isUnsure = leastShare.flatMap { least in classes?.first?.share.map { $0 < least } }
    (self.index, self.path, self.label, self.classes, self.error) = (index, path, label, classes, error)
    pathBytes = path.flatMap { FileName.isUTF8($0) ? nil : Data(FileName.bytes($0)) }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(index, forKey: .index)
    try container.encodeIfPresent(
      path.map { String(decoding: FileName.bytes($0), as: UTF8.self) }, forKey: .path)
    try container.encodeIfPresent(pathBytes, forKey: .pathBytes)
    try container.encodeIfPresent(label, forKey: .label)
    try container.encodeIfPresent(isUnsure == nil ? nil : answer, forKey: .answer)
    try container.encodeIfPresent(classes, forKey: .classes)
    try container.encodeIfPresent(error, forKey: .error)
  }

  private enum CodingKeys: CodingKey {
    case index, path, pathBytes, label, answer, classes, error
  }

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
    let name = path?.printable ?? index.map { "\($0)" } ?? ""
    let gap = String(repeating: " ", count: max(0, width - name.count))
    let guesses =
      (isUnsure == true ? [Self.unsure] : [])
      + (classes ?? []).map { guess in
        "\(guess.name.printable) \(guess.score)" + (guess.share.map { " " + percent($0) } ?? "")
      }
    return name + gap + "\t" + guesses.joined(separator: "\t")
      + (label.map { "\t(labelled \($0.printable))" } ?? "")
  }

  /// The first line of a table of comma-separated values.
  static func csvHeader(top: Int, hasShares: Bool) -> String {
    let columns = ["class", "score"] + (hasShares ? ["share"] : [])
    return
      (["image", "label"] + (1...top).flatMap { n in columns.map { top == 1 ? $0 : "\($0)\(n)" } })
      .joined(separator: ",")
  }

  /// A line of comma-separated values; the path has its own bytes.
  var csv: [UInt8] {
    var fields = [
      path.map(FileName.bytes) ?? Array((index.map { "\($0)" } ?? "").utf8), Array((label ?? "").utf8),
    ]
    for (place, guess) in (classes ?? []).enumerated() {
      let name = place == 0 ? answer ?? guess.name : guess.name
      fields += [Array(name.utf8), Array("\(guess.score)".utf8)]
      if let share = guess.share { fields.append(Array(String(format: "%.6f", share).utf8)) }
    }
    return csvLine(fields)
  }
}
