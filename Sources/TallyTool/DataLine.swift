// What a training says of its data in a line or two; all of it is in DataText.swift and the report.

import Foundation
import ImageData

/// A survey in few words.
struct DataLine {
  let survey: DataSurvey

  init(_ survey: DataSurvey) { self.survey = survey }

  /// A line on duplicates, and one on groups where names speak for some that nobody asked for.
  var lines: [String] {
    let totals = survey.totals
    var words = "duplicates: " + survey.duplicateWords
    for (part, leaks) in zip(survey.parts, totals.leaks) where leaks > 0 {
      words += ", \(leaks) of the \(part.name) images among others"
    }
    if totals.mixed > 0 { words += ", \(totals.mixed) with several classes" }
    var lines = [words + (totals.groups > 0 ? " (tally data)" : "")]
    if let guess = survey.guess {
      lines.append(
        "groups: --group \(guess.rule.shellQuoted) keeps \(guess.groups) of them together (tally data)")
    }
    return lines
  }
}
