// Changes of bytes and numbers that readers must stand: every field set to what hostile files say, every length cut.

import Plumbing

/// Changed copies of what is right.
package enum Mutations {
  /// What numbers of so many bytes are set to: nothing, one, the largest with and without a sign and their neighbours,
  /// something huge.
  package static func values(bytes: Int) -> [UInt64] {
    let all: UInt64 = bytes == 8 ? .max : (1 << UInt64(8 * bytes)) - 1
    return [0, 1, 2, all, all - 1, all >> 1, (all >> 1) + 1, all >> 2]
  }

  /// Calls `body` with a copy for every place, width and value; `every` passes over places.
  package static func forEachField(
    of bytes: [UInt8], widths: [Int] = [1, 2, 4, 8], every step: Int = 1,
    _ body: (_ changed: [UInt8]) throws -> Void
  ) rethrows {
    for place in stride(from: 0, to: bytes.count, by: step) {
      for width in widths where place + width <= bytes.count {
        for value in values(bytes: width) {
          var changed = bytes
          for i in 0..<width { changed[place + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
          if changed != bytes { try body(changed) }
        }
      }
    }
  }

  /// Calls `body` with the bytes cut at every place.
  package static func forEachTruncation(
    of bytes: [UInt8], _ body: (_ changed: [UInt8]) throws -> Void
  ) rethrows {
    for length in bytes.indices { try body(Array(bytes[..<length])) }
  }

  /// What signed numbers are set to.
  package static let numbers: [Int64] = [
    0, 1, -1, 2, 17, 255, 256, 65_535, 65_536, 1 << 24, 1 << 31, (1 << 32) - 1, 1 << 40, 1 << 56, 1 << 61,
    1 << 62,
    .max - 1, .max, .min, .min + 1,
  ]

  /// Calls `body` with copies of named arrays: each missing, empty, cut, longer, and with its first, middle or last value,
  /// or all of them, set to every number.
  package static func forEachArray(
    of arrays: [String: [Int64]], _ body: (_ what: String, _ changed: [String: [Int64]]) throws -> Void
  ) rethrows {
    for (name, values) in arrays.sorted(by: { $0.key < $1.key }) {
      for (what, value) in changes(of: values) where value != values {
        var changed = arrays
        changed[name] = value
        try body("\(name) \(what)", changed)
      }
    }
  }

  private static func changes(of values: [Int64]) -> [(what: String, value: [Int64]?)] {
    var changes: [(what: String, value: [Int64]?)] = [
      ("missing", nil), ("empty", []), ("cut", Array(values.dropLast())), ("longer", values + [0]),
    ]
    for number in numbers {
      for place in Set([0, values.count / 2, values.count - 1]).sorted() where values.indices.contains(place)
      {
        var changed = values
        changed[place] = number
        changes.append(("[\(place)] = \(number)", changed))
      }
      changes.append(("all \(number)", values.map { _ in number }))
    }
    return changes
  }

  /// The bytes of a JSON text with every number in it set to every one of some texts, one at a time.
  package static func forEachNumber(
    ofJSON text: String, _ values: [String], _ body: (_ changed: String) throws -> Void
  ) rethrows {
    let bytes = Array(text.utf8)
    var at = 0
    var isString = false
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "\"") { isString.toggle() }
      guard !isString, bytes[at] == UInt8(ascii: "-") || (48...57).contains(bytes[at]) else {
        at += 1
        continue
      }
      var end = at
      while end < bytes.count, "+-.eE0123456789".utf8.contains(bytes[end]) { end += 1 }
      for value in values {
        try body(String(decoding: bytes[..<at] + Array(value.utf8) + bytes[end...], as: UTF8.self))
      }
      at = end
    }
  }

  /// What numbers of JSON texts are set to.
  package static let jsonNumbers = [
    "0", "1", "-1", "65536", "4294967295", "4294967296", "1000000000000", "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808", "1e400", "-1e400", "1e18", "0.5", "null", "\"x\"", "[]",
  ]
}
