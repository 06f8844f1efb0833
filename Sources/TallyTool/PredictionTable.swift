// What `tally predict` shows on a terminal: a line an image, in columns. Files and pipes get PredictionRow's lines.

import BinaryNetworks
import Foundation
import Plumbing

/// A table of predictions that is printed as they come.
struct PredictionTable {
  private let fileWidth: Int
  private let classWidth: Int
  private let runnerUpWidth: Int
  private let width: Int
  private let hasLabels: Bool
  private let hasShares: Bool

  /// Columns of a class's name at most, unless there is room for more.
  private static let mostClassWidth = 16
  private static let shareWidth = 11
  private static let gap = "  "

  /// A table as wide as the terminal.
  /// - Parameters:
  ///   - files: the longest name of an image, in characters.
  ///   - names: of the classes.
  ///   - hasLabels: whether it is known what the images show.
  ///   - columns: of the terminal.
  init(files: Int, names: [String], hasLabels: Bool, hasShares: Bool, columns: Int) {
    (self.hasLabels, self.hasShares) = (hasLabels, hasShares)
    let longest = max(6, names.map(\.printable.count).max() ?? 0)
    classWidth = min(longest, Self.mostClassWidth)
    runnerUpWidth = classWidth + (hasShares ? 9 : 0)
    let others =
      classWidth + Self.shareWidth + runnerUpWidth + (hasLabels ? classWidth + Self.gap.count : 0)
      + 3 * Self.gap.count
    // The last column of a terminal is left free, as some break the line there.
    fileWidth = max(min(8, max(5, files)), min(max(5, files), columns - 1 - others))
    width = columns - 1
  }

  /// The titles of the columns.
  var heading: String {
    line("image", "class", hasShares ? "share" : "score", "runner-up", hasLabels ? "label" : nil)
  }

  /// An image's line.
  func line(_ row: PredictionRow) -> String {
    let classes = row.classes ?? []
    guard let best = classes.first else { return row.text() }
    // Where the model is not sure, its best guess is among the others.
    let others = row.isUnsure == true ? classes : Array(classes.dropFirst())
    return line(
      row.path?.printable ?? row.index.map { "\($0)" } ?? "", row.answer?.printable ?? best.name.printable,
      best.share.map { String(format: "%.2f %%", 100 * $0) } ?? "\(best.score)",
      others.map { guess in
        guess.name.printable + (guess.share.map { String(format: " %.2f %%", 100 * $0) } ?? "")
      }.joined(separator: ", "), hasLabels ? row.label?.printable ?? "" : nil)
  }

  private func line(
    _ file: String, _ answer: String, _ sureness: String, _ others: String, _ label: String?
  ) -> String {
    // Of a long path the end tells which file it is.
    let shown = file.count <= fileWidth ? file : "…" + file.suffix(fileWidth - 1)
    var cells = [
      TextTable.Column.name.cell(shown, fileWidth), TextTable.Column.name.cell(answer, classWidth),
      TextTable.Column.right.cell(sureness, Self.shareWidth),
    ]
    if let label { cells.append(TextTable.Column.name.cell(label, classWidth)) }
    let used = cells.reduce(0) { $0 + $1.count + Self.gap.count }
    cells.append(TextTable.Column.name.cell(others, max(runnerUpWidth, width - used)))
    var line = cells.joined(separator: Self.gap)
    while line.last == " " { line.removeLast() }
    return line
  }
}
