// What the name of a class may be, wherever it comes from: a folder, a line of a text file, a caller. See ClassNameFile
// for reading such a file.

/// The rules for class names: text that tells every class from every other.
package enum ClassNames {
  /// Most classes.
  package static let most = 65_536
  /// Most bytes of a name in UTF-8.
  package static let mostBytes = 1024
  /// The scalars that stand in a file name for bytes that are not UTF-8: the byte b is U+F700 + b.
  private static let escapedBytes: ClosedRange<UInt32> = 0xf780...0xf7ff

  /// What is wrong with a name, as the end of a sentence that begins with it; nil if nothing is.
  package static func problem(with name: String) -> String? {
    if name.utf8.count > mostBytes {
      return "has \(name.utf8.count) bytes, but at most \(mostBytes) are possible"
    }
    if name.allSatisfy(\.isWhitespace) { return "has no characters" }
    for scalar in name.unicodeScalars {
      if escapedBytes.contains(scalar.value) { return "is not UTF-8" }
      if scalar.value == 0xfffd { return "holds U+FFFD, which stands for bytes that are not text" }
      if isControl(scalar) { return "holds a control character" }
    }
    return nil
  }

  /// Whether a name is text as a whole: no byte of it is anything else, or was and is lost.
  static func isText(_ name: String) -> Bool {
    !name.unicodeScalars.contains { escapedBytes.contains($0.value) || $0.value == 0xfffd }
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

  /// A name in quotes with everything visible that a terminal would not show as it is: bytes that are not UTF-8 as
  /// `\xE9`, control characters as `\n` or `\u{1B}`. A long one is cut.
  package static func quoted(_ name: String) -> String {
    let shown = visible(name)
    return shown.count <= 120 ? "\"\(shown)\"" : "\"\(shown.prefix(120))…\""
  }

  /// A name with everything visible that a terminal would not show as it is.
  package static func visible(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where escapedBytes.contains(scalar.value):
        text += "\\x" + String(scalar.value - 0xf700, radix: 16, uppercase: true)
      case _ where isControl(scalar): text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// A name without blanks at either end.
  static func trimmed(_ name: some StringProtocol) -> String {
    guard let first = name.firstIndex(where: { !$0.isWhitespace }),
      let last = name.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(name[first...last])
  }

  /// Whether a scalar moves a terminal's cursor or does something else than being seen: also line and paragraph
  /// separators, and the marks that turn the direction of all text behind them.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
