// What is to be known before a JSON text is read: how deep it nests, how much it holds and whether
// a section repeats a key. It does not judge whether the text is JSON.

/// Depth, length and first repeated key of a JSON text, by one walk over its brackets and strings.
///
/// On bytes that are no JSON the findings mean nothing, but the walk ends and stays in bounds.
struct PlanOutline {
  /// Levels a text may nest; a plan needs 4.
  static let deepest = 16

  /// Commas a text may hold: the longest plan needs fewer than 1000.
  static let mostCommas = 10_000

  /// Commas between values.
  private(set) var commas = 0

  /// Deepest nesting of lists and sections.
  private(set) var depth = 0

  /// The first key that its section had before.
  private(set) var duplicate: String?

  /// Walks over the text.
  init(_ json: [UInt8]) {
    var keys: [Set<String>] = []
    var i = 0
    while i < json.count {
      switch json[i] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        keys.append([])
        depth = max(depth, keys.count)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        _ = keys.popLast()
      case UInt8(ascii: ","):
        commas += 1
      case UInt8(ascii: "\""):
        let end = Self.end(ofString: i, in: json)
        var next = end
        while next < json.count, [0x20, 0x09, 0x0a, 0x0d].contains(json[next]) { next += 1 }
        if next < json.count, json[next] == UInt8(ascii: ":"), !keys.isEmpty {
          let key = Self.text(json[i..<end])
          if !keys[keys.count - 1].insert(key).inserted && duplicate == nil { duplicate = key }
        }
        i = end - 1
      default: break
      }
      i += 1
    }
  }

  /// Index behind the closing quote of the string that opens at `start`, or the end of the text.
  private static func end(ofString start: Int, in json: [UInt8]) -> Int {
    var i = start + 1
    while i < json.count, json[i] != UInt8(ascii: "\"") { i += json[i] == UInt8(ascii: "\\") ? 2 : 1 }
    return min(i + 1, json.count)
  }

  /// The string between the quotes, escapes resolved.
  private static func text(_ literal: ArraySlice<UInt8>) -> String {
    if literal.contains(UInt8(ascii: "\\")), let text = PlanReader.string(Array(literal)) { return text }
    return String(decoding: literal.dropFirst().dropLast(), as: UTF8.self)
  }
}
