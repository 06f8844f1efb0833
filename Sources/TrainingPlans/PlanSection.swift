// The schema of a plan: each section lists its keys once, and reading, writing, ranges and messages
// follow from the list. The kinds of keys are in PlanField.swift.

/// A section of a plan: a struct whose keys in a file are the names of its properties.
protocol PlanSection {
  /// The section of an empty file; required keys hold placeholders that reading replaces.
  static var defaults: Self { get }

  /// The keys, in the order they are written.
  static var fields: [PlanField<Self>] { get }

  /// Refuses settings that are each allowed but not together.
  func checkTogether(at path: String) throws(TrainingPlanError)
}

extension PlanSection {
  func checkTogether(at path: String) throws(TrainingPlanError) {}

  /// Reads and checks a section.
  init(_ value: PlanValue, at path: String) throws(TrainingPlanError) {
    guard case .section(let entries) = try value.unfolded(at: path) else {
      throw .wrongType(
        path, value, "a section with the keys \(Self.fields.map(\.key).joined(separator: ", "))")
    }
    let fields = Self.fields
    for entry in entries where !fields.contains(where: { $0.key == entry.key }) {
      throw .unknownKey(path, entry.key, known: fields.map(\.key))
    }
    self = Self.defaults
    for field in fields {
      if let entry = entries.first(where: { $0.key == field.key }) {
        try field.read(&self, entry.value, joined(path, field.key))
      } else if field.required {
        throw TrainingPlanError(
          .missingKey, "\(joined(path, field.key)): missing; it must be \(field.allowed)")
      }
    }
    try checkTogether(at: path)
  }

  /// The section with every key, in the order of `fields`.
  var planValue: PlanValue {
    .section(Self.fields.compactMap { field in field.write(self).map { .init(key: field.key, value: $0) } })
  }
}
