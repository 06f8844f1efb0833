// Changing settings from the command line: `path=value`. Values are read and checked as those of a file.

extension TrainingPlan {
  /// The plan with some settings changed and checked, for example by
  /// `["layers.0.filters=128", "layers.*.head.grid=4", "layers.1.thresholds=quantile 0.1,quantile 0.3"]`.
  ///
  /// A path is keys and list positions (from 0) joined by dots; `*` stands for every position. Thresholds are
  /// separated by commas; a whole list or section may be given as JSON; `null` takes an
  /// optional setting away.
  /// Assignments apply in order and are checked together, after the last.
  /// - Throws: the first mistake, as reading a file does; `badAssignment` for a path that leads nowhere.
  public func setting(_ assignments: [String]) throws(TrainingPlanError) -> TrainingPlan {
    var tree = planValue
    for assignment in assignments {
      guard let equals = assignment.firstIndex(of: "=") else {
        throw TrainingPlanError(
          .badAssignment, "\(excerpt(assignment)) has no '='; write path=value, such as layers.0.filters=128")
      }
      let steps = assignment[..<equals].replacing("[", with: ".").replacing("]", with: "")
        .split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard !steps.contains("") else {
        throw TrainingPlanError(
          .badAssignment,
          "\(excerpt(assignment)) has an empty key before '='; write path=value, such as layers.0.filters=128"
        )
      }
      let value = PlanValue.bare(String(assignment[assignment.index(after: equals)...]))
      try tree.assign(value, steps[...], at: "")
    }
    return try TrainingPlan(tree, at: "")
  }
}

extension PlanValue {
  /// Puts a value at the end of a path, `path` being the way here. Keys are not judged: reading does that.
  fileprivate mutating func assign(
    _ value: PlanValue, _ steps: ArraySlice<String>, at path: String
  ) throws(TrainingPlanError) {
    guard let step = steps.first else {
      self = value
      return
    }
    let rest = steps.dropFirst()
    self = try unfolded(at: path)
    switch self {
    case .section(var entries):
      if let i = entries.firstIndex(where: { $0.key == step }) {
        try entries[i].value.assign(value, rest, at: joined(path, shown(step)))
      } else {
        var inner: PlanValue = rest.isEmpty ? value : .section([])
        if !rest.isEmpty { try inner.assign(value, rest, at: joined(path, shown(step))) }
        entries.append(Entry(key: step, value: inner))
      }
      self = .section(entries)
    case .list(var values):
      guard let positions = Self.positions(step, in: values.count) else {
        let allowed = values.isEmpty ? "none, the list is empty" : "0...\(values.count - 1), or * for all"
        throw TrainingPlanError(
          .badAssignment,
          "\(joined(path, shown(step))): \(excerpt(step)) is not a position in this list; allowed: \(allowed)"
        )
      }
      for i in positions { try values[i].assign(value, rest, at: "\(path)[\(i)]") }
      self = .list(values)
    default:
      throw TrainingPlanError(
        .badAssignment,
        "\(joined(path, shown(step))): \(path) is a single value and has no keys; write \(path)=value")
    }
  }

  private static func positions(_ step: String, in count: Int) -> Range<Int>? {
    if step == "*" { return 0..<count }
    guard step.utf8.allSatisfy({ (48...57).contains($0) }), let i = Int(step), i < count else { return nil }
    return i..<i + 1
  }
}
