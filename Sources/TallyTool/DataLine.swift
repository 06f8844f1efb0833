// What a training says of its data in one line; all of it is in DataText.swift and the report.

import Foundation
import ImageData

/// A survey in a line.
struct DataLine {
  let survey: DataSurvey
  let data: String

  init(_ survey: DataSurvey, data: String) {
    self.survey = survey
    self.data = data
  }

  var text: String {
    var words = ["duplicates: " + survey.duplicateWords] + survey.duplicateHarm
    if let guess = survey.guess {
      words.append(
        "names speak of \(guess.groups) groups of images that look alike: --group \(guess.rule.shellQuoted) keeps them together"
      )
    }
    let hasMore = survey.totals.groups > 0 || survey.guess != nil
    return words.joined(separator: "; ") + (hasMore ? "; more with: tally data \(data.shellQuoted)" : "")
  }
}
