// A JSON text as a tree, read and written. What the tree means is PlanSection.swift's.

import Foundation

/// One value of a plan before it is given its meaning.
indirect enum PlanValue: Decodable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  /// Text from an assignment, to be read as whatever the setting is.
  case bare(String)
  case list([PlanValue])
  case section([Entry])

  struct Entry {
    let key: String
    var value: PlanValue
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let section = try? decoder.container(keyedBy: Key.self) {
      self = .section(
        try section.allKeys.map(\.stringValue).sorted().map {
          Entry(key: $0, value: try section.decode(PlanValue.self, forKey: Key(stringValue: $0)))
        })
    } else if var list = try? decoder.unkeyedContainer() {
      var values: [PlanValue] = []
      while !list.isAtEnd { values.append(try list.decode(PlanValue.self)) }
      self = .list(values)
    } else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a number is too large")
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
  }

  /// Reads a JSON text; every failure becomes one line that begins with `what`.
  static func parse(_ json: [UInt8], what: String = "the plan") throws(TrainingPlanError) -> PlanValue {
    guard json.count <= TrainingPlan.largestText else {
      throw TrainingPlanError(
        .tooLong, "\(what) has \(json.count) bytes; allowed: at most \(TrainingPlan.largestText)")
    }
    guard !json.contains(0), String(validating: json, as: UTF8.self) != nil else {
      throw TrainingPlanError(.notJSON, "\(what) is not text in UTF-8; write it as a UTF-8 JSON file")
    }
    let outline = PlanOutline(json)
    guard outline.depth <= PlanOutline.deepest else {
      throw TrainingPlanError(
        .tooDeep, "\(what) nests \(outline.depth) levels deep; allowed: at most \(PlanOutline.deepest)")
    }
    guard outline.commas <= PlanOutline.mostCommas else {
      throw TrainingPlanError(
        .tooLong, "\(what) holds \(outline.commas) commas; allowed: at most \(PlanOutline.mostCommas)")
    }
    let value: PlanValue
    do {
      value = try JSONDecoder().decode(PlanValue.self, from: Data(json))
    } catch {
      throw TrainingPlanError(
        .notJSON, "\(what) is not a JSON text: \(reason(error, in: json))", cause: error)
    }
    if let key = outline.duplicate {
      throw TrainingPlanError(
        .duplicateKey, "\(what) gives the key \(excerpt(key)) twice in one section; keep one of them")
    }
    return value
  }

  /// What is wrong with a text that is not JSON, with line and column where Foundation tells the place.
  ///
  /// JSONDecoder says only that something is; JSONSerialization says what, and after how many bytes.
  private static func reason(_ error: any Error, in json: [UInt8]) -> String {
    var reason = "\(error)"
    if case DecodingError.dataCorrupted(let context) = error { reason = context.debugDescription }
    do {
      _ = try JSONSerialization.jsonObject(with: Data(json), options: .fragmentsAllowed)
    } catch {
      reason = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? reason
    }
    if let found = reason.firstMatch(of: /around character ([0-9]+)/), let offset = Int(found.output.1) {
      let before = json.prefix(offset)
      let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
      let line = before.count { $0 == UInt8(ascii: "\n") } + 1
      reason.replaceSubrange(found.range, with: "at line \(line), column \(column)")
    }
    return oneLine(reason)
  }

  /// The value as JSON text: sections and lists on one line where they fit, else indented by two spaces.
  func json(indent: Int = 0, prefix: Int = 0) -> String {
    let line = oneLineJSON
    if isSmall && indent + prefix + line.count <= 100 { return line }
    let margin = String(repeating: " ", count: indent + 2)
    let end = "\n" + String(repeating: " ", count: indent)
    switch self {
    case .list(let values):
      return "[\n" + values.map { margin + $0.json(indent: indent + 2) }.joined(separator: ",\n") + end + "]"
    case .section(let entries):
      let lines = entries.map {
        let key = margin + quoted($0.key) + ": "
        return key + $0.value.json(indent: indent + 2, prefix: $0.key.count + 4)
      }
      return "{\n" + lines.joined(separator: ",\n") + end + "}"
    default: return line
    }
  }

  private var oneLineJSON: String {
    switch self {
    case .null: "null"
    case .flag(let flag): flag ? "true" : "false"
    case .number(let number): shortest(number)
    case .text(let text), .bare(let text): quoted(text)
    case .list(let values): "[" + values.map(\.oneLineJSON).joined(separator: ", ") + "]"
    case .section(let entries):
      "{" + entries.map { quoted($0.key) + ": " + $0.value.oneLineJSON }.joined(separator: ", ") + "}"
    }
  }

  /// Whether this may stand on one line: no section or list with sections inside.
  private var isSmall: Bool {
    switch self {
    case .list(let values): values.allSatisfy(\.isScalar)
    case .section(let entries): entries.allSatisfy(\.value.isScalar)
    default: true
    }
  }

  private var isScalar: Bool {
    switch self {
    case .list, .section: false
    default: true
    }
  }

  /// What kind of value this is, and which, for messages.
  var described: String {
    switch self {
    case .null: "null"
    case .flag(let flag): "\(flag)"
    case .number(let number): shortest(number)
    case .text(let text), .bare(let text): excerpt(text)
    case .list: "a list"
    case .section: "a section"
    }
  }
}
