// In which form `tally predict` prints what it finds: a table on a terminal, lines elsewhere, CSV, or JSON in the end.

import BinaryNetworks
import Foundation
import Plumbing

/// Prints rows as they come.
struct PredictionPrinter {
  private let names: [String]
  private let hasShares: Bool
  private let csv: Bool
  private let json: Bool
  private let isTerminal = isatty(STDOUT_FILENO) == 1
  private var table: PredictionTable?
  /// Rows that are printed in the end.
  private var rows: [PredictionRow] = []

  init(_ model: Model, csv: Bool, json: Bool) {
    (names, hasShares) = (model.network.classNames, model.temperature != nil)
    (self.csv, self.json) = (csv, json)
  }

  private var hasTable: Bool { isTerminal && !csv && !json }

  /// How many classes a row holds where so many were asked for: a table has the runner-up, too.
  func classes(_ top: Int) -> Int { min(hasTable ? max(2, top) : top, names.count) }

  /// Prints what comes before all rows.
  func begin(top: Int) throws {
    if csv { try say(PredictionRow.csvHeader(top: top, hasShares: hasShares)) }
  }

  /// Prints a row, or keeps it for the end; `width` is that of the longest path.
  mutating func print(_ row: PredictionRow, width: Int) throws {
    if json {
      rows.append(row)
    } else if csv {
      // A file or a program gets the names as they are; a terminal would obey them.
      let line = row.csv
      try isTerminal ? say(FileName.text(line)) : say(line)
    } else if hasTable {
      let table =
        self.table
        ?? PredictionTable(
          files: width, names: names, hasLabels: row.label != nil, hasShares: hasShares,
          columns: terminalColumns())
      if self.table == nil { try say(table.heading) }
      self.table = table
      try say(table.line(row))
    } else {
      // Numbers of images have no column.
      try say(row.text(width: row.label == nil ? width : 0))
    }
  }

  /// Prints what comes behind all rows.
  func end() throws {
    if json { try say(jsonText(rows)) }
  }

  /// A file that cannot be read: no row but in JSON.
  mutating func fail(_ path: String, _ error: any Error) {
    if json { rows.append(PredictionRow(path: path, error: "\(error)".printable)) }
  }
}
