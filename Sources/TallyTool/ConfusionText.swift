// What was taken for what, for people: a table with the names of the classes on both sides, or the commonest confusions.

import Foundation

/// Confusions as text.
struct ConfusionText {
  let names: [String]
  /// Row: true class; column: class it was taken for.
  let counts: [[Int]]

  /// The characters that a column's heading has in a line.
  private static let headingWidth = 9

  /// A table: each cell a count and its part of the row, and behind rows and below columns their sums.
  var table: [String] {
    let sums = counts.indices.map { c in counts.reduce(0) { $0 + $1[c] } }
    let cells =
      counts.map { row in row.map { cell($0, of: row.reduce(0, +)) } + ["\(row.reduce(0, +))"] } + [
        (sums + [sums.reduce(0, +)]).map { "\($0)" }
      ]
    let headings = (names + ["all"]).map { Self.broken($0, width: Self.headingWidth) }
    let widths = headings.indices.map { c in
      max(cells.map { $0[c].count }.max() ?? 0, headings[c].map(\.count).max() ?? 0) + 2
    }
    let margin = (names + ["true class"]).map(\.count).max() ?? 0
    let height = headings.map(\.count).max() ?? 0
    func line(_ name: String, _ cells: [String]) -> String {
      name + String(repeating: " ", count: margin - name.count)
        + zip(cells, widths).map { String(repeating: " ", count: max(0, $1 - $0.count)) + $0 }.joined()
    }
    let head = (0..<height).map { row in
      line(
        row == height - 1 ? "true class" : "",
        headings.map { row < height - $0.count ? "" : $0[row - height + $0.count] })
    }
    return ["\nconfusion (down: true class; across: class it was taken for; percentages of the row)"] + head
      + zip(names + ["all"], cells).map { line($0, $1) }
  }

  private func cell(_ count: Int, of all: Int) -> String {
    guard count > 0 else { return "·" }
    let share = 100 * Double(count) / Double(all)
    let text = share < 1 ? "<1" : share > 99 && count < all ? ">99" : String(format: "%.0f", share)
    return "\(count) \(text)%"
  }

  /// A name in lines of some characters, broken at blanks and slashes where there are some.
  static func broken(_ name: String, width: Int) -> [String] {
    var (lines, line) = ([String](), "")
    for character in name {
      if line.count == width {
        let place = line.lastIndex { " /-_".contains($0) }.map { line.index(after: $0) } ?? line.endIndex
        lines.append(String(line[..<place]))
        line = String(line[place...])
      }
      line.append(character)
    }
    return (lines + [line]).map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// The commonest confusions, most first, a line each: "Shirt taken for T-shirt/top: 102 of 1000".
  func commonest(_ confusions: [(truth: Int, prediction: Int, images: Int)]) -> [String] {
    guard !confusions.isEmpty else { return [] }
    return ["\nthe commonest confusions:"]
      + confusions.map { truth, prediction, images in
        let all = counts[truth].reduce(0, +)
        return "  \(names[truth]) taken for \(names[prediction]): \(images) of \(all)"
      }
  }
}
