// Tables as C text.

/// C text put together line by line.
struct CText {
  private(set) var text = ""

  /// Adds a line.
  mutating func line(_ line: String = "") { text += line + "\n" }

  /// Adds an array of constants, as many in a line as fit.
  mutating func array<T: BinaryInteger>(_ type: String, _ name: String, _ values: [T], hex: Bool = false) {
    text += "static const \(type) \(name)[\(values.count)] = {\n"
    var line = " "
    for value in values {
      let number = hex ? "0x" + String(value, radix: 16) + "u" : Self.number(value)
      if line.utf8.count + number.utf8.count + 2 > 120 {
        text += line + "\n"
        line = " "
      }
      line += " \(number),"
    }
    text += line + "\n};\n"
  }

  /// A number as C reads it: the most negative one of 64 bits is no literal.
  static func number<T: BinaryInteger>(_ value: T) -> String {
    let wide = Int64(value)
    if wide == .min { return "(-INT64_C(9223372036854775807) - 1)" }
    return wide.magnitude > UInt64(Int32.max) ? "INT64_C(\(wide))" : "\(wide)"
  }

  /// A string literal of any text: what C might read as something else is written as octal numbers.
  static func literal(_ text: String) -> String {
    var literal = "\""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "?"), ..<32, 127...:
        let digits = String(byte, radix: 8)
        literal += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      default: literal.append(Character(UnicodeScalar(byte)))
      }
    }
    return literal + "\""
  }
}
