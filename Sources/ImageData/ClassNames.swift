// What the name of a class may be, wherever it comes from: a folder, a line of a text file, a caller. See ClassNameFile
// for reading such a file.

import Plumbing

/// The rules for class names: text that tells every class from every other.
package enum ClassNames {
  /// Most classes.
  package static let most = 65_536
  /// Most bytes of a name in UTF-8.
  package static let mostBytes = 1024

  /// What is wrong with a name, as the end of a sentence that begins with it; nil if nothing is.
  package static func problem(with name: String) -> String? {
    if name.utf8.count > mostBytes {
      return "has \(name.utf8.count) bytes, but at most \(mostBytes) are possible"
    }
    if name.allSatisfy(\.isWhitespace) { return "has no characters" }
    if !FileName.isUTF8(name) { return "is not UTF-8" }
    if name.unicodeScalars.contains("\u{FFFD}") {
      return "holds U+FFFD, which stands for bytes that are not text"
    }
    return name.printable == name ? nil : "holds a control character"
  }

  /// Whether a name is text as a whole: no byte of it is anything else, or was and is lost.
  static func isText(_ name: String) -> Bool {
    FileName.isUTF8(name) && !name.unicodeScalars.contains("\u{FFFD}")
  }

  /// Two names that are the same once blanks at either end are left out; nil where all differ. Two spellings of one
  /// text, such as é as one character or as two, are the same.
  package static func firstRepeat(in names: [String]) -> (first: Int, second: Int)? {
    var places: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      if let first = places.updateValue(index, forKey: trimmed(name)) { return (first, index) }
    }
    return nil
  }

  /// What is wrong with the names of all classes, in words; nil if nothing is.
  /// - Parameter place: what a class is called, by its index.
  package static func problem(
    in names: [String], place: (Int) -> String = { "class \($0)" }
  ) -> String? {
    if names.count > most { return "\(names.count) classes, but at most \(most) are possible" }
    for (index, name) in names.enumerated() {
      if let problem = problem(with: name) {
        return "the name of \(place(index)), \(quoted(name)), \(problem)"
      }
    }
    guard let (first, second) = firstRepeat(in: names) else { return nil }
    if names[first].utf8.elementsEqual(names[second].utf8) {
      return "\(place(first)) and \(place(second)) have the same name, \(quoted(names[first]))"
    }
    return
      "\(place(first)) and \(place(second)) have the same name in two spellings, \(quoted(names[first])) and "
      + "\(quoted(names[second]))"
  }

  /// Refuses names that are not text or not different.
  /// - Parameter source: what the names are of, for the error.
  /// - Throws: `DatasetError` `wrongNames`.
  package static func check(_ names: [String], of source: String) throws(DatasetError) {
    guard let problem = problem(in: names) else { return }
    throw DatasetError(
      code: .wrongNames,
      message: "\(source): \(problem); give each class a name of its own that is plain text")
  }

  /// A name in quotes as it may be shown; a long one is cut.
  package static func quoted(_ name: String) -> String {
    let shown = name.printable
    return shown.count <= 120 ? "\"\(shown)\"" : "\"\(shown.prefix(120))…\""
  }

  /// A name without blanks at either end.
  static func trimmed(_ name: some StringProtocol) -> String {
    guard let first = name.firstIndex(where: { !$0.isWhitespace }),
      let last = name.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(name[first...last])
  }
}
