// A JSON text as a tree, checked and written. It is read by PlanReader.swift; what the tree means is PlanSection.swift's.

/// One value of a plan before it is given its meaning.
indirect enum PlanValue: Hashable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  /// Text from an assignment, to be read as whatever the setting is.
  case bare(String)
  case list([PlanValue])
  case section([Entry])

  struct Entry: Hashable {
    let key: String
    var value: PlanValue
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
    do throws(PlanSyntaxError) {
      value = try PlanReader.value(json)
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

  /// What is wrong with a text that is not JSON, with line and column.
  private static func reason(_ error: PlanSyntaxError, in json: [UInt8]) -> String {
    guard let offset = error.offset else { return error.reason }
    let before = json.prefix(offset)
    let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    return "\(error.reason) at line \(line), column \(column)."
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
