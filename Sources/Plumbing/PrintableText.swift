// Text from files and their names, as it may be shown on a terminal.

extension String {
  /// The text with everything escaped that a terminal would obey or that hides what is there: control characters, marks
  /// that change the direction of text, separators of lines, bytes of a file name that are not UTF-8.
  ///
  /// `\n`, `\r`, `\t` and `\e` stand for themselves, others are `\xE9` (a byte, or a control character below U+0100) or
  /// `\u{202E}`. A backslash stays one, so this is for reading, not for reading back.
  package var printable: String { printable(keeping: []) }

  /// The same, with some scalars left as they are.
  package func printable(keeping kept: Set<Unicode.Scalar>) -> String {
    guard unicodeScalars.contains(where: { $0.isHarmful && !kept.contains($0) }) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      guard scalar.isHarmful, !kept.contains(scalar) else {
        text.unicodeScalars.append(scalar)
        continue
      }
      switch scalar {
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{1B}": text += "\\e"
      default:
        let code = FileName.escapedByte(scalar).map(UInt32.init) ?? scalar.value
        let hex = String(code, radix: 16, uppercase: true)
        text += code < 0x100 ? "\\x" + (hex.count < 2 ? "0" : "") + hex : "\\u{\(hex)}"
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  /// Whether it must not reach a terminal.
  fileprivate var isHarmful: Bool {
    switch value {
    case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
    default: FileName.escapedByte(self) != nil
    }
  }
}
