// The kinds of settings a plan has: whole numbers, numbers, words, thresholds, sections, lists.
// Which settings there are is said by the sections themselves.

import BinaryNetworks

/// One key of a section: how its value is read, checked and written.
struct PlanField<Section> {
  let key: String
  let required: Bool
  /// The allowed values, in words.
  let allowed: String
  let read: (inout Section, PlanValue, String) throws(TrainingPlanError) -> Void
  /// The value to write; nil leaves the key out.
  let write: (Section) -> PlanValue?
}

extension PlanField {
  /// A whole number in a range.
  /// - Parameter omitted: the value that is left out where a plan is written.
  static func integer(
    _ key: String, _ property: WritableKeyPath<Section, Int>, _ range: ClosedRange<Int>,
    required: Bool = false, omitted: Int? = nil
  ) -> PlanField {
    let allowed = "\(range.lowerBound)...\(range.upperBound)"
    return PlanField(key: key, required: required, allowed: "a whole number in \(allowed)") {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      guard let number = value.asNumber, number.rounded() == number || number.isInfinite else {
        throw .wrongType(path, value, "a whole number in \(allowed)")
      }
      guard let whole = Int(exactly: number), range.contains(whole) else {
        throw .outOfRange(path, shortest(number), allowed)
      }
      section[keyPath: property] = whole
    } write: {
      $0[keyPath: property] == omitted ? nil : .number(Double($0[keyPath: property]))
    }
  }

  /// A number in a range.
  static func number(
    _ key: String, _ property: WritableKeyPath<Section, Double>, _ range: ClosedRange<Double>
  ) -> PlanField {
    let allowed = "\(shortest(range.lowerBound))...\(shortest(range.upperBound))"
    return PlanField(key: key, required: false, allowed: "a number in \(allowed)") {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      guard let number = value.asNumber else { throw .wrongType(path, value, "a number in \(allowed)") }
      guard range.contains(number) else { throw .outOfRange(path, shortest(number), allowed) }
      section[keyPath: property] = number
    } write: {
      .number($0[keyPath: property])
    }
  }

  /// true or false.
  static func flag(_ key: String, _ property: WritableKeyPath<Section, Bool>) -> PlanField {
    PlanField(key: key, required: false, allowed: "true or false") {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      switch value {
      case .flag(let flag): section[keyPath: property] = flag
      case .bare("true"): section[keyPath: property] = true
      case .bare("false"): section[keyPath: property] = false
      default: throw .wrongType(path, value, "true or false")
      }
    } write: {
      .flag($0[keyPath: property])
    }
  }

  /// One line of text of so many bytes of UTF-8.
  static func text(
    _ key: String, _ property: WritableKeyPath<Section, String>, bytes: ClosedRange<Int>,
    required: Bool = false
  ) -> PlanField {
    let allowed =
      "\(bytes.lowerBound)...\(bytes.upperBound) bytes of text in one line, without control characters"
    return PlanField(key: key, required: required, allowed: allowed) {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      guard let text = value.asText else { throw .wrongType(path, value, allowed) }
      let plain = !text.unicodeScalars.contains(where: isBreaking)
      guard bytes.contains(text.utf8.count), plain else {
        throw .outOfRange(
          path, "a text of \(text.utf8.count) bytes\(plain ? "" : " with control characters")", allowed)
      }
      section[keyPath: property] = text
    } write: {
      .text($0[keyPath: property])
    }
  }

  /// One of a few words.
  static func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ property: WritableKeyPath<Section, Choice>, required: Bool = false
  ) -> PlanField {
    PlanField(key: key, required: required, allowed: "one of \(words(Choice.self))") {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      section[keyPath: property] = try chosen(value, path)
    } write: {
      .text($0[keyPath: property].rawValue)
    }
  }

  /// One of a few words, or none.
  static func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ property: WritableKeyPath<Section, Choice?>
  ) -> PlanField {
    PlanField(key: key, required: false, allowed: "one of \(words(Choice.self)), or null") {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      switch value {
      case .null, .bare("null"): section[keyPath: property] = nil
      default: section[keyPath: property] = try chosen(value, path)
      }
    } write: {
      $0[keyPath: property].map { .text($0.rawValue) }
    }
  }

  /// A section in the section, which may be left unwritten where everything in it is the default.
  static func section<Inner: PlanSection & Equatable>(
    _ key: String, _ property: WritableKeyPath<Section, Inner>, omitsDefaults: Bool = false
  ) -> PlanField {
    PlanField(key: key, required: false, allowed: "a section") {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      section[keyPath: property] = try Inner(value, at: path)
    } write: {
      let inner = $0[keyPath: property]
      return omitsDefaults && inner == Inner.defaults ? nil : inner.planValue
    }
  }

  /// A list of sections.
  static func list<Inner: PlanSection>(
    _ key: String, _ property: WritableKeyPath<Section, [Inner]>, _ count: ClosedRange<Int>,
    required: Bool = false
  ) -> PlanField {
    let allowed = "a list of \(count.lowerBound)...\(count.upperBound) sections"
    return PlanField(key: key, required: required, allowed: allowed) {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      guard case .list(let values) = try value.unfolded(at: path) else {
        throw .wrongType(path, value, allowed)
      }
      guard count.contains(values.count) else {
        throw .outOfRange(path, "a list of \(values.count)", allowed)
      }
      var inner: [Inner] = []
      for (i, value) in values.enumerated() { inner.append(try Inner(value, at: "\(path)[\(i)]")) }
      section[keyPath: property] = inner
    } write: {
      .list($0[keyPath: property].map(\.planValue))
    }
  }

  /// Ascending whole numbers in a range, or none; in an assignment separated by commas.
  static func numbers(
    _ key: String, _ property: WritableKeyPath<Section, [Int]?>, _ range: ClosedRange<Int>
  ) -> PlanField {
    let allowed =
      "a list of whole numbers in \(range.lowerBound)...\(range.upperBound), each larger than the one before, or null"
    return PlanField(key: key, required: false, allowed: allowed) {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      let values: [PlanValue]
      switch try value.listed(at: path) {
      case .null, .list([.bare("null")]):
        section[keyPath: property] = nil
        return
      case .list(let list): values = list
      case .number: values = [value]
      default: throw .wrongType(path, value, allowed)
      }
      var numbers: [Int] = []
      for value in values {
        guard let number = value.asNumber else { throw .wrongType(path, value, allowed) }
        guard let whole = Int(exactly: number), range.contains(whole),
          numbers.last.map({ $0 < whole }) ?? true
        else { throw .outOfRange(path, shortest(number), allowed) }
        numbers.append(whole)
      }
      guard !numbers.isEmpty else { throw .outOfRange(path, "an empty list", allowed) }
      section[keyPath: property] = numbers
    } write: {
      $0[keyPath: property].map { .list($0.map { .number(Double($0)) }) }
    }
  }

  /// A list of thresholds; in an assignment separated by commas.
  static func thresholds(_ key: String, _ property: WritableKeyPath<Section, [ThresholdPlan]>) -> PlanField {
    let count = 1...FilterFeature.most
    let allowed = "a list of \(count.lowerBound)...\(count.upperBound), each \(ThresholdPlan.allowed)"
    return PlanField(key: key, required: false, allowed: allowed) {
      (section: inout Section, value: PlanValue, path: String) throws(TrainingPlanError) in
      guard case .list(let values) = try value.listed(at: path) else {
        throw .wrongType(path, value, allowed)
      }
      guard count.contains(values.count) else {
        throw .outOfRange(path, "a list of \(values.count)", allowed)
      }
      var thresholds: [ThresholdPlan] = []
      for (i, value) in values.enumerated() {
        guard let text = value.asText else { throw .wrongType("\(path)[\(i)]", value, ThresholdPlan.allowed) }
        thresholds.append(try ThresholdPlan(text: text, at: "\(path)[\(i)]"))
      }
      section[keyPath: property] = thresholds
    } write: {
      .list($0[keyPath: property].map { .text($0.description) })
    }
  }

  private static func words<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> String {
    type.allCases.map(\.rawValue).joined(separator: ", ")
  }

  private static func chosen<Choice: RawRepresentable<String> & CaseIterable>(
    _ value: PlanValue, _ path: String
  ) throws(TrainingPlanError) -> Choice {
    guard let text = value.asText else { throw .wrongType(path, value, "one of \(words(Choice.self))") }
    guard let choice = Choice(rawValue: text) else {
      throw .outOfRange(path, excerpt(text), words(Choice.self))
    }
    return choice
  }
}

extension PlanValue {
  /// The number, also one written in an assignment.
  fileprivate var asNumber: Double? {
    switch self {
    case .number(let number): number
    case .bare(let text): decimal(text)
    default: nil
    }
  }

  /// The text, also one from an assignment.
  fileprivate var asText: String? {
    switch self {
    case .text(let text), .bare(let text): text
    default: nil
    }
  }

  /// The value unfolded, but any other text of an assignment is a list separated by commas.
  fileprivate func listed(at path: String) throws(TrainingPlanError) -> PlanValue {
    let unfolded = try unfolded(at: path)
    guard case .bare(let text) = unfolded else { return unfolded }
    return .list(text.split(separator: ",", omittingEmptySubsequences: false).map { .bare(String($0)) })
  }

  /// The value itself, but an assignment's text that opens a list or a section is read as JSON.
  func unfolded(at path: String) throws(TrainingPlanError) -> PlanValue {
    guard case .bare(let text) = self, text.hasPrefix("[") || text.hasPrefix("{") else { return self }
    return try PlanValue.parse(Array(text.utf8), what: place(path))
  }
}
