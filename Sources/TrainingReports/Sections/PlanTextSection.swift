// The plan the model was trained by, folded away.

import ReportPages
import TrainingPlans

struct PlanTextSection: PageSection {
  let plan: String
  let id = "plan"
  let title = "Plan"

  var body: [Markup] {
    let head = PlanHead(plan)
    var body: [Markup] = []
    if let summary = head.summary, !summary.isEmpty { body.append(.paragraph(.name(summary))) }
    body.append(
      .element(
        "details", [:],
        .element("summary", [:], "Everything besides data and seed that determines the model"),
        .element("pre", [:], .text(plan))))
    return body
  }
}
