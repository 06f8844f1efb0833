// What a person should know of images that were decoded all the same, one by one and for a whole folder.

/// Something about an image file that was decoded nevertheless.
package struct DecodingNote: Hashable, Sendable {
  /// What is the matter and what to do; names no file.
  package let text: String
  /// Whether the pixels may not be those that were meant.
  package let isSerious: Bool

  init(_ text: String, isSerious: Bool) {
    self.text = text
    self.isSerious = isSerious
  }
}

/// The notes on the files of a folder, by item.
struct DecodingNotes {
  private var items: [(item: Int, note: DecodingNote)] = []

  /// Keeps the notes on an item.
  mutating func add(_ notes: [DecodingNote], item: Int) { items += notes.map { (item, $0) } }

  /// What to say of a folder: one line on the serious notes and one on the others, where there are any.
  /// - Parameter name: the path of an item.
  func lines(
    of count: Int, in path: String, name: (Int) -> String
  ) -> (serious: [String], others: [String]) {
    func line(_ isSerious: Bool, _ what: String) -> [String] {
      let found = items.filter { $0.note.isSerious == isSerious }.map { (name($0.item), $0.note.text) }
      guard let first = found.min(by: { $0 < $1 }) else { return [] }
      return [
        "\(path): \(found.count) of \(count) images \(what) and are used all the same; the first is "
          + "\(first.0): \(first.1)"
      ]
    }
    return (line(true, "may not show what was meant"), line(false, "are not quite as their format asks"))
  }
}
