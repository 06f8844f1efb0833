// What pages tell of a plan beyond its text. Plans themselves are in TrainingPlan.swift.

import Foundation

/// The head of a plan's text.
package struct PlanHead: Decodable {
  /// Name and one-line description, if the plan's text has them.
  package var name: String?
  package var summary: String?

  /// Reads the plan's text; nothing if it is not a plan.
  package init(_ json: String) {
    if let head = try? JSONDecoder().decode(PlanHead.self, from: Data(json.utf8)) { self = head }
  }
}
