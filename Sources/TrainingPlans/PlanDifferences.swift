// What is different between the plans of several models, setting by setting.

/// A setting that plans do not agree on.
public struct PlanDifference: Hashable, Sendable, Codable {
  /// The setting as `--set` takes it: "layers.0.filters".
  public let key: String
  /// Its value in every plan as JSON; nil in a plan that does not have it.
  public let values: [String?]

  /// A setting and its values.
  package init(key: String, values: [String?]) { (self.key, self.values) = (key, values) }

  /// The settings in which plans differ, in the order in which the plans have them. A text that is no JSON has no settings.
  /// - Parameter plans: the JSON texts that models carry.
  public static func between(_ plans: [String]) -> [PlanDifference] {
    let settings = plans.map { plan in
      (try? PlanValue.parse(Array(plan.utf8))).map { $0.settings("") } ?? []
    }
    let tables = settings.map { Dictionary($0, uniquingKeysWith: { first, _ in first }) }
    var seen = Set<String>()
    return settings.flatMap { $0.map(\.0) }.filter { seen.insert($0).inserted }.compactMap { key in
      let values = tables.map { $0[key] }
      return Set(values).count > 1 ? PlanDifference(key: key, values: values) : nil
    }
  }
}

extension PlanValue {
  /// All settings below a key, and their values as JSON.
  fileprivate func settings(_ key: String) -> [(String, String)] {
    func below(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }
    switch self {
    case .section(let entries): return entries.flatMap { $0.value.settings(below($0.key)) }
    case .list(let values) where values.contains(where: \.isSection):
      return values.enumerated().flatMap { $1.settings(below("\($0)")) }
    default: return [(key, json())]
    }
  }

  private var isSection: Bool {
    if case .section = self { true } else { false }
  }
}
