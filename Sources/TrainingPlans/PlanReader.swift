// A JSON text becomes a tree of values. What the tree means is PlanSection.swift's; how deep a text may nest is
// PlanOutline.swift's, which looks at it first.

/// What is wrong with a text that is not JSON.
struct PlanSyntaxError: Error, Hashable, CustomStringConvertible {
  /// What is wrong.
  let reason: String
  /// The byte at which it is; nil where that says nothing.
  let offset: Int?

  var description: String { reason + (offset.map { " at byte \($0)" } ?? "") }
}

/// Reads JSON as RFC 8259 has it, but lets a comma pass before a closing bracket, and a byte order mark in front.
///
/// It calls itself for every level of nesting, so the text must not nest deeper than a stack allows.
struct PlanReader {
  private let json: [UInt8]
  private var at = 0

  private init(_ json: [UInt8]) { self.json = json }

  /// The value a text holds; the keys of a section are sorted.
  static func value(_ json: [UInt8]) throws(PlanSyntaxError) -> PlanValue {
    var reader = PlanReader(json)
    if json.starts(with: [0xef, 0xbb, 0xbf]) { reader.at = 3 }
    let value = try reader.value()
    reader.skipSpace()
    if reader.at < json.count { throw reader.invalid() }
    return value
  }

  /// The string a text holds between its quotes; nil if it is something else.
  static func string(_ literal: [UInt8]) -> String? {
    var reader = PlanReader(literal)
    guard literal.first == UInt8(ascii: "\""), let text = try? reader.string(), reader.at == literal.count
    else {
      return nil
    }
    return text
  }

  private func invalid() -> PlanSyntaxError {
    at < json.count
      ? PlanSyntaxError(reason: "Invalid value", offset: at)
      : PlanSyntaxError(reason: "Unexpected end of file during JSON parse.", offset: nil)
  }

  private mutating func skipSpace() {
    while at < json.count, [0x20, 0x09, 0x0a, 0x0d].contains(json[at]) { at += 1 }
  }

  /// Goes past a character and the space before it; whether it was there.
  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard at < json.count, json[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func value() throws(PlanSyntaxError) -> PlanValue {
    skipSpace()
    guard at < json.count else { throw invalid() }
    switch json[at] {
    case UInt8(ascii: "{"): return try section()
    case UInt8(ascii: "["): return try list()
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    case UInt8(ascii: "t"): return try word("true", .flag(true))
    case UInt8(ascii: "f"): return try word("false", .flag(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw invalid()
    }
  }

  private mutating func word(_ word: StaticString, _ value: PlanValue) throws(PlanSyntaxError) -> PlanValue {
    for byte in "\(word)".utf8 {
      guard at < json.count, json[at] == byte else { throw invalid() }
      at += 1
    }
    return value
  }

  private mutating func list() throws(PlanSyntaxError) -> PlanValue {
    at += 1
    var values: [PlanValue] = []
    while !takes("]") {
      values.append(try value())
      if takes(",") { continue }
      guard takes("]") else { throw invalid() }
      break
    }
    return .list(values)
  }

  private mutating func section() throws(PlanSyntaxError) -> PlanValue {
    at += 1
    var entries: [PlanValue.Entry] = []
    while !takes("}") {
      guard at < json.count, json[at] == UInt8(ascii: "\"") else { throw invalid() }
      let key = try string()
      guard takes(":") else { throw invalid() }
      entries.append(PlanValue.Entry(key: key, value: try value()))
      if takes(",") { continue }
      guard takes("}") else { throw invalid() }
      break
    }
    return .section(entries.sorted { $0.key < $1.key })
  }

  private mutating func number() throws(PlanSyntaxError) -> Double {
    let start = at
    if json[at] == UInt8(ascii: "-") { at += 1 }
    if at < json.count, json[at] == UInt8(ascii: "0") {
      at += 1
      if at < json.count, isDigit(json[at]) {
        throw PlanSyntaxError(reason: "Number with leading zero", offset: at)
      }
    } else {
      try digits()
    }
    if at < json.count, json[at] == UInt8(ascii: ".") {
      at += 1
      try digits()
    }
    if at < json.count, json[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < json.count, json[at] == UInt8(ascii: "+") || json[at] == UInt8(ascii: "-") { at += 1 }
      try digits()
    }
    let text = String(decoding: json[start..<at], as: UTF8.self)
    guard let number = Double(text), number.isFinite else {
      throw PlanSyntaxError(reason: "Number \(excerpt(text)) is too large.", offset: nil)
    }
    return number
  }

  private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  /// One digit or more.
  private mutating func digits() throws(PlanSyntaxError) {
    guard at < json.count, isDigit(json[at]) else { throw invalid() }
    while at < json.count, isDigit(json[at]) { at += 1 }
  }

  /// A string whose opening quote is next.
  private mutating func string() throws(PlanSyntaxError) -> String {
    at += 1
    var bytes: [UInt8] = []
    while at < json.count {
      let byte = json[at]
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        at += 1
        bytes += try escaped()
      case 0..<0x20: throw PlanSyntaxError(reason: "Unescaped control character", offset: at)
      default:
        bytes.append(byte)
        at += 1
      }
    }
    throw invalid()
  }

  /// What an escape behind its backslash stands for, in UTF-8.
  private mutating func escaped() throws(PlanSyntaxError) -> [UInt8] {
    guard at < json.count else { throw invalid() }
    let simple: [UInt8: UInt8] = [
      UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5c, UInt8(ascii: "/"): 0x2f, UInt8(ascii: "b"): 0x08,
      UInt8(ascii: "f"): 0x0c, UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d, UInt8(ascii: "t"): 0x09,
    ]
    if let byte = simple[json[at]] {
      at += 1
      return [byte]
    }
    guard json[at] == UInt8(ascii: "u") else {
      throw PlanSyntaxError(reason: "Invalid escape sequence", offset: at)
    }
    let start = at
    var units = [try unit()]
    if UTF16.isLeadSurrogate(units[0]) {
      guard at + 1 < json.count else {
        at = json.count
        throw invalid()
      }
      if json[at] == UInt8(ascii: "\\"), json[at + 1] == UInt8(ascii: "u") {
        at += 1
        units.append(try unit())
      }
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw PlanSyntaxError(reason: "Half a surrogate pair", offset: start)
    }
    return Array(text.utf8)
  }

  /// The number behind `u`, four hexadecimal digits.
  private mutating func unit() throws(PlanSyntaxError) -> UInt16 {
    at += 1
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard at < json.count else { throw invalid() }
      guard let digit = Character(Unicode.Scalar(json[at])).hexDigitValue else {
        throw PlanSyntaxError(reason: "Invalid hexadecimal digit", offset: at)
      }
      unit = unit << 4 | UInt16(digit)
      at += 1
    }
    return unit
  }
}
