// Plans as JSON text: reading with every mistake named, writing in one canonical form.

extension TrainingPlan {
  /// Longest plan file that is read, in bytes: 1 MiB.
  public static let largestText = 1 << 20

  /// Reads and checks a plan.
  /// - Parameters:
  ///   - json: a JSON text in UTF-8; absent keys take their defaults.
  ///   - path: the file the text is from, named in errors; nil for none.
  /// - Throws: the first mistake, with the path of its key, its value and what is allowed.
  public init(json: [UInt8], path: String? = nil) throws(TrainingPlanError) {
    do throws(TrainingPlanError) {
      self = try TrainingPlan(PlanValue.parse(json), at: "")
    } catch {
      throw error.inFile(path)
    }
  }

  /// The plan as canonical JSON: every key (a nil `start` left out), in a fixed order, numbers in as few
  /// digits as read back to the same number. Equal plans give equal texts, and reading the text of a plan
  /// that ``checkSettings()`` accepts gives the plan.
  public func json() -> String { planValue.json() + "\n" }

  /// The canonical JSON of all that decides what is learned, for models: without `cacheMiB`.
  package func decisiveJSON() -> String {
    guard case .section(let entries) = planValue else { return json() }
    return PlanValue.section(entries.filter { $0.key != Self.cacheKey }).json() + "\n"
  }

  /// Checks every setting against its range and against the others, as reading a file does.
  /// - Throws: the first mistake, with the path of its key, its value and what is allowed.
  public func checkSettings() throws(TrainingPlanError) {
    _ = try TrainingPlan(planValue, at: "")
  }
}
