// Tables and paragraphs for a terminal: aligned, and no wider than it.

import Foundation

/// A table of text with a heading.
struct TextTable {
  /// Where a cell's text stands, and whether it may be cut where there is too little room.
  enum Column {
    case right
    /// Cut at its end, or in its middle, which leaves the end of a path.
    case name, path
  }

  private let columns: [Column]
  private var rows: [[String]]

  /// A table with titles; a row has as many cells.
  init(_ titles: [String], _ columns: [Column]) {
    self.columns = columns
    rows = [titles]
  }

  /// Adds a row.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// Fewest characters that a cell is cut to.
  private static let least = 8
  private static let gap = "  "

  /// The lines, the heading first; at most `width` characters each, if cutting helps.
  func lines(width: Int = 80) -> [String] {
    var widths = columns.indices.map { c in rows.map { $0[c].count }.max() ?? 0 }
    let gaps = Self.gap.count * (columns.count - 1)
    var excess = widths.reduce(gaps, +) - width
    while excess > 0,
      let widest = columns.indices.filter({ columns[$0].isCut && widths[$0] > Self.least })
        .max(by: { widths[$0] < widths[$1] })
    {
      widths[widest] -= 1
      excess -= 1
    }
    return rows.map { row in
      var line = columns.indices.map { c in columns[c].cell(row[c], widths[c]) }.joined(separator: Self.gap)
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

extension TextTable.Column {
  fileprivate var isCut: Bool { self == .name || self == .path }

  /// A text in a column of some width.
  func cell(_ text: String, _ width: Int) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    switch self {
    case .right: return space + text
    case .name: return text.count <= width ? text + space : text.prefix(max(0, width - 1)) + "…"
    case .path:
      if text.count <= width { return text + space }
      let tail = max(0, (width - 1) * 2 / 3)
      return text.prefix(max(0, width - 1 - tail)) + "…" + text.suffix(tail)
    }
  }
}

/// A text in lines of at most `width` characters, broken at blanks; a longer word has a line of its own.
func wrapped(_ text: String, width: Int = 80) -> [String] {
  var lines: [String] = []
  for word in text.split(separator: " ") {
    if let last = lines.last, last.count + 1 + word.count <= width {
      lines[lines.count - 1] += " " + word
    } else {
      lines.append(String(word))
    }
  }
  return lines
}

/// A fact with its name before it, in as many lines as it takes.
func labelled(_ name: String, _ text: String, width: Int = 80) -> [String] {
  let margin = 12
  let head = name + String(repeating: " ", count: max(1, margin - name.count))
  let lines = wrapped(text, width: width - margin)
  return lines.enumerated().map { ($0 == 0 ? head : String(repeating: " ", count: margin)) + $1 }
}
