// Where a training is that still runs, or was stopped: what a page says that follows it.

import ReportPages

/// Where a training is.
package struct TrainingStatus: Sendable {
  /// Whether it runs; else it was stopped.
  package var isRunning: Bool
  /// The share of the work that is done, 0 to 1; nil where nobody knows.
  package var share: Double?
  package var secondsLeft: Double?
  /// What it is at, in words.
  package var doing: String
  /// When this was written, and how to go on with a stopped one.
  package var asOf: String
  package var remedy: String?

  package init(
    isRunning: Bool, share: Double?, secondsLeft: Double?, doing: String, asOf: String, remedy: String? = nil
  ) {
    (self.isRunning, self.share, self.secondsLeft) = (isRunning, share, secondsLeft)
    (self.doing, self.asOf, self.remedy) = (doing, asOf, remedy)
  }

  /// Seconds after which the page of a running training is loaded again.
  static let refresh = 10
}

struct StatusSection: PageSection {
  let status: TrainingStatus?
  let id = "status"
  var title: String { status?.isRunning == false ? "This training was stopped" : "This training is running" }

  var body: [Markup] {
    guard let status else { return [] }
    var facts: [(label: String, value: Markup)] = []
    if let share = status.share {
      facts.append(("done", .element("span", ["class": "big"], .text(percent(share, 0)))))
    }
    if let left = status.secondsLeft, status.isRunning { facts.append(("time left", .text(duration(left)))) }
    facts += [("at", .text(status.doing)), ("written at", .text(status.asOf))]
    var body = [Markup.facts(facts)]
    if let share = status.share { body.append(.element("div", ["class": "progress"], .bar(share))) }
    if status.isRunning {
      body.append(
        .note(
          "This page is loaded anew every \(TrainingStatus.refresh) seconds. What it shows below is of the layers that are finished; ",
          "the last page, when the training is over, stays as it is."))
    }
    if let remedy = status.remedy {
      body += [.note("To go on:"), .element("pre", ["class": "wrap"], .text(remedy))]
    }
    return body
  }
}
